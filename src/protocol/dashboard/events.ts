/** What starts runs. */
import type { Conclusion, RunSummary, Status } from './runs.ts';

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
