import type { Insertable, Selectable, Updateable } from 'kysely';
import type { Queries } from './database.ts';
import type { PullsTable } from './tables/repositories.ts';

export type PullRow = Selectable<PullsTable>;
export type NewPull = Omit<Insertable<PullsTable>, 'id'>;
export type PullChange = Updateable<PullsTable>;

export async function findPull(db: Queries, repositoryId: number, number: number): Promise<PullRow | undefined> {
  return db
    .selectFrom('pulls')
    .selectAll()
    .where('repository_id', '=', repositoryId)
    .where('number', '=', number)
    .executeTakeFirst();
}

export interface PullQuery {
  repositoryId: number;
  state?: 'open' | 'closed';
  headRef?: string;
  baseRef?: string;
}

function selectPulls(db: Queries, { repositoryId, state, headRef, baseRef }: PullQuery) {
  let select = db.selectFrom('pulls').where('repository_id', '=', repositoryId);
  if (state !== undefined) select = select.where('state', '=', state);
  if (headRef !== undefined) select = select.where('head_ref', '=', headRef);
  if (baseRef !== undefined) select = select.where('base_ref', '=', baseRef);
  return select;
}

/** Newest first, and how many there are in all. */
export async function queryPulls(
  db: Queries,
  query: PullQuery,
  page: { limit: number; offset: number; order?: 'asc' | 'desc' },
): Promise<{ pulls: PullRow[]; total: number }> {
  const { limit, offset, order = 'desc' } = page;
  const pulls = await selectPulls(db, query).selectAll().orderBy('number', order).limit(limit).offset(offset).execute();
  const { total } = await selectPulls(db, query)
    .select(({ fn }) => fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow();
  return { pulls, total: Number(total) };
}

/** Open ones with this branch as head or base, oldest first. */
export async function openPullsOf(db: Queries, repositoryId: number, branch: string): Promise<PullRow[]> {
  return db
    .selectFrom('pulls')
    .selectAll()
    .where('repository_id', '=', repositoryId)
    .where('state', '=', 'open')
    .where(({ or, eb }) => or([eb('head_ref', '=', branch), eb('base_ref', '=', branch)]))
    .orderBy('number')
    .execute();
}

/** Numbers count per repository from 1. */
export async function nextPullNumber(db: Queries, repositoryId: number): Promise<number> {
  const row = await db
    .selectFrom('pulls')
    .select(({ fn }) => fn.max('number').as('last'))
    .where('repository_id', '=', repositoryId)
    .executeTakeFirst();
  return Number(row?.last ?? 0) + 1;
}

export async function insertPull(db: Queries, pull: NewPull): Promise<PullRow> {
  return db.insertInto('pulls').values(pull).returningAll().executeTakeFirstOrThrow();
}

export async function changePull(db: Queries, id: number, change: PullChange): Promise<void> {
  await db.updateTable('pulls').set(change).where('id', '=', id).execute();
}
