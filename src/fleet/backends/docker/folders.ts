/** Where things are in a runner's container. */
import { posix } from 'node:path';
import type { RunnerSpec } from '../../resources/runner-spec.ts';

/** Root folder of the runner; the image is made for it (deploy/runner). */
export const RUNNER_ROOT = '/runner';
/** Where the image finds its JIT config. It reads it once and removes it before anything else runs (D-15). */
export const CONFIG_FILE = `${RUNNER_ROOT}/.jitconfig`;

/** Absolute; the runner resolves what its registration says in the same way. */
export const workDirOf = ({ workDir }: RunnerSpec): string => posix.resolve(RUNNER_ROOT, workDir || '_work');

/** Whether `path` is `folder` or lies in it. */
export const liesIn = (path: string, folder: string): boolean =>
  path === folder || path.startsWith(folder.endsWith('/') ? folder : `${folder}/`);
