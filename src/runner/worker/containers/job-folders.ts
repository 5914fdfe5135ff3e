/** Folders of a job as its container has them: SEM-14.5. */
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { JobState } from '../job-state.ts';
import type { PathPair } from './paths.ts';

export const homeFolder = ({ folders }: JobState): string => join(folders.temp, '_github_home');

export function folderPairs(job: JobState): PathPair[] {
  const { work, temp, toolCache, eventFile } = job.folders;
  return [
    { outside: work, inside: '/__w' },
    { outside: temp, inside: '/__w/_temp' },
    { outside: join(work, '_actions'), inside: '/__w/_actions' },
    { outside: toolCache, inside: '/__t' },
    { outside: homeFolder(job), inside: '/github/home' },
    { outside: dirname(eventFile), inside: '/github/workflow' },
  ];
}

/** Makes those that are not there yet, so that no engine makes them as root. */
export async function madeFolders(job: JobState): Promise<PathPair[]> {
  const pairs = folderPairs(job);
  for (const { outside } of pairs) await mkdir(outside, { recursive: true });
  return pairs;
}
