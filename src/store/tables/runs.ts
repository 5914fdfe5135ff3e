/** Runs and the concurrency groups that they wait for. */
import type { Generated } from 'kysely';

export interface RunTables {
  runs: RunsTable;
  run_attempts: RunAttemptsTable;
  concurrency_claims: ConcurrencyClaimsTable;
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
  /** Branch or tag that people know the run by: of pull requests the head's, not the test merge's. */
  head_branch: string;
  /** Likewise. */
  head_sha: string;
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
