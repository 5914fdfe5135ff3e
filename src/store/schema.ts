/**
 * The server's tables (DESIGN 5). Times are ISO 8601 text in UTC; JSON is text, read and written by the file of its
 * aggregate; booleans are 0 and 1. Names are snake_case so that both SQL dialects agree.
 */
import type { Generated } from 'kysely';

export interface Tables {
  repositories: RepositoriesTable;
  workflows: WorkflowsTable;
  workflow_texts: WorkflowTextsTable;
  accepted_events: AcceptedEventsTable;
  runs: RunsTable;
  jobs: JobsTable;
  job_reasons: JobReasonsTable;
  steps: StepsTable;
  runner_groups: RunnerGroupsTable;
  runners: RunnersTable;
  sessions: SessionsTable;
  tokens: TokensTable;
  secrets: SecretsTable;
  variables: VariablesTable;
}

export interface RepositoriesTable {
  id: Generated<number>;
  owner: string;
  name: string;
  /** `owner/name` in lower case: GitHub's names ignore case. Unique. */
  key: string;
  default_branch: string;
  created_at: string;
}

export interface WorkflowsTable {
  id: Generated<number>;
  repository_id: number;
  path: string;
  name: string;
  /** Number of the newest run; SEM-5.1. */
  last_run_number: number;
  created_at: string;
}

/** Texts of workflow files by SHA-256, so that a run keeps the text it started with (SEM-5.4). */
export interface WorkflowTextsTable {
  hash: string;
  text: string;
}

/** Natural keys of events that were taken in; one that comes again starts nothing (DESIGN 2.4). */
export interface AcceptedEventsTable {
  key: string;
  accepted_at: string;
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
  actor: string;
  /** JSON: the event's payload. */
  payload: string;
  /** JSON: typed workflow_dispatch inputs. */
  inputs: string;
  text_hash: string;
  /** Only this job and what it needs was asked for. */
  only_job: string | null;
  status: 'queued' | 'in_progress' | 'completed';
  conclusion: string | null;
  /** JSON: SourceError[] of a startup failure. */
  errors: string;
  cancel_requested_at: string | null;
  created_at: string;
  started_at: string | null;
  completed_at: string | null;
}

/**
 * Where a job is on its way (runner-protocol 13.2): `blocked` by needs, `queued` for a runner, `assigned` to one but
 * not yet acquired by it, `running`, `completed`. A `held` job is ready but its matrix already runs as many as
 * `max-parallel` allows (SEM-10.16).
 */
export type JobPhase = 'blocked' | 'held' | 'queued' | 'assigned' | 'running' | 'completed';

export interface JobsTable {
  id: Generated<number>;
  run_id: number;
  repository_id: number;
  attempt: number;
  /** Key in the workflow file. */
  key: string;
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
  timeout_minutes: number;
  cancel_timeout_minutes: number;
  continue_on_error: number;
  /** GUID: `jobId` and `workflow_job_run_backend_id` of the runner protocol. */
  job_guid: string;
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
}

export interface RunnerGroupsTable {
  id: Generated<number>;
  name: string;
  is_default: number;
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

export interface TokensTable {
  id: Generated<number>;
  kind: 'user' | 'registration' | 'remove';
  /** SHA-256 of the token; the token itself is shown once and never stored. */
  hash: string;
  /** Who or what it is for: a user's name, or a runner scope as `kind:name`. */
  subject: string;
  /** Space-separated scopes of a user token: `admin`, `repo`, `read`. */
  scopes: string;
  expires_at: string | null;
  created_at: string;
}

export interface SecretsTable {
  repository_id: number;
  /** Upper case: names ignore case (SEM-22.5). */
  name: string;
  /** Sealed with the server's key, which is not in the database. */
  sealed: string;
  updated_at: string;
}

export interface VariablesTable {
  repository_id: number;
  name: string;
  value: string;
  updated_at: string;
}
