import type { Insertable, Selectable } from 'kysely';
import type { Queries } from './database.ts';
import { shownStatus } from './run-status.ts';
import type { EventsTable, RunEventsTable } from './tables/events.ts';
import { isVisible, type Visible } from './visibility.ts';

export type EventRow = Selectable<EventsTable>;
export type NewEvent = Omit<Insertable<EventsTable>, 'id'>;

export type RunEventRow = Selectable<RunEventsTable>;
export type RunActivity = RunEventRow['activity'];

/**
 * Remembers an event by its natural key.
 * @returns its id, or undefined when it was accepted before
 */
export async function acceptOnce(db: Queries, event: NewEvent): Promise<number | undefined> {
  const row = await db
    .insertInto('events')
    .values(event)
    .onConflict((conflict) => conflict.doNothing())
    .returning('id')
    .executeTakeFirst();
  return row?.id;
}

/** Whether a push to this server told of this very move of the ref, and did not ask for no runs. */
export async function isPushed(
  db: Queries,
  repositoryId: number,
  name: 'push' | 'create',
  ref: string,
  sha: string,
): Promise<boolean> {
  const found = await db
    .selectFrom('events')
    .select('id')
    .where('repository_id', '=', repositoryId)
    .where('name', '=', name)
    .where('ref', '=', ref)
    .where('sha', '=', sha)
    .where('key', 'like', 'push:%')
    .where('not_started', 'not like', '%"push-option"%')
    .executeTakeFirst();
  return found !== undefined;
}

/** Not those of an older version, of which only the key is known. */
const selectEvents = (db: Queries) =>
  db
    .selectFrom('events')
    .innerJoin('repositories', 'repositories.id', 'events.repository_id')
    .selectAll('events')
    .select(['owner', 'repositories.name as repository_name']);

export type EventWithRepository = Awaited<ReturnType<ReturnType<typeof selectEvents>['execute']>>[number];

export interface EventQuery {
  repositoryId?: number;
  /** Default: all. */
  visible?: Visible;
  id?: number;
  /** Only events older than this one. */
  before?: number;
  limit: number;
}

/** Newest first. */
export async function queryEvents(db: Queries, query: EventQuery): Promise<EventWithRepository[]> {
  const { repositoryId, visible = 'all', id, before, limit } = query;
  let select = selectEvents(db).orderBy('events.id', 'desc').limit(limit);
  if (repositoryId !== undefined) select = select.where('events.repository_id', '=', repositoryId);
  if (visible !== 'all') select = select.where((builder) => isVisible(builder, visible));
  if (id !== undefined) select = select.where('events.id', '=', id);
  if (before !== undefined) select = select.where('events.id', '<', before);
  return select.execute();
}

/** Runs that the events started, oldest first. */
export async function runsOfEvents(db: Queries, eventIds: number[]) {
  if (eventIds.length === 0) return [];
  return db
    .selectFrom('runs')
    .innerJoin('workflows', 'workflows.id', 'runs.workflow_id')
    .select(['runs.id', 'event_id', 'run_number', 'workflows.name as workflow', 'runs.conclusion'])
    .select((builder) => shownStatus(builder).as('status'))
    .where('event_id', 'in', eventIds)
    .orderBy('runs.id')
    .execute();
}

/** Forgets events from before `until` that no run refers to. */
export async function deleteOldEvents(db: Queries, until: string): Promise<void> {
  await db
    .deleteFrom('events')
    .where('accepted_at', '<', until)
    .where(({ not, exists, selectFrom }) =>
      not(exists(selectFrom('runs').select('runs.id').whereRef('runs.event_id', '=', 'events.id'))),
    )
    .execute();
}

export async function addRunEvent(db: Queries, event: Omit<Insertable<RunEventsTable>, 'id'>): Promise<void> {
  await db.insertInto('run_events').values(event).execute();
}

/** Oldest first. */
export async function runEventsAfter(db: Queries, id: number, limit: number): Promise<RunEventRow[]> {
  return db.selectFrom('run_events').selectAll().where('id', '>', id).orderBy('id').limit(limit).execute();
}

export async function deleteRunEvent(db: Queries, id: number): Promise<void> {
  await db.deleteFrom('run_events').where('id', '=', id).execute();
}
