import type { Insertable, Selectable } from 'kysely';
import type { Queries } from './database.ts';
import type { AuditLogTable } from './tables/people.ts';

export type ActRow = Selectable<AuditLogTable>;

/** @returns the act's number, to say later how it ended */
export async function insertAct(db: Queries, act: Omit<Insertable<AuditLogTable>, 'id'>): Promise<number> {
  const { id } = await db.insertInto('audit_log').values(act).returning('id').executeTakeFirstOrThrow();
  return id;
}

export async function endAct(db: Queries, id: number, status: number): Promise<void> {
  await db.updateTable('audit_log').set({ status }).where('id', '=', id).execute();
}

export interface ActQuery {
  /** The place and what lies in it; without it all. */
  within?: string;
  actor?: string;
  action?: string;
  /** Only older ones than this. */
  before?: number;
  /** Only newer ones than this. */
  after?: number;
  order?: 'asc' | 'desc';
  limit: number;
}

/** Newest first, unless it is asked otherwise. */
export async function queryActs(db: Queries, query: ActQuery): Promise<ActRow[]> {
  const { within, actor, action, before, after, order = 'desc', limit } = query;
  let select = db.selectFrom('audit_log').selectAll().orderBy('id', order).limit(limit);
  if (within !== undefined) {
    // '0' follows '/': everything that begins with the place and a slash.
    select = select.where(({ or, and, eb }) =>
      or([eb('place', '=', within), and([eb('place', '>', `${within}/`), eb('place', '<', `${within}0`)])]),
    );
  }
  if (actor !== undefined) select = select.where(({ eb, fn }) => eb(fn('lower', ['actor']), '=', actor.toLowerCase()));
  if (action !== undefined) select = select.where('action', '=', action);
  if (before !== undefined) select = select.where('id', '<', before);
  if (after !== undefined) select = select.where('id', '>', after);
  return select.execute();
}

export async function deleteOldActs(db: Queries, until: string): Promise<void> {
  await db.deleteFrom('audit_log').where('at', '<', until).execute();
}
