import type { Insertable, Selectable } from 'kysely';
import { sha256Hex } from '../common/ids.ts';
import type { Queries } from './database.ts';
import { headOf } from './run-head.ts';
import type { WorkflowsTable } from './tables/repositories.ts';
import type { RunsTable } from './tables/runs.ts';

export type RunRow = Selectable<RunsTable>;
export type WorkflowRow = Selectable<WorkflowsTable>;

/** Keeps a workflow's text. @returns its hash */
export async function saveWorkflowText(db: Queries, text: string): Promise<string> {
  const hash = sha256Hex(text);
  await db
    .insertInto('workflow_texts')
    .values({ hash, text })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  return hash;
}

export async function workflowText(db: Queries, hash: string): Promise<string> {
  const row = await db.selectFrom('workflow_texts').select('text').where('hash', '=', hash).executeTakeFirstOrThrow();
  return row.text;
}

/** The workflow of this file, made when it is new, with its next run number taken (SEM-5.1). */
export async function takeRunNumber(
  db: Queries,
  workflow: { repositoryId: number; path: string; name: string },
  at: string,
): Promise<WorkflowRow> {
  return db
    .insertInto('workflows')
    .values({
      repository_id: workflow.repositoryId,
      path: workflow.path,
      name: workflow.name,
      last_run_number: 1,
      created_at: at,
    })
    .onConflict((conflict) =>
      conflict.columns(['repository_id', 'path']).doUpdateSet((eb) => ({
        name: workflow.name,
        last_run_number: eb('workflows.last_run_number', '+', 1),
      })),
    )
    .returningAll()
    .executeTakeFirstOrThrow();
}

export type NewRun = Omit<Insertable<RunsTable>, keyof ReturnType<typeof headOf>>;

export async function insertRun(db: Queries, run: NewRun): Promise<RunRow> {
  return db
    .insertInto('runs')
    .values({ ...run, ...headOf(run) })
    .returningAll()
    .executeTakeFirstOrThrow();
}

export async function findRun(db: Queries, id: number): Promise<RunRow | undefined> {
  return db.selectFrom('runs').selectAll().where('id', '=', id).executeTakeFirst();
}

/** A job of the run has started. @returns the run when it is the first one */
export async function markRunStarted(db: Queries, id: number, at: string): Promise<RunRow | undefined> {
  return db
    .updateTable('runs')
    .set({ status: 'in_progress', started_at: at })
    .where('id', '=', id)
    .where('status', '=', 'queued')
    .returningAll()
    .executeTakeFirst();
}

export async function concludeRun(db: Queries, id: number, conclusion: string, at: string): Promise<boolean> {
  const result = await db
    .updateTable('runs')
    .set({ status: 'completed', conclusion, completed_at: at })
    .where('id', '=', id)
    .where('status', '!=', 'completed')
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

/** Of a run that has not started. */
export async function setRunStatus(db: Queries, id: number, status: 'pending' | 'queued'): Promise<void> {
  await db
    .updateTable('runs')
    .set({ status })
    .where('id', '=', id)
    .where('status', 'in', ['pending', 'queued'])
    .execute();
}

/** Ends a run before any of its jobs has started (SEM-5.5). @param errors JSON: SourceError[] */
export async function refuseToStart(db: Queries, id: number, errors: string, at: string): Promise<void> {
  const end = { status: 'completed', conclusion: 'startup_failure', completed_at: at } as const;
  await db
    .updateTable('runs')
    .set({ ...end, errors })
    .where('id', '=', id)
    .execute();
}

export async function requestRunCancel(db: Queries, id: number, at: string): Promise<void> {
  await db
    .updateTable('runs')
    .set({ cancel_requested_at: at })
    .where('id', '=', id)
    .where('cancel_requested_at', 'is', null)
    .execute();
}

/** With its attempts, jobs and all that hangs on them. */
export async function deleteRun(db: Queries, id: number): Promise<void> {
  await db.deleteFrom('runs').where('id', '=', id).execute();
}
