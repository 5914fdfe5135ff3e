import type { Insertable, Selectable, Updateable } from 'kysely';
import type { Queries } from './database.ts';
import type { CheckRunsTable } from './tables/checks.ts';

export type CheckRunRow = Selectable<CheckRunsTable>;

export async function insertCheckRun(db: Queries, row: Insertable<CheckRunsTable>): Promise<CheckRunRow> {
  return db.insertInto('check_runs').values(row).returningAll().executeTakeFirstOrThrow();
}

export async function updateCheckRun(db: Queries, id: number, set: Updateable<CheckRunsTable>): Promise<CheckRunRow> {
  return db.updateTable('check_runs').set(set).where('id', '=', id).returningAll().executeTakeFirstOrThrow();
}

export async function findCheckRun(db: Queries, repositoryId: number, id: number): Promise<CheckRunRow | undefined> {
  return db
    .selectFrom('check_runs')
    .selectAll()
    .where('repository_id', '=', repositoryId)
    .where('id', '=', id)
    .executeTakeFirst();
}

/** Oldest first. */
export async function checkRunsOfCommit(db: Queries, repositoryId: number, sha: string): Promise<CheckRunRow[]> {
  return db
    .selectFrom('check_runs')
    .selectAll()
    .where('repository_id', '=', repositoryId)
    .where('sha', '=', sha)
    .orderBy('id')
    .execute();
}
