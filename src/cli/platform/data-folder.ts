import { access, constants, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errorText, UserError } from '../../common/errors.ts';

/** What the first start has done, so that later ones do not do it again. */
export interface FirstSteps {
  runnersApplied?: boolean;
  demoPushed?: boolean;
}

/**
 * Makes the data folder, for this user alone, and hides it from git: a checkout that holds it must not commit keys.
 * @throws UserError when it cannot be written
 */
export async function prepareDataFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await access(folder, constants.W_OK | constants.X_OK);
    await writeFile(join(folder, '.gitignore'), '*\n', { mode: 0o600 });
  } catch (error) {
    throw new UserError('folder-unwritable', `The data folder ${folder} cannot be written: ${errorText(error)}.`, {
      hint: 'Give another one by --data FOLDER or SWITCHYARD_DATA, or mend its rights.',
      cause: error,
    });
  }
}

const firstStepsFile = (folder: string): string => join(folder, 'first-steps.json');

export async function readFirstSteps(folder: string): Promise<FirstSteps> {
  try {
    return JSON.parse(await readFile(firstStepsFile(folder), 'utf8'));
  } catch {
    return {};
  }
}

export async function writeFirstSteps(folder: string, steps: FirstSteps): Promise<void> {
  await writeFile(firstStepsFile(folder), `${JSON.stringify(steps)}\n`, { mode: 0o600 });
}
