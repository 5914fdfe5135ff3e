import type { Insertable, Selectable } from 'kysely';
import { sha256Hex } from '../common/ids.ts';
import type { Queries } from './database.ts';
import type { RunsTable, WorkflowsTable } from './schema.ts';

export type RunRow = Selectable<RunsTable>;
export type WorkflowRow = Selectable<WorkflowsTable>;

/**
 * Remembers the natural key of an event.
 * @returns false when it was accepted before
 */
export async function acceptOnce(db: Queries, key: string, at: string): Promise<boolean> {
  const result = await db
    .insertInto('accepted_events')
    .values({ key, accepted_at: at })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return Number(result.numInsertedOrUpdatedRows ?? 0) > 0;
}

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

export async function insertRun(db: Queries, run: Insertable<RunsTable>): Promise<RunRow> {
  return db.insertInto('runs').values(run).returningAll().executeTakeFirstOrThrow();
}

export async function findRun(db: Queries, id: number): Promise<RunRow | undefined> {
  return db.selectFrom('runs').selectAll().where('id', '=', id).executeTakeFirst();
}

/** The first job of the run has started. */
export async function markRunStarted(db: Queries, id: number, at: string): Promise<void> {
  await db
    .updateTable('runs')
    .set({ status: 'in_progress', started_at: at })
    .where('id', '=', id)
    .where('status', '=', 'queued')
    .execute();
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

export async function requestRunCancel(db: Queries, id: number, at: string): Promise<void> {
  await db
    .updateTable('runs')
    .set({ cancel_requested_at: at })
    .where('id', '=', id)
    .where('cancel_requested_at', 'is', null)
    .execute();
}
