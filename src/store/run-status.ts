/** The status of a run as people see it (SEM-31.1): `waiting` is not stored, it follows from the run's jobs. */
import { type ExpressionBuilder, type RawBuilder, sql } from 'kysely';
import type { Tables } from './schema.ts';
import type { JobPhase } from './tables/jobs.ts';
import type { RunsTable } from './tables/runs.ts';

export type ShownStatus = RunsTable['status'] | 'waiting';

/** Phases of jobs that go on without anybody's approval. Blocked and held ones wait for others of the run. */
const GOING_ON: JobPhase[] = ['pending', 'queued', 'assigned', 'running'];

/** `waiting`: all that is left of the run waits for environments. */
export function isWaiting(jobs: { phase: JobPhase }[]): boolean {
  return jobs.some(({ phase }) => phase === 'waiting') && !jobs.some(({ phase }) => GOING_ON.includes(phase));
}

/** The same in a query of runs. */
export function shownStatus({ selectFrom, exists }: ExpressionBuilder<Tables, 'runs'>): RawBuilder<ShownStatus> {
  const jobsIn = (phases: JobPhase[]) =>
    exists(
      selectFrom('jobs')
        .select('jobs.id')
        .whereRef('jobs.run_id', '=', 'runs.id')
        .where('jobs.superseded_in', 'is', null)
        .where('jobs.phase', 'in', phases),
    );
  return sql<ShownStatus>`case
    when runs.status in ('queued', 'in_progress') and ${jobsIn(['waiting'])} and not ${jobsIn(GOING_ON)} then 'waiting'
    else runs.status end`;
}
