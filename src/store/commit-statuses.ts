import type { Insertable, Selectable } from 'kysely';
import type { Queries } from './database.ts';
import type { CommitStatusesTable } from './tables/checks.ts';

export type CommitStatusRow = Selectable<CommitStatusesTable>;

/** GitHub's limit for one context of one commit. */
export const MAX_STATUSES = 1_000;

export async function insertStatus(db: Queries, status: Insertable<CommitStatusesTable>): Promise<CommitStatusRow> {
  return db.insertInto('commit_statuses').values(status).returningAll().executeTakeFirstOrThrow();
}

/** Newest first. */
export async function statusesOfCommit(db: Queries, repositoryId: number, sha: string): Promise<CommitStatusRow[]> {
  return db
    .selectFrom('commit_statuses')
    .selectAll()
    .where('repository_id', '=', repositoryId)
    .where('sha', '=', sha)
    .orderBy('id', 'desc')
    .execute();
}

export async function countStatuses(
  db: Queries,
  { repository_id, sha, context }: Pick<CommitStatusRow, 'repository_id' | 'sha' | 'context'>,
): Promise<number> {
  const { count } = await db
    .selectFrom('commit_statuses')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('repository_id', '=', repository_id)
    .where('sha', '=', sha)
    .where(({ eb, fn }) => eb(fn<string>('lower', ['context']), '=', context.toLowerCase()))
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** Of each context the one that counts, by name. @param rows newest first */
export function newestOfContexts(rows: CommitStatusRow[]): CommitStatusRow[] {
  const newest = new Map<string, CommitStatusRow>();
  for (const row of rows) {
    const key = row.context.toLowerCase();
    if (!newest.has(key)) newest.set(key, row);
  }
  return [...newest.values()].sort((a, b) => a.id - b.id);
}
