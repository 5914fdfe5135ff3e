/** `workDir` of processes: all runners of a template are on this machine, so each has a folder of its own there. */
import { mkdir, readFile, rm } from 'node:fs/promises';
import { isAbsolute, join, normalize } from 'node:path';
import { errorText, OutsideError } from '../../../common/errors.ts';
import type { RunnerSpec } from '../../resources/runner-spec.ts';
import type { InstanceFolder } from '../instance-folder.ts';
import { WORK_FOLDER } from '../types.ts';

/** ARC's default, which is a place in a container: who writes it asks for nothing else than who leaves it out. */
const ARCS_DEFAULT = '/runner/_work';

/** In the instance's folder: the path of a work folder elsewhere, which goes with the instance. */
const NOTE = 'work-folder';

/** Relative to what is the runner's own, yet not in it. */
export const isOutside = ({ workDir = '' }: RunnerSpec): boolean =>
  !isAbsolute(workDir) && /^\.\.(?:\/|$)/.test(normalize(workDir));

export function workFolderOf(name: string, spec: RunnerSpec): string {
  const { workDir } = spec;
  if (!workDir || normalize(workDir) === ARCS_DEFAULT || isOutside(spec)) return WORK_FOLDER;
  return isAbsolute(workDir) ? join(workDir, name) : workDir;
}

/** Noted first: after a crash in between it is removed all the same. @throws OutsideError */
export async function makeWorkFolder(folder: InstanceFolder, path: string): Promise<void> {
  if (!isAbsolute(path)) return;
  await folder.write(NOTE, path);
  await mkdir(path, { recursive: true, mode: 0o700 }).catch((error: unknown) => {
    throw new OutsideError(`The work folder ${path} cannot be made: ${errorText(error)}.`, {
      retryable: true,
      cause: error,
    });
  });
}

export async function removeWorkFolder(folder: InstanceFolder): Promise<void> {
  const path = await readFile(join(folder.path, NOTE), 'utf8').catch(() => undefined);
  if (path) await rm(path, { recursive: true, force: true, maxRetries: 3 });
}
