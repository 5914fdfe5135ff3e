/** Mirrors: where originals are, what they told, and what they are to be told. */
import type { Insertable, Selectable, Updateable } from 'kysely';
import type { Queries } from './database.ts';
import type { MirrorDeliveriesTable, MirrorStatusesTable, MirrorsTable } from './tables/mirrors.ts';

export type MirrorRow = Selectable<MirrorsTable>;
export type MirrorDeliveryRow = Selectable<MirrorDeliveriesTable>;
export type MirrorStatusRow = Selectable<MirrorStatusesTable>;

export async function allMirrors(db: Queries): Promise<MirrorRow[]> {
  return db.selectFrom('mirrors').selectAll().orderBy('repository_id').execute();
}

export async function findMirror(db: Queries, repositoryId: number): Promise<MirrorRow | undefined> {
  return db.selectFrom('mirrors').selectAll().where('repository_id', '=', repositoryId).executeTakeFirst();
}

export async function putMirror(db: Queries, mirror: Insertable<MirrorsTable>): Promise<void> {
  const { url, token } = mirror;
  await db
    .insertInto('mirrors')
    .values(mirror)
    .onConflict((conflict) => conflict.column('repository_id').doUpdateSet({ url, token, problem: null }))
    .execute();
}

export async function noteMirror(
  db: Queries,
  repositoryId: number,
  change: Pick<Updateable<MirrorsTable>, 'fetched_at' | 'problem'>,
): Promise<void> {
  await db.updateTable('mirrors').set(change).where('repository_id', '=', repositoryId).execute();
}

/** With what waits for it. */
export async function deleteMirror(db: Queries, repositoryId: number): Promise<boolean> {
  const result = await db.deleteFrom('mirrors').where('repository_id', '=', repositoryId).executeTakeFirst();
  return result.numDeletedRows > 0n;
}

/** A delivery that comes again waits once. */
export async function addMirrorDelivery(db: Queries, delivery: Insertable<MirrorDeliveriesTable>): Promise<void> {
  await db
    .insertInto('mirror_deliveries')
    .values(delivery)
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** Oldest first. */
export async function mirrorDeliveries(db: Queries, repositoryId: number): Promise<MirrorDeliveryRow[]> {
  return db
    .selectFrom('mirror_deliveries')
    .selectAll()
    .where('repository_id', '=', repositoryId)
    .orderBy('id')
    .execute();
}

export async function deleteMirrorDelivery(db: Queries, id: number): Promise<void> {
  await db.deleteFrom('mirror_deliveries').where('id', '=', id).execute();
}

/** Those behind it wait as long. @param nextAt ISO time */
export async function delayMirrorDeliveries(db: Queries, repositoryId: number, nextAt: string): Promise<void> {
  await db
    .updateTable('mirror_deliveries')
    .set(({ eb }) => ({ tries: eb('tries', '+', 1), next_at: nextAt }))
    .where('repository_id', '=', repositoryId)
    .execute();
}

/** Takes the place of what the original was to be told before. */
export async function putMirrorStatus(
  db: Queries,
  status: Omit<Insertable<MirrorStatusesTable>, 'is_told' | 'tries'>,
): Promise<void> {
  const { state, description, target_url, next_at } = status;
  const change = { state, description, target_url, next_at, is_told: 0, tries: 0 };
  await db
    .insertInto('mirror_statuses')
    .values({ ...status, ...change })
    .onConflict((conflict) => conflict.columns(['repository_id', 'sha', 'context']).doUpdateSet(change))
    .execute();
}

export async function untoldStatuses(db: Queries): Promise<MirrorStatusRow[]> {
  return db.selectFrom('mirror_statuses').selectAll().where('is_told', '=', 0).orderBy('next_at').limit(200).execute();
}

/** Unless the status has changed meanwhile. */
export async function noteStatus(
  db: Queries,
  { repository_id, sha, context, state, target_url }: MirrorStatusRow,
  change: Pick<Updateable<MirrorStatusesTable>, 'is_told' | 'tries' | 'next_at'>,
): Promise<void> {
  await db
    .updateTable('mirror_statuses')
    .set(change)
    .where('repository_id', '=', repository_id)
    .where('sha', '=', sha)
    .where('context', '=', context)
    .where('state', '=', state)
    .where('target_url', '=', target_url)
    .execute();
}
