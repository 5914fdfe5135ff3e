/** Jobs and their steps. */
import type { Generated } from 'kysely';

export interface JobTables {
  jobs: JobsTable;
  job_reasons: JobReasonsTable;
  steps: StepsTable;
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
