/** What starts runs. */
import type { Generated } from 'kysely';

export interface EventTables {
  events: EventsTable;
  run_events: RunEventsTable;
  schedules: SchedulesTable;
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
