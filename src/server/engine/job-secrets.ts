import { UserError } from '../../common/errors.ts';
import type { Database } from '../../store/database.ts';
import type { JobRow } from '../../store/jobs.ts';
import { visibleSecrets } from '../../store/secrets.ts';
import { callSecrets, type JobConfiguration, jobOf } from '../../workflow/index.ts';
import type { ServerKeys } from '../auth/keys.ts';
import { describeErrors } from './conclude.ts';
import { jobContexts } from './contexts.ts';
import { type Level, levelOf, type RunBundle } from './run-bundle.ts';

export interface SecretSources {
  db: Database;
  keys: ServerKeys;
  settings: { publicUrl: string };
}

/**
 * The secrets that a job sees, by name in upper case: its repository's and organization's, of a called job those that its
 * callers pass on (SEM-11.5).
 * @throws UserError when what a caller passes cannot be evaluated
 */
export async function jobSecrets(
  { db, keys, settings }: SecretSources,
  bundle: RunBundle,
  job: JobRow,
): Promise<Record<string, string>> {
  const sealed = Object.entries(await visibleSecrets(db, bundle.repository));
  const all = Object.fromEntries(sealed.map(([name, value]) => [name, keys.open(value)]));
  return passedTo(levelOf(bundle, job), all, settings.publicUrl);
}

/** Values are never stored: what a caller passes is evaluated anew for each of the called jobs. */
function passedTo(level: Level, all: Record<string, string>, publicUrl: string): Record<string, string> {
  const { caller, bundle } = level;
  if (!caller) return all;
  const above = levelOf(bundle, caller);
  const configuration: JobConfiguration = {
    matrix: JSON.parse(caller.matrix),
    strategy: JSON.parse(caller.strategy),
    nameSuffix: '',
  };
  const passed = callSecrets(
    level.workflow,
    jobOf(above.workflow, caller.key),
    above.workflow,
    jobContexts(above, caller, publicUrl),
    configuration,
    passedTo(above, all, publicUrl),
  );
  if (passed.ok) return passed.value;
  throw new UserError('bad-secrets', describeErrors(passed.errors));
}
