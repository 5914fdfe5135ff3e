/** The Node of the runner in job containers: SEM-14.5, 14.11. */
import { existsSync, readdirSync } from 'node:fs';
import { cp, mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { newGuid } from '../../../common/ids.ts';
import type { JobState } from '../job-state.ts';
import type { Mount } from './job-docker.ts';
import { enginePath, type Placement } from './placement.ts';

/** The Node that the runner itself runs on, in a container. */
export const OWN_NODE = '/__e/own/bin/node';

/** Every Node that the runner brings, and the one that it runs on itself, below `/__e`. */
export async function nodeMounts({ runner, folders }: JobState, placement: Placement): Promise<Mount[]> {
  const brought = new Map([...nodesIn(runner.externals), ...nodesIn(join(runner.root, 'externals'))]);
  const programs = [
    ...[...brought].map(([name, outside]) => ({ outside, inside: `/__e/${name}` })),
    { outside: process.execPath, inside: OWN_NODE },
  ];
  const copies = join(folders.work, '_externals', `${runner.version}-node-${process.versions.node}`);
  return Promise.all(
    programs.map(async ({ outside, inside }): Promise<Mount> => {
      const isSeen = enginePath(placement, outside) !== undefined;
      const source = isSeen ? outside : await copied(outside, join(copies, inside));
      return { outside, inside, source, isReadOnly: true };
    }),
  );
}

/** For container hooks, which know one folder only: puts there what is elsewhere. @returns the folder */
export async function gatheredNodes({ runner }: JobState): Promise<string> {
  const folder = join(runner.root, 'externals');
  await copied(process.execPath, join(folder, 'own/bin/node'));
  for (const [name, outside] of nodesIn(runner.externals)) await copied(outside, join(folder, name));
  return folder;
}

/** By their names; what a fetch of one is working on has a dot before it. */
function nodesIn(externals: string): [string, string][] {
  const names = existsSync(externals) ? readdirSync(externals) : [];
  return names.filter((name) => !name.startsWith('.')).map((name) => [name, join(externals, name)]);
}

/** The engine sees the work folder, so what it cannot see is copied there, once for each version. */
async function copied(from: string, to: string): Promise<string> {
  if (existsSync(to)) return to;
  await mkdir(dirname(to), { recursive: true });
  const beside = `${to}.${newGuid()}`;
  await cp(from, beside, { recursive: true, dereference: true });
  await rename(beside, to).catch(() => rm(beside, { recursive: true, force: true }));
  return to;
}
