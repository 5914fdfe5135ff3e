/** Attempts of a run (SEM-29.6). The newest is the row in `runs`; those before it are kept here. */
import type { Selectable } from 'kysely';
import type { Queries } from './database.ts';
import type { RunRow } from './runs.ts';
import type { RunAttemptsTable } from './tables/runs.ts';

export type RunAttemptRow = Selectable<RunAttemptsTable>;

/** Those before the newest, oldest first. */
export async function earlierAttempts(db: Queries, runId: number): Promise<RunAttemptRow[]> {
  return db.selectFrom('run_attempts').selectAll().where('run_id', '=', runId).orderBy('attempt').execute();
}

type AttemptColumns =
  | 'attempt'
  | 'triggering_actor'
  | 'status'
  | 'conclusion'
  | 'created_at'
  | 'started_at'
  | 'completed_at'
  | 'errors';

/** A run as it was when this attempt had ended. */
export function runAtAttempt<T extends Pick<RunRow, AttemptColumns>>(run: T, earlier: RunAttemptRow): T {
  const { attempt, triggering_actor, conclusion, created_at, started_at, completed_at } = earlier;
  const end = { status: 'completed', conclusion, created_at, started_at, completed_at, errors: '[]' } as const;
  return { ...run, attempt, triggering_actor, ...end };
}

export interface NextAttempt {
  at: string;
  /** GUID: every attempt is a plan of its own for runners. */
  planId: string;
  triggeringActor: string;
  debug: boolean;
  /** JSON; without it the files of called workflows stay as they are. */
  calledFiles: string | undefined;
}

/**
 * Keeps the attempt that has ended, and begins the next.
 * @param run as it was read
 * @returns undefined when it is not completed, or somebody else has begun an attempt
 */
export async function beginAttempt(db: Queries, run: RunRow, next: NextAttempt): Promise<RunRow | undefined> {
  const { id, attempt, conclusion, completed_at: completedAt } = run;
  const begun = await db
    .updateTable('runs')
    .set({
      attempt: attempt + 1,
      plan_id: next.planId,
      triggering_actor: next.triggeringActor,
      debug: next.debug ? 1 : 0,
      ...(next.calledFiles === undefined ? {} : { called_files: next.calledFiles }),
      ...{ status: 'queued', conclusion: null, cancel_requested_at: null },
      ...{ created_at: next.at, started_at: null, completed_at: null },
    })
    .where('id', '=', id)
    .where('attempt', '=', attempt)
    .where('status', '=', 'completed')
    .returningAll()
    .executeTakeFirst();
  if (!begun || conclusion === null || completedAt === null) return undefined;
  const { triggering_actor, created_at, started_at } = run;
  await db
    .insertInto('run_attempts')
    .values({ run_id: id, attempt, triggering_actor, conclusion, created_at, started_at, completed_at: completedAt })
    .execute();
  return begun;
}

/** One statement takes at most this many parameters. */
const MAX_PARAMETERS = 10_000;

/** From this attempt on other rows stand for these jobs. */
export async function supersedeJobs(db: Queries, ids: number[], attempt: number): Promise<void> {
  for (let first = 0; first < ids.length; first += MAX_PARAMETERS) {
    await db
      .updateTable('jobs')
      .set({ superseded_in: attempt })
      .where('id', 'in', ids.slice(first, first + MAX_PARAMETERS))
      .execute();
  }
}
