import type { Insertable, Selectable } from 'kysely';
import type { Queries } from './database.ts';
import type { SchedulesTable } from './tables/events.ts';
import { isVisible, type Visible } from './visibility.ts';

export type ScheduleRow = Selectable<SchedulesTable>;
export type NewSchedule = Omit<Insertable<SchedulesTable>, 'id'>;

export async function schedulesOf(db: Queries, repositoryId: number): Promise<ScheduleRow[]> {
  return db.selectFrom('schedules').selectAll().where('repository_id', '=', repositoryId).execute();
}

export async function insertSchedules(db: Queries, rows: NewSchedule[]): Promise<void> {
  if (rows.length === 0) return;
  // Another push may have brought the same entry in this moment.
  const insert = db.insertInto('schedules').values(rows);
  await insert.onConflict((conflict) => conflict.doNothing()).execute();
}

export async function deleteSchedules(db: Queries, ids: number[]): Promise<void> {
  if (ids.length > 0) await db.deleteFrom('schedules').where('id', 'in', ids).execute();
}

/** When the first of all falls due that do so after `at`. */
export async function nextScheduleAt(db: Queries, at: string): Promise<string | undefined> {
  const later = db.selectFrom('schedules').select('next_at').where('next_at', '>', at);
  const row = await later.orderBy('next_at').limit(1).executeTakeFirst();
  return row?.next_at;
}

/** In the order in which they fell due. */
export async function dueSchedules(db: Queries, at: string): Promise<ScheduleRow[]> {
  return db.selectFrom('schedules').selectAll().where('next_at', '<=', at).orderBy('next_at').orderBy('id').execute();
}

export async function setNextAt(db: Queries, id: number, nextAt: string): Promise<void> {
  await db.updateTable('schedules').set({ next_at: nextAt }).where('id', '=', id).execute();
}

/** With the names of their repositories; the first to fall due first. */
export async function listSchedules(db: Queries, repositoryId: number | undefined, visible: Visible) {
  let select = db
    .selectFrom('schedules')
    .innerJoin('repositories', 'repositories.id', 'schedules.repository_id')
    .selectAll('schedules')
    .select(['owner', 'repositories.name as repository_name'])
    .orderBy('next_at')
    .orderBy('schedules.id')
    .where((builder) => isVisible(builder, visible));
  if (repositoryId !== undefined) select = select.where('repository_id', '=', repositoryId);
  return select.execute();
}
