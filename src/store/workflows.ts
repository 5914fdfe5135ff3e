import { isoTime } from '../common/clock.ts';
import type { Queries } from './database.ts';
import type { WorkflowRow } from './runs.ts';

/** Workflows that have run or were listed, by path. */
export async function listWorkflows(db: Queries, repositoryId: number): Promise<WorkflowRow[]> {
  return db.selectFrom('workflows').selectAll().where('repository_id', '=', repositoryId).orderBy('path').execute();
}

/** By its id. */
export async function findWorkflow(db: Queries, repositoryId: number, id: number): Promise<WorkflowRow | undefined> {
  return db
    .selectFrom('workflows')
    .selectAll()
    .where('repository_id', '=', repositoryId)
    .where('id', '=', id)
    .executeTakeFirst();
}

/** Gives a workflow that has not run yet its id. */
export async function insertWorkflow(
  db: Queries,
  workflow: { repositoryId: number; path: string; name: string },
  nowMs: number,
): Promise<void> {
  await db
    .insertInto('workflows')
    .values({
      repository_id: workflow.repositoryId,
      path: workflow.path,
      name: workflow.name,
      last_run_number: 0,
      created_at: isoTime(nowMs),
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

export async function setWorkflowState(db: Queries, id: number, state: WorkflowRow['state']): Promise<void> {
  await db.updateTable('workflows').set({ state }).where('id', '=', id).execute();
}

/** Paths of the workflows that no event starts. */
export async function disabledWorkflows(db: Queries, repositoryId: number): Promise<Set<string>> {
  const rows = await db
    .selectFrom('workflows')
    .select('path')
    .where('repository_id', '=', repositoryId)
    .where('state', '!=', 'active')
    .execute();
  return new Set(rows.map(({ path }) => path));
}
