/**
 * The server's tables (DESIGN 5). Times are ISO 8601 text in UTC; JSON is text, read and written by the file of its
 * aggregate; booleans are 0 and 1. Names are snake_case so that both SQL dialects agree. Newer aggregates have a file each
 * in `tables/`.
 */
import type { Generated } from 'kysely';
import type { CheckTables } from './tables/checks.ts';
import type { HookDeliveriesTable, HookMessagesTable, HooksTable } from './tables/hooks.ts';
import type { MirrorTables } from './tables/mirrors.ts';
import type { PeopleTables } from './tables/people.ts';
import type { ScaleSetItemsTable, ScaleSetSessionsTable, ScaleSetsTable } from './tables/scale-sets.ts';
import type { ServiceTables } from './tables/services.ts';

export interface Tables extends CheckTables, MirrorTables, PeopleTables, ServiceTables {
  repositories: RepositoriesTable;
  workflows: WorkflowsTable;
  workflow_texts: WorkflowTextsTable;
  events: EventsTable;
  run_events: RunEventsTable;
  schedules: SchedulesTable;
  pulls: PullsTable;
  runs: RunsTable;
  run_attempts: RunAttemptsTable;
  jobs: JobsTable;
  job_reasons: JobReasonsTable;
  concurrency_claims: ConcurrencyClaimsTable;
  environments: EnvironmentsTable;
  deployment_branch_policies: DeploymentBranchPoliciesTable;
  deployments: DeploymentsTable;
  deployment_statuses: DeploymentStatusesTable;
  deployment_reviews: DeploymentReviewsTable;
  steps: StepsTable;
  runner_groups: RunnerGroupsTable;
  runners: RunnersTable;
  sessions: SessionsTable;
  secrets: SecretsTable;
  variables: VariablesTable;
  hooks: HooksTable;
  hook_messages: HookMessagesTable;
  hook_deliveries: HookDeliveriesTable;
  scale_sets: ScaleSetsTable;
  scale_set_sessions: ScaleSetSessionsTable;
  scale_set_items: ScaleSetItemsTable;
}

export interface RepositoriesTable {
  id: Generated<number>;
  owner: string;
  name: string;
  /** `owner/name` in lower case: GitHub's names ignore case. Unique. */
  key: string;
  default_branch: string;
  /** What a job's token may do where no workflow says (SEM-6.3): GitHub's "restricted" or "permissive". */
  default_permissions: Generated<'read' | 'write'>;
  created_at: string;
}

export interface WorkflowsTable {
  id: Generated<number>;
  repository_id: number;
  path: string;
  name: string;
  /** Number of the newest run; SEM-5.1. */
  last_run_number: number;
  /** Of a disabled one no event starts a run. */
  state: Generated<'active' | 'disabled_manually'>;
  created_at: string;
}

/** Texts of workflow files by SHA-256, so that a run keeps the text it started with (SEM-5.4). */
export interface WorkflowTextsTable {
  hash: string;
  text: string;
}

/** Every event that was taken in, once by its natural key (DESIGN 2.4), and what it did not start. */
export interface EventsTable {
  id: Generated<number>;
  /** Unique. One that comes again starts nothing. */
  key: string;
  repository_id: number;
  name: string;
  /** Activity type, such as `opened`. */
  activity: string | null;
  ref: string;
  sha: string;
  actor: string;
  /** JSON: NotStarted[] of the workflow files that it did not start. */
  not_started: string;
  accepted_at: string;
}

/** A `workflow_run` event that follows from a run and has not been accepted yet; written with the run's change. */
export interface RunEventsTable {
  id: Generated<number>;
  run_id: number;
  attempt: number;
  activity: 'requested' | 'in_progress' | 'completed';
  /** Of a completed attempt. */
  conclusion: string | null;
  created_at: string;
}

/** A `schedule` entry of a workflow file on its repository's default branch (SEM-4.5). */
export interface SchedulesTable {
  id: Generated<number>;
  repository_id: number;
  path: string;
  cron: string;
  /** IANA name; '' is UTC. */
  timezone: string;
  /** Who changed the entry last (SEM-4.6). */
  actor: string;
  next_at: string;
}

