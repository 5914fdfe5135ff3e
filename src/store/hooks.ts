/** Webhooks out: hooks, what they are to be told, and each try of it. */
import type { Insertable, Selectable, Updateable } from 'kysely';
import type { Queries } from './database.ts';
import type { HookDeliveriesTable, HookMessagesTable, HookPlace, HooksTable } from './tables/hooks.ts';

export type HookRow = Selectable<HooksTable>;
export type HookMessageRow = Selectable<HookMessagesTable>;
export type HookDeliveryRow = Selectable<HookDeliveriesTable>;

export async function allHooks(db: Queries): Promise<HookRow[]> {
  return db.selectFrom('hooks').selectAll().orderBy('id').execute();
}

export async function hooksAt(db: Queries, place: HookPlace): Promise<HookRow[]> {
  return db.selectFrom('hooks').selectAll().where('place', '=', place).orderBy('id').execute();
}

export async function insertHook(db: Queries, hook: Insertable<HooksTable>): Promise<HookRow> {
  return db.insertInto('hooks').values(hook).returningAll().executeTakeFirstOrThrow();
}

export async function updateHook(db: Queries, id: number, change: Updateable<HooksTable>): Promise<HookRow> {
  return db.updateTable('hooks').set(change).where('id', '=', id).returningAll().executeTakeFirstOrThrow();
}

/** With everything that it was told. */
export async function deleteHook(db: Queries, id: number): Promise<void> {
  await db.deleteFrom('hook_deliveries').where('hook_id', '=', id).execute();
  await db.deleteFrom('hooks').where('id', '=', id).execute();
}

export async function addMessage(db: Queries, message: Insertable<HookMessagesTable>): Promise<void> {
  await db.insertInto('hook_messages').values(message).execute();
}

/**
 * Messages of a hook that may be sent now, oldest first: of one key only the first that is still pending.
 * @param at ISO time
 */
export async function dueMessages(db: Queries, hookId: number, at: string, limit: number): Promise<HookMessageRow[]> {
  return db
    .selectFrom('hook_messages')
    .selectAll()
    .where('id', 'in', (query) =>
      query
        .selectFrom('hook_messages')
        .select(({ fn }) => fn.min('id').as('id'))
        .where('hook_id', '=', hookId)
        .where('state', '=', 'pending')
        .groupBy('order_key'),
    )
    .where('next_at', '<=', at)
    .orderBy('id')
    .limit(limit)
    .execute();
}

/** When the next pending message is due that is not due yet; undefined when there is none. ISO times. */
export async function nextMessageAfter(db: Queries, at: string): Promise<string | undefined> {
  const { next } = await db
    .selectFrom('hook_messages')
    .select(({ fn }) => fn.min('next_at').as('next'))
    .where('state', '=', 'pending')
    .where('next_at', '>', at)
    .executeTakeFirstOrThrow();
  return next ?? undefined;
}

/** Puts a try on record and what becomes of the message by it. */
export async function recordTry(
  db: Queries,
  { id }: Pick<HookMessageRow, 'id'>,
  change: Pick<Updateable<HookMessagesTable>, 'state' | 'tries' | 'next_at'>,
  delivery: Insertable<HookDeliveriesTable>,
): Promise<void> {
  await db.updateTable('hook_messages').set(change).where('id', '=', id).execute();
  await db.insertInto('hook_deliveries').values(delivery).execute();
}

/** Nothing waits for a hook any more that is not told anything. */
export async function giveUpMessages(db: Queries, hookId: number): Promise<void> {
  await db
    .updateTable('hook_messages')
    .set({ state: 'failed' })
    .where('hook_id', '=', hookId)
    .where('state', '=', 'pending')
    .execute();
}

/** A message is to be sent once more, as from the first try on. @param at ISO time */
export async function sendAgain(db: Queries, messageId: number, at: string): Promise<void> {
  const change = { state: 'pending', next_at: at } as const;
  await db.updateTable('hook_messages').set(change).where('id', '=', messageId).execute();
}

const selectDeliveries = (db: Queries) =>
  db
    .selectFrom('hook_deliveries')
    .innerJoin('hook_messages', 'hook_messages.id', 'hook_deliveries.message_id')
    .selectAll('hook_deliveries')
    .select(['guid', 'event', 'action', 'repository_id', 'payload', 'state', 'next_at']);

export type DeliveryWithMessage = Awaited<ReturnType<ReturnType<typeof selectDeliveries>['execute']>>[number];

/** Newest first. @param before only those older than this one */
export async function deliveriesOf(
  db: Queries,
  hookId: number,
  { before, limit }: { before?: number; limit: number },
): Promise<DeliveryWithMessage[]> {
  let select = selectDeliveries(db).where('hook_deliveries.hook_id', '=', hookId).orderBy('hook_deliveries.id', 'desc');
  if (before !== undefined) select = select.where('hook_deliveries.id', '<', before);
  return select.limit(limit).execute();
}

/** The newest try of every hook that was ever told something. */
export async function lastDeliveries(db: Queries): Promise<DeliveryWithMessage[]> {
  return selectDeliveries(db)
    .where('hook_deliveries.id', 'in', (query) =>
      query
        .selectFrom('hook_deliveries as newest')
        .select(({ fn }) => fn.max('newest.id').as('id'))
        .groupBy('newest.hook_id'),
    )
    .execute();
}

/** How many messages are still to be taken, by hook; hooks without any are left out. */
export async function waitingMessages(db: Queries): Promise<Map<number, number>> {
  const rows = await db
    .selectFrom('hook_messages')
    .select(({ fn }) => ['hook_id', fn.countAll<number>().as('waiting')])
    .where('state', '=', 'pending')
    .groupBy('hook_id')
    .execute();
  return new Map(rows.map(({ hook_id, waiting }) => [hook_id, Number(waiting)]));
}

export async function findDelivery(db: Queries, hookId: number, id: number): Promise<DeliveryWithMessage | undefined> {
  return selectDeliveries(db)
    .where('hook_deliveries.hook_id', '=', hookId)
    .where('hook_deliveries.id', '=', id)
    .executeTakeFirst();
}

/** Messages from before `until` with their tries, unless they still wait. */
export async function deleteOldMessages(db: Queries, until: string): Promise<void> {
  await db.deleteFrom('hook_messages').where('created_at', '<', until).where('state', '<>', 'pending').execute();
}
