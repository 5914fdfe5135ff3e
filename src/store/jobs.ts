import type { Insertable, Selectable, Updateable } from 'kysely';
import type { Queries } from './database.ts';
import { prepared } from './prepared.ts';
import type { JobPhase, JobsTable } from './tables/jobs.ts';

export type JobRow = Selectable<JobsTable>;

/** A runner holds a job in these phases, and may hold only one (SEM-13.7). */
const HELD: JobPhase[] = ['assigned', 'running'];

export async function insertJobs(db: Queries, jobs: Insertable<JobsTable>[]): Promise<JobRow[]> {
  if (jobs.length === 0) return [];
  return db.insertInto('jobs').values(jobs).returningAll().execute();
}

/**
 * Those that stand for the newest attempt, called ones too: in the order of the file, combinations of a matrix in the
 * order of their index.
 */
export const jobsOfRun = (db: Queries, runId: number): Promise<JobRow[]> => newestOfRun(db, { runId });

const newestOfRun = prepared((db, { runId }: { runId: number }) =>
  db.selectFrom('jobs').selectAll().where('run_id', '=', runId).where('superseded_in', 'is', null).orderBy('id'),
);

/** Of every attempt. */
export async function allJobsOfRun(db: Queries, runId: number): Promise<JobRow[]> {
  return db.selectFrom('jobs').selectAll().where('run_id', '=', runId).orderBy('id').execute();
}

/** Those that stood for an attempt: made in it, or kept from an earlier one (SEM-29.3). */
export async function jobsOfAttempt(db: Queries, runId: number, attempt: number): Promise<JobRow[]> {
  return db
    .selectFrom('jobs')
    .selectAll()
    .where('run_id', '=', runId)
    .where('attempt', '<=', attempt)
    .where(({ or, eb }) => or([eb('superseded_in', 'is', null), eb('superseded_in', '>', attempt)]))
    .orderBy('id')
    .execute();
}

/** What the message of a job tells of: itself, and what it needs; of a called one everything (its callers' needs too). */
export async function jobsForMessage(db: Queries, job: JobRow): Promise<JobRow[]> {
  const needs = JSON.parse(job.needs) as string[];
  if (job.parent_id !== null) return jobsOfRun(db, job.run_id);
  return db
    .selectFrom('jobs')
    .selectAll()
    .where('run_id', '=', job.run_id)
    .where('superseded_in', 'is', null)
    .where('parent_id', 'is', null)
    .where('key', 'in', [job.key, ...needs])
    .orderBy('id')
    .execute();
}

/** Whether the run has a job in one of these phases. */
export async function hasJobIn(db: Queries, runId: number, phases: readonly JobPhase[]): Promise<boolean> {
  const found = await db
    .selectFrom('jobs')
    .select('id')
    .where('run_id', '=', runId)
    .where('phase', 'in', phases)
    .limit(1)
    .executeTakeFirst();
  return found !== undefined;
}

/** The jobs that a calling job has called and that have not completed. */
export async function calledJobs(db: Queries, callerId: number): Promise<JobRow[]> {
  return db
    .selectFrom('jobs')
    .selectAll()
    .where('parent_id', '=', callerId)
    .where('phase', '!=', 'completed')
    .execute();
}

/** The other combinations of the job's matrix that have not completed. */
export async function siblingsOf(db: Queries, job: JobRow): Promise<JobRow[]> {
  return db
    .selectFrom('jobs')
    .selectAll()
    .where('run_id', '=', job.run_id)
    .where('parent_id', job.parent_id === null ? 'is' : '=', job.parent_id)
    .where('key', '=', job.key)
    .where('id', '!=', job.id)
    .where('superseded_in', 'is', null)
    .where('phase', '!=', 'completed')
    .execute();
}

export async function findJob(db: Queries, id: number): Promise<JobRow | undefined> {
  return (await byId(db, { id }))[0];
}

const byId = prepared((db, { id }: { id: number }) => db.selectFrom('jobs').selectAll().where('id', '=', id));

export async function findJobByGuid(db: Queries, guid: string): Promise<JobRow | undefined> {
  return db.selectFrom('jobs').selectAll().where('job_guid', '=', guid).executeTakeFirst();
}

export async function jobsInPhases(db: Queries, phases: JobPhase[]): Promise<JobRow[]> {
  return db.selectFrom('jobs').selectAll().where('phase', 'in', phases).orderBy('id').execute();
}

export async function jobHeldBy(db: Queries, runnerId: number): Promise<JobRow | undefined> {
  return (await heldBy(db, { runnerId }))[0];
}

const heldBy = prepared((db, { runnerId }: { runnerId: number }) =>
  db.selectFrom('jobs').selectAll().where('runner_id', '=', runnerId).where('phase', 'in', HELD),
);

/** Changes a job that is in one of the phases `from`. @returns the new row, or undefined when it was in another */
export async function moveJob(
  db: Queries,
  id: number,
  from: readonly JobPhase[],
  change: Updateable<JobsTable>,
): Promise<JobRow | undefined> {
  return db
    .updateTable('jobs')
    .set(change)
    .where('id', '=', id)
    .where('phase', 'in', from)
    .returningAll()
    .executeTakeFirst();
}

/** Gives a queued job to a runner that holds none: one compare-and-set, so that two servers cannot both do it. */
export async function assignJob(
  db: Queries,
  id: number,
  offer: { runnerId: number; runnerName: string; requestGuid: string; leaseUntil: string },
): Promise<JobRow | undefined> {
  return db
    .updateTable('jobs')
    .set({
      phase: 'assigned',
      runner_id: offer.runnerId,
      runner_name: offer.runnerName,
      request_guid: offer.requestGuid,
      lease_until: offer.leaseUntil,
    })
    .where('id', '=', id)
    .where('phase', '=', 'queued')
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('jobs as held')
            .select('held.id')
            .where('held.runner_id', '=', offer.runnerId)
            .where('held.phase', 'in', HELD),
        ),
      ),
    )
    .returningAll()
    .executeTakeFirst();
}

export async function findJobByRequest(db: Queries, requestGuid: string): Promise<JobRow | undefined> {
  return db.selectFrom('jobs').selectAll().where('request_guid', '=', requestGuid).executeTakeFirst();
}

export async function addReason(db: Queries, jobId: number, text: string, at: string): Promise<void> {
  await db.insertInto('job_reasons').values({ job_id: jobId, text, at }).execute();
}

/** Oldest first. */
export async function reasonsOf(
  db: Queries,
  jobIds: number[],
): Promise<{ job_id: number; at: string; text: string }[]> {
  if (jobIds.length === 0) return [];
  return db
    .selectFrom('job_reasons')
    .select(['job_id', 'at', 'text'])
    .where('job_id', 'in', jobIds)
    .orderBy('id')
    .execute();
}
