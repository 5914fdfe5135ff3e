import type { Selectable } from 'kysely';
import { isoTime } from '../common/clock.ts';
import type { Queries } from './database.ts';
import type { VariablesTable } from './schema.ts';

export type VariableRow = Selectable<VariablesTable>;

export async function listVariables(db: Queries, repositoryId: number): Promise<VariableRow[]> {
  return db.selectFrom('variables').selectAll().where('repository_id', '=', repositoryId).orderBy('name').execute();
}

/** @returns false when there is one of that name */
export async function insertVariable(
  db: Queries,
  variable: Omit<VariableRow, 'updated_at'>,
  nowMs: number,
): Promise<boolean> {
  const { numInsertedOrUpdatedRows = 0n } = await db
    .insertInto('variables')
    .values({ ...variable, updated_at: isoTime(nowMs) })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return numInsertedOrUpdatedRows > 0n;
}

/** @returns false when there is none */
export async function updateVariable(
  db: Queries,
  repositoryId: number,
  name: string,
  change: { name?: string; value?: string },
  nowMs: number,
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('variables')
    .set({ ...change, updated_at: isoTime(nowMs) })
    .where('repository_id', '=', repositoryId)
    .where('name', '=', name)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** @returns false when there is none */
export async function deleteVariable(db: Queries, repositoryId: number, name: string): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('variables')
    .where('repository_id', '=', repositoryId)
    .where('name', '=', name)
    .executeTakeFirst();
  return numDeletedRows > 0n;
}
