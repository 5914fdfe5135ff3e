/** Scale sets, their sessions and what their listeners are to be told. */
import type { Insertable, Selectable, Updateable } from 'kysely';
import type { Queries } from './database.ts';
import type { JobRow } from './jobs.ts';
import type { ScaleSetItemsTable, ScaleSetSessionsTable, ScaleSetsTable } from './tables/scale-sets.ts';

/** With the name of its group. */
export type ScaleSetRow = Selectable<ScaleSetsTable> & { group_name: string };
export type ScaleSetSessionRow = Selectable<ScaleSetSessionsTable>;
export type ScaleSetItemRow = Selectable<ScaleSetItemsTable>;

export async function allScaleSets(db: Queries): Promise<ScaleSetRow[]> {
  return db
    .selectFrom('scale_sets')
    .innerJoin('runner_groups', 'runner_groups.id', 'scale_sets.group_id')
    .selectAll('scale_sets')
    .select('runner_groups.name as group_name')
    .orderBy('scale_sets.id')
    .execute();
}

/** @returns its id */
export async function insertScaleSet(db: Queries, set: Insertable<ScaleSetsTable>): Promise<number> {
  return (await db.insertInto('scale_sets').values(set).returning('id').executeTakeFirstOrThrow()).id;
}

export async function updateScaleSet(db: Queries, id: number, change: Updateable<ScaleSetsTable>): Promise<void> {
  await db.updateTable('scale_sets').set(change).where('id', '=', id).execute();
}

/** With its session and what it was to be told. */
export async function deleteScaleSet(db: Queries, id: number): Promise<void> {
  await db.deleteFrom('scale_sets').where('id', '=', id).execute();
}

export async function sessionOfScaleSet(db: Queries, setId: number): Promise<ScaleSetSessionRow | undefined> {
  return db.selectFrom('scale_set_sessions').selectAll().where('set_id', '=', setId).executeTakeFirst();
}

/** Takes the place of the one before, of whose messages none is left. */
export async function replaceScaleSetSession(db: Queries, session: ScaleSetSessionRow): Promise<void> {
  await deleteScaleSetSession(db, session.set_id);
  await db.insertInto('scale_set_sessions').values(session).execute();
}

export async function deleteScaleSetSession(db: Queries, setId: number): Promise<void> {
  await db.deleteFrom('scale_set_items').where('set_id', '=', setId).execute();
  await db.deleteFrom('scale_set_sessions').where('set_id', '=', setId).execute();
}

export async function addScaleSetItems(db: Queries, setId: number, bodies: object[]): Promise<void> {
  if (bodies.length === 0) return;
  const rows = bodies.map((body) => ({ set_id: setId, body: JSON.stringify(body) }));
  await db.insertInto('scale_set_items').values(rows).execute();
}

/** Oldest first. */
export async function scaleSetItemsAfter(
  db: Queries,
  setId: number,
  lastId: number,
  limit: number,
): Promise<ScaleSetItemRow[]> {
  return db
    .selectFrom('scale_set_items')
    .selectAll()
    .where('set_id', '=', setId)
    .where('id', '>', lastId)
    .orderBy('id')
    .limit(limit)
    .execute();
}

/** Acknowledged: these are not told again. */
export async function deleteScaleSetItemsUpTo(db: Queries, setId: number, lastId: number): Promise<void> {
  await db.deleteFrom('scale_set_items').where('set_id', '=', setId).where('id', '<=', lastId).execute();
}

/** Jobs of the set that have not completed, by phase. */
export async function claimedJobCounts(db: Queries, setId: number): Promise<Map<string, number>> {
  const rows = await db
    .selectFrom('jobs')
    .select(['phase', ({ fn }) => fn.countAll<number>().as('count')])
    .where('scale_set_id', '=', setId)
    .where('phase', 'in', ['queued', 'assigned', 'running'])
    .groupBy('phase')
    .execute();
  return new Map(rows.map(({ phase, count }) => [phase, Number(count)]));
}

/** Queued jobs that no set has, oldest first, with the owner and name of their repositories. */
export async function unclaimedJobs(db: Queries): Promise<(JobRow & { owner: string; repository_name: string })[]> {
  return db
    .selectFrom('jobs')
    .innerJoin('repositories', 'repositories.id', 'jobs.repository_id')
    .selectAll('jobs')
    .select(['repositories.owner', 'repositories.name as repository_name'])
    .where('phase', '=', 'queued')
    .where('scale_set_id', 'is', null)
    .orderBy('jobs.id')
    .execute();
}

/** Jobs of a set that is no more belong to nobody again. @returns their ids */
export async function releaseClaims(db: Queries, setId: number): Promise<number[]> {
  const rows = await db
    .updateTable('jobs')
    .set({ scale_set_id: null })
    .where('scale_set_id', '=', setId)
    .where('phase', '=', 'queued')
    .returning('id')
    .execute();
  return rows.map(({ id }) => id);
}
