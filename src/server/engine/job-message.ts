import { isoTime } from '../../common/clock.ts';
import { newGuid } from '../../common/ids.ts';
import { LABEL_VARIABLES } from '../../protocol/runner/constants.ts';
import { type JobMessage, type JobVariable, SYSTEM_CONNECTION } from '../../protocol/runner/job-message.ts';
import { type ContextData, type Json, toContextData } from '../../protocol/runner/tokens.ts';
import type { JobRow } from '../../store/jobs.ts';
import { jobPayload } from '../../workflow/index.ts';
import { printedPermissions } from '../auth/job-permissions.ts';
import { issueGitHubToken, issueJobToken, type JobClaims } from '../auth/jwt.ts';
import type { ServerKeys } from '../auth/keys.ts';
import { idTokenUrl } from '../oidc/urls.ts';
import { jobContexts } from './contexts.ts';
import { tokenPermissions } from './permissions.ts';
import { levelOf, type RunBundle } from './run-bundle.ts';

const NO_GUID = '00000000-0000-0000-0000-000000000000';

/** A job's tokens are never refreshed, so they outlive its limits by this much (runner-protocol 12.7). */
const TOKEN_MARGIN_SECONDS = 15 * 60;

export interface JobMessageInput {
  bundle: RunBundle;
  job: JobRow;
  /** By name in upper case. */
  secrets: (gitHubToken: string) => Promise<Record<string, string>>;
  /** The `vars` context. */
  vars: Record<string, string>;
  keys: ServerKeys;
  publicUrl: string;
  groupName: string;
  runnerLabels: string[];
  nowMs: number;
}

/** The message that `acquirejob` answers with (runner-protocol 6). */
export async function buildJobMessage(input: JobMessageInput): Promise<JobMessage> {
  const { bundle, job, keys, publicUrl, nowMs } = input;
  const claims: JobClaims = {
    jobId: job.id,
    runId: job.run_id,
    repositoryId: job.repository_id,
    planId: bundle.run.plan_id,
    jobGuid: job.job_guid,
  };
  const seconds = Math.ceil((job.timeout_minutes + job.cancel_timeout_minutes) * 60) + TOKEN_MARGIN_SECONDS;
  const jobToken = await issueJobToken(keys, claims, nowMs, seconds);
  const permissions = tokenPermissions(job);
  const gitHubToken = await issueGitHubToken(keys, { ...claims, permissions }, nowMs, seconds);
  return {
    messageType: 'RunnerJobRequest',
    plan: {
      scopeIdentifier: NO_GUID,
      planType: 'actions',
      version: 9,
      planId: bundle.run.plan_id,
      planGroup: 'actions',
    },
    timeline: { id: bundle.run.plan_id, changeId: 1, location: null },
    jobId: job.job_guid,
    jobDisplayName: job.name,
    jobName: job.key,
    requestId: job.id,
    lockedUntil: job.lease_until ?? isoTime(nowMs),
    ...jobPayload(levelOf(bundle, job), job.key, newGuid, JSON.parse(job.environment)),
    resources: {
      endpoints: [systemEndpoint(publicUrl, jobToken, permissions['id-token'] === 'write')],
      repositories: [],
      containers: [],
    },
    variables: variables(input, gitHubToken, await input.secrets(gitHubToken)),
    contextData: contexts(input),
    mask: [],
  };
}

function systemEndpoint(
  publicUrl: string,
  token: string,
  mayAskForIdTokens: boolean,
): JobMessage['resources']['endpoints'][number] {
  return {
    id: NO_GUID,
    name: SYSTEM_CONNECTION,
    url: `${publicUrl}/run/`,
    authorization: { scheme: 'OAuth', parameters: { AccessToken: token } },
    data: {
      ResultsServiceUrl: `${publicUrl}/`,
      PipelinesServiceUrl: `${publicUrl}/`,
      CacheServerUrl: `${publicUrl}/cache/`,
      // SEM-17.15: only such jobs find it in their environment.
      ...(mayAskForIdTokens && { GenerateIdTokenUrl: idTokenUrl(publicUrl) }),
      FeedStreamUrl: `${publicUrl.replace(/^http/, 'ws')}/feed`,
    },
  };
}

const DEBUG_SWITCHES = ['ACTIONS_STEP_DEBUG', 'ACTIONS_RUNNER_DEBUG'];

function variables(
  { bundle, job, publicUrl, groupName, runnerLabels }: JobMessageInput,
  token: string,
  secrets: Record<string, string>,
): Record<string, JobVariable> {
  const plain: Record<string, string> = {
    'system.culture': 'en-US',
    'system.github.job': job.key,
    'system.github.results_endpoint': `${publicUrl}/`,
    'system.github.launch_endpoint': `${publicUrl}/`,
    'system.github.results_upload_with_sdk': 'true',
    'system.github.token.permissions': JSON.stringify(printedPermissions(tokenPermissions(job))),
    'system.runnerEnvironment': 'self-hosted',
    'system.runnerGroupName': groupName,
    [LABEL_VARIABLES.requested]: job.labels,
    [LABEL_VARIABLES.runner]: JSON.stringify(runnerLabels),
    'DistributedTask.EnhancedAnnotations': 'true',
    'DistributedTask.AllowRunnerContainerHooks': 'true',
    'DistributedTask.UseContainerPathForTemplate': 'true',
    'DistributedTask.DeprecateStepOutputCommands': 'true',
    'RunService.FixEmbeddedIssues': 'true',
    actions_display_helpful_actions_download_errors: 'true',
    actions_uses_cache_service_v2: 'true',
    // Ours: a server that is no github.com has them too, which its name does not tell (runner-protocol 9.1).
    actions_uses_artifact_service_v4: 'true',
    actions_send_job_level_annotations: 'true',
    // Without them the official runner refuses `entrypoint` of services, and `uses: $/path`.
    actions_service_container_command: 'true',
    actions_self_repository: 'true',
  };
  const all: Record<string, JobVariable> = {
    'system.github.token': { value: token, isSecret: true },
    github_token: { value: token, isSecret: true },
  };
  for (const [name, value] of Object.entries(plain)) all[name] = { value };
  for (const [name, value] of Object.entries(secrets)) all[name] = { value, isSecret: true };
  // SEM-29.5: an attempt that was asked for with debug logging has it whatever secrets say.
  if (bundle.run.debug === 1) for (const name of DEBUG_SWITCHES) all[name] = { value: 'true' };
  return all;
}

/** `secrets`, `runner`, `env` and `steps` are the runner's own to build (runner-protocol 6.7). */
function contexts({ bundle, job, publicUrl, vars }: JobMessageInput): Record<string, ContextData> {
  const level = levelOf(bundle, job);
  const { repository, path, ref, sha } = level.origin;
  const values: Record<string, Json> = {
    ...jobContexts(level, job, publicUrl),
    vars,
    strategy: JSON.parse(job.strategy) as Json,
    matrix: JSON.parse(job.matrix) as Json,
    // SEM-11.6: the file that defines the job, which for a called one is not the run's.
    job: {
      check_run_id: job.id,
      workflow_ref: `${repository}/${path}@${ref}`,
      workflow_sha: sha,
      workflow_repository: repository,
      workflow_file_path: path,
    },
  };
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, toContextData(value)]));
}
