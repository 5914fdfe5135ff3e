/** The folder of a registered runner. Either runner, GitHub's or this one, can take over the other's (runner-protocol 1.4). */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { errorText, hasErrorCode, UserError } from '../../common/errors.ts';
import { addToEnvironment } from '../../common/settings.ts';
import {
  RUNNER_FILES,
  type RunnerConfig,
  type RunnerFile,
  readRunnerFiles,
} from '../../protocol/runner/runner-files.ts';

/** Files that GitHub's runner writes when its service moves it; they count before the plain ones. */
const MIGRATED: Partial<Record<RunnerFile, string>> = {
  runner: '.runner_migrated',
  credentials: '.credentials_migrated',
};
const ALL_FILES = [...Object.values(MIGRATED), ...Object.values(RUNNER_FILES)];
/** There while the runner is a service of the system. */
export const SERVICE_FILE = '.service';

/** Whether the folder holds a registration. */
export const isConfigured = (root: string): boolean =>
  [RUNNER_FILES.runner, MIGRATED.runner].some((name) => name !== undefined && existsSync(join(root, name)));

/**
 * @throws UserError `not-configured` when there is none, `bad-runner-files` when it cannot be used
 */
export function readRunnerFolder(root: string): RunnerConfig {
  if (!isConfigured(root)) {
    throw new UserError('not-configured', `No runner is configured in ${root}, and no JIT config was given.`, {
      hint: 'Run switchyard runner config --url URL --token TOKEN there first, or pass --jitconfig CONFIG; see --help.',
    });
  }
  const bad = (problem: string): UserError =>
    new UserError('bad-runner-files', `The runner in ${root} cannot be used: ${problem}.`, {
      hint: 'Remove it with switchyard runner remove, and configure it again.',
    });
  const read = (file: RunnerFile): string => {
    const { [file]: migrated } = MIGRATED;
    const name = migrated !== undefined && existsSync(join(root, migrated)) ? migrated : RUNNER_FILES[file];
    try {
      return readFileSync(join(root, name), 'utf8');
    } catch (error) {
      throw bad(hasErrorCode(error, 'ENOENT') ? `${name} is missing` : `${name}: ${errorText(error)}`);
    }
  };
  return readRunnerFiles({ runner: read('runner'), credentials: read('credentials'), key: read('key') }, bad);
}

/** @returns the names of what was there */
export function deleteRunnerFiles(root: string): string[] {
  const there = ALL_FILES.filter((name) => existsSync(join(root, name)));
  for (const name of there) rmSync(join(root, name), { force: true });
  return there;
}

/** Sets the variables of the folder's `.env`, such as proxies and hooks, and PATH to what its `.path` holds. */
export function loadEnvironmentFile(root: string): void {
  addToEnvironment(textOf(join(root, '.env')));
  const path = textOf(join(root, '.path')).trim();
  if (path !== '') addToEnvironment(`PATH=${path}`);
}

/** Mostly there is none. */
function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