/** A pull request whose head and base are branches of this server. */
export interface PullsTable {
  id: Generated<number>;
  repository_id: number;
  /** Counts per repository from 1. */
  number: number;
  title: string;
  body: string;
  author: string;
  state: 'open' | 'closed';
  draft: number;
  /** Short names of branches. */
  head_ref: string;
  base_ref: string;
  head_sha: string;
  base_sha: string;
  /** Test merge of head into base, of a merged one the merge; null while they conflict (SEM-2.9). */
  merge_sha: string | null;
  /** JSON: string[]. */
  labels: string;
  merged_at: string | null;
  merged_by: string | null;
  closed_at: string | null;
  created_at: string;
  updated_at: string;
}

export interface RunsTable {
  id: Generated<number>;
  repository_id: number;
  workflow_id: number;
  run_number: number;
  attempt: number;
  /** GUID: `planId` and `workflow_run_backend_id` of the runner protocol. */
  plan_id: string;
  event: string;
  ref: string;
  sha: string;
  title: string;
  /** Who caused the run; every attempt has that person's rights (SEM-29.2). */
  actor: string;
  /** Who started this attempt. */
  triggering_actor: string;
  /** The row of `events` that started it. */
  event_id: number | null;
  /** Links of `workflow_run` that lead here; 0 for other events (SEM-2.10). */
  depth: Generated<number>;
  /** 1: this attempt was asked for with debug logging (SEM-29.5). */
  debug: Generated<number>;
  /** JSON: the event's payload. */
  payload: string;
  /** JSON: typed workflow_dispatch inputs. */
  inputs: string;
  text_hash: string;
  /** JSON: by the key of `callTarget`, the files of called workflows as they were at creation (SEM-5.4). */
  called_files: Generated<string>;
  /** Only this job and what it needs was asked for. */
  only_job: string | null;
  /** `pending`: another run holds its concurrency group (SEM-8.6). */
  status: 'pending' | 'queued' | 'in_progress' | 'completed';
  conclusion: string | null;
  /** JSON: SourceError[] of a startup failure. */
  errors: string;
  cancel_requested_at: string | null;
  created_at: string;
  started_at: string | null;
  completed_at: string | null;
}

/** An attempt of a run that has ended and was followed by another (SEM-29.6); the newest one is in `runs`. */
export interface RunAttemptsTable {
  run_id: number;
  attempt: number;
  triggering_actor: string;
  conclusion: string;
  created_at: string;
  started_at: string | null;
  completed_at: string;
}

/**
 * Where a job is on its way (runner-protocol 13.2): `blocked` by needs; `held` because its matrix already has as many
 * under way as `max-parallel` allows (SEM-10.16); `pending` for its concurrency group (SEM-8); `waiting` for the rules
 * of its environment (SEM-12.3); `queued` for a runner; `assigned` to one but not yet acquired by it; `running`;
 * `completed`. A job that calls a workflow is `calling` instead, until the called jobs have completed.
 */
export type JobPhase =
  | 'blocked'
  | 'held'
  | 'pending'
  | 'waiting'
  | 'queued'
  | 'assigned'
  | 'running'
  | 'calling'
  | 'completed';

