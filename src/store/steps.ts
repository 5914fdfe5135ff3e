import { type Selectable, type SqlBool, sql } from 'kysely';
import type { Queries } from './database.ts';
import { prepared } from './prepared.ts';
import type { StepsTable } from './tables/jobs.ts';

export type StepRow = Selectable<StepsTable>;

export interface StepChange {
  externalId: string;
  number: number;
  /** Keeps the known name when it is empty. */
  name: string;
  status: StepsTable['status'];
  conclusion: string | null;
  startedAt: string | null;
  completedAt: string | null;
}

/** Applies a step's state, unless one of the same or a later order was applied (runner-protocol 8.1). */
export async function applyStep(db: Queries, jobId: number, step: StepChange, order: number): Promise<void> {
  const state = {
    number: step.number,
    status: step.status,
    conclusion: step.conclusion,
    started_at: step.startedAt,
    completed_at: step.completedAt,
    change_order: order,
  };
  await db
    .insertInto('steps')
    .values({ ...state, job_id: jobId, external_id: step.externalId, name: step.name, log_lines: 0, log_complete: 0 })
    .onConflict((conflict) =>
      conflict
        .columns(['job_id', 'external_id'])
        .doUpdateSet(step.name === '' ? state : { ...state, name: step.name })
        .where('steps.change_order', '<', order),
    )
    .execute();
}

/** The step's whole log lies in its blob. */
export function completeStepLog(db: Queries, jobId: number, externalId: string, lines: number): Promise<void> {
  return setFacts(db, jobId, externalId, { log_lines: lines, log_complete: 1 });
}

/** The step's summary lies in its blob. */
export function completeSummary(db: Queries, jobId: number, externalId: string, sizeBytes: number): Promise<void> {
  return setFacts(db, jobId, externalId, { summary_bytes: sizeBytes });
}

/** A step's state may come later: the row is made then with number 0, which no list shows. */
async function setFacts(
  db: Queries,
  jobId: number,
  externalId: string,
  facts: Partial<Pick<StepRow, 'log_lines' | 'log_complete' | 'summary_bytes'>>,
): Promise<void> {
  const state = { number: 0, name: '', status: 'in_progress', conclusion: null, change_order: -1 } as const;
  await db
    .insertInto('steps')
    .values({ ...NO_LOG, ...state, ...facts, job_id: jobId, external_id: externalId })
    .onConflict((conflict) => conflict.columns(['job_id', 'external_id']).doUpdateSet(facts))
    .execute();
}

const NO_LOG = { log_lines: 0, log_complete: 0, started_at: null, completed_at: null };

/** Ordered by job, then number. */
export async function stepsOfJobs(db: Queries, jobIds: number[]): Promise<StepRow[]> {
  return jobIds.length === 0 ? [] : listed(db, { jobIds: JSON.stringify(jobIds) });
}

/** Ids as JSON, so that the statement is the same for any number of them. */
const listed = prepared((db, { jobIds }: { jobIds: string }) =>
  db
    .selectFrom('steps')
    .selectAll()
    .where(sql<SqlBool>`job_id in (select value from json_each(${jobIds}))`)
    .where('number', '>', 0)
    .orderBy('job_id')
    .orderBy('number'),
);

export async function findStep(db: Queries, jobId: number, number: number): Promise<StepRow | undefined> {
  return db.selectFrom('steps').selectAll().where('job_id', '=', jobId).where('number', '=', number).executeTakeFirst();
}

/** Their logs are gone. */
export async function forgetLogs(db: Queries, jobIds: number[]): Promise<void> {
  if (jobIds.length === 0) return;
  await db.updateTable('steps').set({ log_complete: 0, log_lines: 0 }).where('job_id', 'in', jobIds).execute();
}
