/**
 * Our own API for the page and the CLI, below `/switchyard/v1`. What GitHub's REST already offers is not repeated
 * here, except where one call must show what GitHub spreads over many. Types only: the page bundles this file.
 */

export const DASHBOARD_PREFIX = '/switchyard/v1';

/** SEM-31.1 */
export type Status = 'queued' | 'pending' | 'waiting' | 'in_progress' | 'completed';
/** SEM-31.2 */
export type Conclusion = 'success' | 'failure' | 'cancelled' | 'skipped' | 'timed_out' | 'startup_failure';

/** `GET /server` */
export interface ServerInfo {
  version: string;
  /** Public base URL, without a trailing slash. */
  url: string;
}

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

/** `GET /received-events?repository=o/r&before=ID&limit=50`: newest first. `GET /received-events/:id`: one. */
export interface ReceivedEventList {
  events: ReceivedEvent[];
}

/** An event that was taken in, with all that it did and did not start. */
export interface ReceivedEvent {
  id: number;
  repository: string;
  name: string;
  activity: string | null;
  ref: string;
  sha: string;
  actor: string;
  acceptedAt: string;
  /** Runs that it started. */
  runs: { id: number; number: number; workflow: string; status: Status; conclusion: Conclusion | null }[];
  /** Files that it did not start, with the filter that said so and the values that it saw. */
  notStarted: { file: string; reason: string; filter: string | null }[];
}

/** `GET /schedules?repository=o/r`: the entries of `on.schedule` on the default branches, the first to fall due first. */
export interface ScheduleList {
  schedules: Schedule[];
}

export interface Schedule {
  repository: string;
  /** Of the workflow file. */
  path: string;
  cron: string;
  /** Null: UTC. */
  timezone: string | null;
  /** Whom its runs name as their actor: who changed the entry last. */
  actor: string;
  nextAt: string;
}

export interface SourceError {
  file: string;
  line: number | null;
  column: number | null;
  message: string;
}

export interface Job {
  id: number;
  runId: number;
  /** The attempt that it ran in; jobs that were not re-run are kept from an earlier one. */
  attempt: number;
  /** The job that calls the workflow which this one belongs to. */
  parentId: number | null;
  /** The called workflow, `owner/name/path@ref`; null for a job with steps of its own. */
  calls: string | null;
  /** Key in the workflow file. */
  key: string;
  /** Name shown to people. */
  name: string;
  needs: string[];
  /** Labels asked for; empty until they are resolved. */
  labels: string[];
  status: Status;
  conclusion: Conclusion | null;
  runner: { id: number; name: string } | null;
  createdAt: string;
  startedAt: string | null;
  completedAt: string | null;
  steps: Step[];
  /** How many of its steps have written a summary. */
  summaries: number;
  annotations: Annotation[];
  environment: { name: string; url: string | null } | null;
  /** The one sentence to show beside a job that waits, was skipped, or failed without a step to blame. */
  reason: string | null;
}

export interface Step {
  number: number;
  name: string;
  status: Status;
  conclusion: Conclusion | null;
  startedAt: string | null;
  completedAt: string | null;
  /** Lines known so far; grows while the step runs. */
  logLines: number;
}

export interface Annotation {
  level: 'notice' | 'warning' | 'failure';
  message: string;
  title: string | null;
  path: string | null;
  line: number | null;
  stepNumber: number | null;
}

/** `GET /jobs/:id/summary`: what its steps wrote to GITHUB_STEP_SUMMARY (SEM-24.7), masked, in the order of the steps. */
export interface JobSummary {
  /** The first twenty. */
  steps: StepSummary[];
  /** What is not among them. */
  leftOut: number;
}

export interface StepSummary {
  number: number;
  name: string;
  /** Written by whoever wrote the job: to be shown as what a stranger says. */
  markdown: string;
}

/** `GET /jobs/:id/steps/:number/log?from=1&limit=5000`: lines are numbered from 1. */
export interface LogPage {
  from: number;
  /** `2026-01-01T00:00:00.0000000Z text`, ANSI and `##[group]` marks kept. */
  lines: string[];
  /** Lines known so far. */
  total: number;
  /** False while the step may still write. */
  complete: boolean;
}

/** `GET /runners` */
export interface RunnerList {
  runners: Runner[];
}

export interface Runner {
  id: number;
  name: string;
  /** `owner/repo`, `owner`, or an enterprise's slug. */
  scope: { kind: 'repository' | 'organization' | 'enterprise'; name: string };
  group: string;
  labels: string[];
  os: string;
  version: string;
  ephemeral: boolean;
  state: 'idle' | 'busy' | 'offline';
  /** The job it holds. */
  job: { id: number; runId: number; name: string; repository: string } | null;
  lastSeenAt: string | null;
  /** Its own; a job must pass that of its group too. */
  wall: Wall | null;
  groupWall: Wall | null;
}

/**
 * Whom a runner, or the runners of a group, are kept for (SEM-13.4): jobs that name one of the exclusive labels, or
 * that come from one of the environments, refs or workflows. One of all these is enough. Four empty lists are no wall.
 * `GET`, `PUT` and `DELETE /runners/:id/wall` and `/runner-groups/:name/wall`.
 */
export interface Wall {
  labels: string[];
  environments: string[];
  /** Globs (SEM-3.5) on the full ref of the run, or on the short name of a branch or tag. */
  refs: string[];
  /**
   * The file that defines the job: `.github/workflows/deploy.yml` of its own repository, or
   * `owner/name/.github/workflows/deploy.yml`, with `@` and a glob on the ref as in `refs` if need be.
   */
  workflows: string[];
}

/** Answer about a wall. */
export interface WallState {
  wall: Wall | null;
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
}

/**
 * `POST /repos/:owner/:repo/events`: start workflows for an event at a revision that the server already has.
 * Used by `switchyard run`; needs write access.
 */
export interface EventRequest {
  event: string;
  /** Full ref, `refs/heads/main`. */
  ref: string;
  sha: string;
  payload: Record<string, unknown>;
  /** Only this workflow file (path in the repository). */
  workflow?: string;
  /** Only this job and what it needs. */
  job?: string;
  /** workflow_dispatch inputs. */
  inputs?: Record<string, string>;
}

export interface EventResponse {
  runs: RunSummary[];
  /** Workflow files that did not start, with the reason. */
  notStarted: { file: string; reason: string }[];
}

/**
 * `GET /events?run=ID&job=ID`: server-sent events; without a filter everything but log lines. `event:` is the key,
 * `data:` the JSON value. After a reconnect the client reads the resource anew: events are hints, not a journal.
 */
export interface LiveEvents {
  run: RunSummary;
  /** The whole job with its steps, whenever anything in it changed. */
  job: Job;
  runner: Runner;
  'runner-removed': { id: number };
  /** A new one, also when it started nothing. */
  'received-event': ReceivedEvent;
  /** Only with `job=ID`: `lines[0]` is line number `from` of the step. */
  log: { jobId: number; step: number; from: number; lines: string[] };
}

export type * from './artifacts.ts';
export type * from './hooks.ts';
export type * from './mirror.ts';
export type * from './people.ts';
export type * from './settings.ts';

/** Every error answer. */
export interface ApiError {
  message: string;
  code?: string;
  hint?: string;
}