export interface JobsTable {
  id: Generated<number>;
  run_id: number;
  repository_id: number;
  /** The attempt that it was made in; it counts in later ones too, until `superseded_in`. */
  attempt: number;
  /** The attempt from which on another row stands for this job (SEM-29.3). */
  superseded_in: number | null;
  /** The job that calls the workflow which this job belongs to; null in the run's own workflow. */
  parent_id: number | null;
  /**
   * Of a calling job that went on in a later attempt with some of the jobs that it called: this row is what it was
   * until then, and that one, to which its jobs belong, is what it is now.
   */
  history_of: Generated<number | null>;
  /** The run's; here too because walls ask for it (SEM-13.4). */
  ref: Generated<string>;
  /** JSON: WorkflowFile of workflow/routing, the file that defines the job. */
  workflow: Generated<string>;
  /** Key in its workflow file. */
  key: string;
  /** For people; of a called job with the caller's in front (SEM-11.10). */
  name: string;
  /** JSON: string[] of keys. */
  needs: string;
  phase: JobPhase;
  conclusion: string | null;
  /** JSON: the combination, or null. */
  matrix: string;
  /** JSON: the strategy context. */
  strategy: string;
  /** JSON: string[] as asked for; `[]` until resolved. */
  labels: string;
  runner_group: string | null;
  /** JSON: Concurrency, or null. */
  concurrency: Generated<string>;
  /** JSON: JobEnvironment, or null. */
  environment: Generated<string>;
  /** What the runner evaluated at the job's end (SEM-12.5). */
  environment_url: string | null;
  /** When the job first stood before the rules of its environment. */
  waiting_since: string | null;
  /** Until when a `waiting` job waits: the wait timer, or the end of all patience (SEM-12.3). */
  waiting_until: string | null;
  /** What reviewers said to this job: yes, or that none of the environment's rules are asked of it. */
  review: 'approved' | 'bypassed' | null;
  /** JSON: Permissions of the job's token; of a calling job the most that called jobs can have. */
  permissions: Generated<string>;
  /** Of a calling job: key of the called file in `runs.called_files`. */
  called_file: string | null;
  /** JSON: of a calling job the inputs that it passes. */
  inputs: Generated<string>;
  timeout_minutes: number;
  cancel_timeout_minutes: number;
  continue_on_error: number;
  /** GUID: `jobId` and `workflow_job_run_backend_id` of the runner protocol. */
  job_guid: string;
  /** The scale set that it was given to: runners of others do not take it (runner-protocol 10.2). */
  scale_set_id: Generated<number | null>;
  /** GUID of the current offer: `runner_request_id`. New with every assignment. */
  request_guid: string | null;
  runner_id: number | null;
  runner_name: string | null;
  /** Until when an assigned job must be acquired, or a running one renewed. */
  lease_until: string | null;
  cancel_requested_at: string | null;
  /** JSON: string map; SEM-27. */
  outputs: string;
  /** JSON: Annotation[] of protocol/dashboard. */
  annotations: string;
  /** The one sentence for people (protocol/dashboard `Job.reason`). */
  reason: string | null;
  log_lines: number;
  created_at: string;
  queued_at: string | null;
  started_at: string | null;
  completed_at: string | null;
}

/** Every wait, skip, assignment, refusal and kill, in words (DESIGN 2.3). */
export interface JobReasonsTable {
  id: Generated<number>;
  job_id: number;
  at: string;
  text: string;
}

/** A run's or job's place in a concurrency group (SEM-8); gone when it has completed. Ids count in order of arrival. */
export interface ConcurrencyClaimsTable {
  id: Generated<number>;
  repository_id: number;
  /** In lower case: one namespace per repository for runs and jobs. */
  group_key: string;
  group_name: string;
  run_id: number;
  /** Null: the claim of the run as a whole. */
  job_id: number | null;
  /** At most one of a group is `holding`. */
  state: 'holding' | 'pending';
  created_at: string;
}

export interface EnvironmentsTable {
  id: Generated<number>;
  repository_id: number;
  name: string;
  /** In lower case; unique in the repository. */
  key: string;
  wait_minutes: number;
  prevent_self_review: number;
  /** 1: who administers the server may let jobs pass all rules. */
  admin_bypass: Generated<number>;
  /** JSON: string[], user names; one approval is enough. */
  reviewers: string;
  /** Null: any ref; `protected`: the default branch; `custom`: `deployment_branch_policies`. */
  branch_policy: 'protected' | 'custom' | null;
  created_at: string;
  updated_at: string;
}

export interface DeploymentBranchPoliciesTable {
  id: Generated<number>;
  environment_id: number;
  /** A pattern where `*` does not cross `/`. */
  name: string;
  type: 'branch' | 'tag';
}

