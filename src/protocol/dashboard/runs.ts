/** Runs, and what is done with them. */
import type { Job } from './jobs.ts';

/** SEM-31.1 */
export type Status = 'queued' | 'pending' | 'waiting' | 'in_progress' | 'completed';

/** SEM-31.2 */
export type Conclusion = 'success' | 'failure' | 'cancelled' | 'skipped' | 'timed_out' | 'startup_failure';

/** `GET /runs?repository=o/r&status=failure&limit=50&before=RUN_ID`: newest first; `status` is a status or a conclusion. */
export interface RunList {
  runs: RunSummary[];
}

export interface RunSummary {
  id: number;
  /** `owner/name` */
  repository: string;
  workflow: { name: string; path: string };
  /** Counts per workflow from 1. */
  number: number;
  attempt: number;
  /** The run's display title (run-name, or commit subject). */
  title: string;
  event: string;
  /** `refs/heads/main` */
  ref: string;
  sha: string;
  actor: string;
  /** Who started this attempt. */
  triggeringActor: string;
  /** `pending` for its concurrency group; `waiting` when all that is left waits for environments. */
  status: Status;
  conclusion: Conclusion | null;
  /** The one sentence to show beside a run that has not started, or could not. */
  reason: string | null;
  createdAt: string;
  startedAt: string | null;
  completedAt: string | null;
}

/** `GET /runs/:id?attempt=N`: without `attempt` the newest one. */
export interface RunDetail extends RunSummary {
  /** Oldest first, this one among them. */
  attempts: RunAttempt[];
  /** Environments whose rules its jobs wait for. */
  pendingDeployments: PendingDeployment[];
  /** Why the run could not start: errors in the workflow file. */
  errors: SourceError[];
  /** What the workflow file says and nothing here acts on, or surely does not mean. */
  warnings: SourceError[];
  jobs: Job[];
}

export interface RunAttempt {
  attempt: number;
  triggeringActor: string;
  status: Status;
  conclusion: Conclusion | null;
  createdAt: string;
  completedAt: string | null;
}

/** One environment of a run that keeps jobs waiting (SEM-12.3). */
export interface PendingDeployment {
  environment: string;
  /** Names of the jobs that wait. */
  jobs: string[];
  /** User names; one of them has to approve. Empty: no reviewer is asked. */
  reviewers: string[];
  /** Until when the wait timer runs. */
  waitUntil: string | null;
}

/**
 * `POST /runs/:id/reviews`, by one of the reviewers: answers for every job of the run that waits for the environments.
 * 403 for anybody else.
 */
export interface ReviewRequest {
  environments: string[];
  state: 'approved' | 'rejected';
  comment?: string;
}

/** `POST /runs/:id/rerun` of a completed run. `POST /runs/:id/cancel` and `/runs/:id/force-cancel` take no body. */
export interface RerunRequest {
  /** A number is a job's id: that job, and what needs it. */
  jobs: 'all' | 'failed' | number;
  /** With debug logging (SEM-29.5). */
  debug?: boolean;
}

export interface SourceError {
  file: string;
  line: number | null;
  column: number | null;
  message: string;
}

/** `GET /runs/:id/explanation` and `GET /jobs/:id/explanation` */
export interface Explanation {
  subject: { kind: 'run' | 'job'; id: number; name: string };
  status: Status;
  conclusion: Conclusion | null;
  /** Sentences for people, most important first. */
  sentences: string[];
  /** What was recorded when, oldest first. */
  history: { at: string; text: string }[];
  /** For a run: one per job. */
  jobs?: Explanation[];
  /** Of a job: what it needs a runner for, so that a fleet can be asked about it, and the runner that it was offered to. */
  asks?: {
    repository: string;
    labels: string[];
    group: string | null;
    runner: string | null;
    /** For nothing but a runner. */
    isQueued: boolean;
  };
}
