/** Secrets and variables of the job that goes to a runner: environment over repository over organization (SEM-12.4). */
import { UserError } from '../../common/errors.ts';
import type { Database, Queries } from '../../store/database.ts';
import { type EnvironmentRow, findEnvironment } from '../../store/environments.ts';
import type { JobRow } from '../../store/jobs.ts';
import { sealedSecrets, visibleSecrets } from '../../store/secrets.ts';
import { environmentOwner } from '../../store/setting-owners.ts';
import { listVariables, valuesOf } from '../../store/variables.ts';
import { callSecrets, type JobConfiguration, type JobEnvironment, jobOf } from '../../workflow/index.ts';
import type { ServerKeys } from '../auth/keys.ts';
import { describeErrors } from './conclude.ts';
import { jobContexts } from './contexts.ts';
import { isFromFork } from './forks.ts';
import { type Level, levelOf, type RunBundle } from './run-bundle.ts';

export interface SecretSources {
  db: Database;
  keys: ServerKeys;
  settings: { publicUrl: string };
}

/** The `vars` context of a job. Those of its environment are there once its rules let the job pass. */
export async function jobVariables(db: Queries, bundle: RunBundle, job: JobRow): Promise<Record<string, string>> {
  const environment = await environmentOf(db, bundle, job);
  if (!environment) return bundle.vars;
  return { ...bundle.vars, ...valuesOf(await listVariables(db, environmentOwner(environment.id))) };
}

/**
 * The secrets that a job sees besides its token, by name in upper case: its organization's, repository's and
 * environment's. A called job has of the first two what its callers pass on (SEM-11.5); a pull request from a fork has
 * none (SEM-2.12).
 * @param token its GITHUB_TOKEN, which callers can pass on too
 * @throws UserError when what a caller passes cannot be evaluated
 */
export async function jobSecrets(
  { db, keys, settings }: SecretSources,
  bundle: RunBundle,
  job: JobRow,
  token: string,
): Promise<Record<string, string>> {
  const mayHaveAny = !isFromFork(bundle);
  const open = (sealed: Record<string, string>): Record<string, string> =>
    Object.fromEntries(Object.entries(sealed).map(([name, value]) => [name, keys.open(value)]));
  const shared = mayHaveAny ? open(await visibleSecrets(db, bundle.repository)) : {};
  const passed = passedTo(levelOf(bundle, job), { ...shared, GITHUB_TOKEN: token }, settings.publicUrl);
  const environment = mayHaveAny ? await environmentOf(db, bundle, job) : undefined;
  const own = environment ? open(await sealedSecrets(db, environmentOwner(environment.id))) : {};
  const { GITHUB_TOKEN: _, ...secrets } = { ...passed, ...own };
  return secrets;
}

async function environmentOf(db: Queries, bundle: RunBundle, job: JobRow): Promise<EnvironmentRow | undefined> {
  const environment = JSON.parse(job.environment) as JobEnvironment | null;
  return environment ? findEnvironment(db, bundle.repository.id, environment.name) : undefined;
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
  if (!passed.ok) throw new UserError('bad-secrets', describeErrors(passed.errors));
  // Every job has its own token, whatever is passed.
  return { ...passed.value, GITHUB_TOKEN: all.GITHUB_TOKEN ?? '' };
}
