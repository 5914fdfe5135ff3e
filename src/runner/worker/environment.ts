/** The environment of a step's process: SEM-7.4, SEM-26. */
import { delimiter } from 'node:path';
import { systemConnection } from '../../protocol/runner/job-message.ts';
import type { Json } from '../../protocol/runner/tokens.ts';
import { TRACKING_VARIABLE } from '../job-channel.ts';
import type { JobState } from './job-state.ts';
import { type StepHost, thisMachine } from './step-host.ts';

/** SEM-26.2; `github.token` is not among them. */
const GITHUB_KEYS =
  'action action_path action_ref action_repository actor actor_id api_url base_ref env event_name event_path graphql_url head_ref job output path ref ref_name ref_protected ref_type repository repository_id repository_owner repository_owner_id retention_days run_attempt run_id run_number server_url sha state step_summary triggering_actor workflow workflow_ref workflow_sha workspace'.split(
    ' ',
  );

/**
 * From weakest to strongest: the host's own environment, job env and GITHUB_ENV, step env, `extra` (inputs and
 * state of actions), then the values that nothing can override.
 * @param github with paths as the host sees them
 */
export function stepEnvironment(
  job: JobState,
  stepEnv: Record<string, string>,
  github: Record<string, Json>,
  extra: Record<string, string> = {},
  host: Pick<StepHost, 'environment' | 'inside'> = job.host,
): Record<string, string> {
  const environment: Record<string, string> = {
    ...(host.environment ?? job.inherited),
    [TRACKING_VARIABLE]: job.trackingId,
    ...job.env,
    ...stepEnv,
    ...extra,
    GITHUB_ACTIONS: 'true',
    ...githubVariables(github),
    ...runnerVariables(job, host),
    ...idTokenVariables(job),
  };
  environment.CI ??= 'true';
  const path = searchPath(job, environment.PATH);
  // A container whose image has no PATH finds programs by itself.
  return path === '' ? environment : { ...environment, PATH: path };
}

/** For an operator's script on this machine: facts of the job, and nothing that the job itself has set. */
export const machineEnvironment = (job: JobState): Record<string, string> => ({
  ...job.inherited,
  [TRACKING_VARIABLE]: job.trackingId,
  CI: job.inherited.CI ?? 'true',
  GITHUB_ACTIONS: 'true',
  ...githubVariables(job.github),
  ...runnerVariables(job, thisMachine),
});

/** PATH with the entries that earlier steps put in front (SEM-24.5). */
export const searchPath = (job: JobState, base: string | undefined): string =>
  [...job.path, ...(base ? [base] : [])].join(delimiter);

/** Only texts and booleans are exported (runner-protocol 11.10). */
function githubVariables(github: Record<string, Json>): Record<string, string> {
  const variables: Record<string, string> = {};
  for (const key of GITHUB_KEYS) {
    const value = github[key];
    if (typeof value === 'string' || typeof value === 'boolean') variables[`GITHUB_${key.toUpperCase()}`] = `${value}`;
  }
  return variables;
}

function runnerVariables(job: JobState, host: Pick<StepHost, 'inside'>): Record<string, string> {
  const entries = Object.entries(job.runnerContext(host)).map(([key, value]) => [
    `RUNNER_${key.toUpperCase()}`,
    `${value}`,
  ]);
  return Object.fromEntries(entries);
}

/** SEM-17.15: present when the job may ask for an OIDC token. */
function idTokenVariables(job: JobState): Record<string, string> {
  const { data, authorization } = systemConnection(job.message);
  if (!data?.GenerateIdTokenUrl) return {};
  return {
    ACTIONS_ID_TOKEN_REQUEST_URL: data.GenerateIdTokenUrl,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: authorization.parameters.AccessToken,
  };
}