export interface DeploymentsTable {
  id: Generated<number>;
  repository_id: number;
  environment: string;
  /** As it was at first: a status may move the deployment to another. */
  original_environment: string;
  /** Of its newest status. */
  state: string;
  /** Null for those that were made by REST. */
  run_id: number | null;
  job_id: number | null;
  /** Short name, or as REST was given it. */
  ref: string;
  sha: string;
  task: string;
  /** JSON. */
  payload: string;
  description: string;
  /** What REST said of the environment; nothing here acts on it. */
  transient: number;
  production: number;
  creator: string;
  created_at: string;
  updated_at: string;
}

export interface DeploymentStatusesTable {
  id: Generated<number>;
  deployment_id: number;
  state: string;
  description: string;
  environment_url: string;
  log_url: string;
  creator: string;
  created_at: string;
}

/** Answers of reviewers about the environment of waiting jobs. */
export interface DeploymentReviewsTable {
  id: Generated<number>;
  run_id: number;
  attempt: number;
  environment_id: number;
  state: 'approved' | 'rejected';
  comment: string;
  reviewer: string;
  created_at: string;
}

export interface StepsTable {
  job_id: number;
  /** Record GUID of the results service. */
  external_id: string;
  number: number;
  name: string;
  status: 'queued' | 'in_progress' | 'completed';
  conclusion: string | null;
  started_at: string | null;
  completed_at: string | null;
  /** Newest `change_order` applied. */
  change_order: number;
  /** Lines of the finished log; 0 until its metadata came. */
  log_lines: number;
  /** 1 once the whole log is in its blob. */
  log_complete: number;
  /** Of what it wrote to GITHUB_STEP_SUMMARY; 0 without. */
  summary_bytes: Generated<number>;
}

export interface RunnerGroupsTable {
  id: Generated<number>;
  name: string;
  is_default: number;
  /** JSON: Wall of workflow/routing, or null (SEM-13.4). */
  wall: Generated<string>;
}

export interface RunnersTable {
  id: Generated<number>;
  name: string;
  scope_kind: 'repository' | 'organization' | 'enterprise';
  /** `owner/repo`, organization or enterprise; as written. */
  scope_name: string;
  group_id: number;
  /** JSON: `{name, type: 'read-only' | 'custom'}[]`. */
  labels: string;
  os: string;
  version: string;
  ephemeral: number;
  /** The scale set that it was made for. */
  scale_set_id: Generated<number | null>;
  /** JSON: Wall of workflow/routing, or null (SEM-13.4). */
  wall: Generated<string>;
  /** GUID of the OAuth client. Unique. */
  client_id: string;
  /** JSON: public RSA JWK. */
  public_key: string;
  last_seen_at: string | null;
  created_at: string;
}

/** One per runner; a new one supersedes the old (runner-protocol 4.1). */
export interface SessionsTable {
  runner_id: number;
  session_id: string;
  owner_name: string;
  created_at: string;
}

/**
 * Whom a secret or variable belongs to: `organization:name` (in lower case), `repository:id` or `environment:id`. A
 * narrower one wins (SEM-12.4, 22.5).
 */
export type SettingOwner = `organization:${string}` | `repository:${number}` | `environment:${number}`;

export interface SecretsTable {
  owner: SettingOwner;
  /** Upper case: names ignore case (SEM-22.5). */
  name: string;
  /** Sealed with the server's key, which is not in the database. */
  sealed: string;
  /** Of an organization's; every repository here is private, so that `private` means the same as `all`. */
  visibility: 'all' | 'private' | 'selected' | null;
  /** Of a selected one: JSON number[] of the repositories that may use it; null for all of them. */
  repositories: string | null;
  created_at: string;
  updated_at: string;
}

export interface VariablesTable {
  owner: SettingOwner;
  /** Upper case. */
  name: string;
  value: string;
  /** As in `SecretsTable`. */
  visibility: 'all' | 'private' | 'selected' | null;
  repositories: string | null;
  created_at: string;
  updated_at: string;
}
