import type { Insertable, Selectable } from 'kysely';
import type { Queries } from './database.ts';
import { prepared } from './prepared.ts';
import type { RunnerGroupsTable, RunnersTable, SessionsTable } from './tables/runners.ts';

export type RunnerRow = Selectable<RunnersTable>;
export type RunnerGroupRow = Selectable<RunnerGroupsTable>;
export type SessionRow = Selectable<SessionsTable>;

/** A label as it is kept: `read-only` ones came with the registration and describe the machine (SEM-13.3). */
export interface StoredLabel {
  name: string;
  type: 'read-only' | 'custom';
}

export const labelsOf = ({ labels }: Pick<RunnerRow, 'labels'>): StoredLabel[] => JSON.parse(labels);

/** @returns undefined when the name is taken in this scope */
export async function insertRunner(db: Queries, runner: Insertable<RunnersTable>): Promise<RunnerRow | undefined> {
  return db
    .insertInto('runners')
    .values(runner)
    .onConflict((conflict) => conflict.doNothing())
    .returningAll()
    .executeTakeFirst();
}

export async function allRunners(db: Queries): Promise<RunnerRow[]> {
  return db.selectFrom('runners').selectAll().orderBy('id').execute();
}

export async function findRunner(db: Queries, id: number): Promise<RunnerRow | undefined> {
  return (await byId(db, { id }))[0];
}

const byId = prepared((db, { id }: { id: number }) => db.selectFrom('runners').selectAll().where('id', '=', id));

export async function findRunnerByClient(db: Queries, clientId: string): Promise<RunnerRow | undefined> {
  return (await byClient(db, { clientId }))[0];
}

const byClient = prepared((db, { clientId }: { clientId: string }) =>
  db.selectFrom('runners').selectAll().where('client_id', '=', clientId),
);

/** Its session goes with it. */
export async function deleteRunner(db: Queries, id: number): Promise<boolean> {
  const result = await db.deleteFrom('runners').where('id', '=', id).executeTakeFirst();
  return result.numDeletedRows > 0n;
}

/** One statement takes at most this many parameters. */
const MAX_PARAMETERS = 10_000;

export async function markRunnersSeen(db: Queries, ids: number[], at: string): Promise<void> {
  for (let first = 0; first < ids.length; first += MAX_PARAMETERS) {
    const some = ids.slice(first, first + MAX_PARAMETERS);
    await db.updateTable('runners').set({ last_seen_at: at }).where('id', 'in', some).execute();
  }
}

/** The version and system that the runner itself reports. */
export async function updateRunnerFacts(
  db: Queries,
  id: number,
  facts: { os: string; version: string },
): Promise<void> {
  await db.updateTable('runners').set(facts).where('id', '=', id).execute();
}

export async function replaceSession(db: Queries, session: SessionRow): Promise<void> {
  await db.deleteFrom('sessions').where('runner_id', '=', session.runner_id).execute();
  await db.insertInto('sessions').values(session).execute();
}

export async function findSession(db: Queries, runnerId: number): Promise<SessionRow | undefined> {
  return (await sessionsOf(db, { runnerId }))[0];
}

const sessionsOf = prepared((db, { runnerId }: { runnerId: number }) =>
  db.selectFrom('sessions').selectAll().where('runner_id', '=', runnerId),
);

export async function deleteSession(db: Queries, runnerId: number): Promise<void> {
  await db.deleteFrom('sessions').where('runner_id', '=', runnerId).execute();
}

export async function runnerGroups(db: Queries): Promise<RunnerGroupRow[]> {
  return db.selectFrom('runner_groups').selectAll().orderBy('id').execute();
}

/** The group that runners join when none is named; GitHub calls it Default, with id 1. */
export async function ensureDefaultGroup(db: Queries): Promise<void> {
  await db
    .insertInto('runner_groups')
    .values({ name: 'Default', is_default: 1 })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** @returns undefined when the name is taken, whatever its case */
export async function insertGroup(db: Queries, name: string, wall: string): Promise<RunnerGroupRow | undefined> {
  if (await findGroup(db, name)) return undefined;
  return db.insertInto('runner_groups').values({ name, is_default: 0, wall }).returningAll().executeTakeFirst();
}

export async function findGroup(db: Queries, name: string): Promise<RunnerGroupRow | undefined> {
  return (await runnerGroups(db)).find((group) => group.name.toLowerCase() === name.toLowerCase());
}

/**
 * @param group its name, and its wall (JSON: Wall of workflow/routing, or null), as they shall be
 * @returns undefined when another has the name, whatever its case, or the group is gone
 */
export async function updateGroup(
  db: Queries,
  id: number,
  group: { name: string; wall: string },
): Promise<RunnerGroupRow | undefined> {
  const holder = await findGroup(db, group.name);
  if (holder && holder.id !== id) return undefined;
  return db.updateTable('runner_groups').set(group).where('id', '=', id).returningAll().executeTakeFirst();
}

export async function moveRunners(db: Queries, ids: number[], groupId: number): Promise<void> {
  await db.updateTable('runners').set({ group_id: groupId }).where('id', 'in', ids).execute();
}

/** Only a group that no runner belongs to. @returns whether it was one */
export async function deleteGroup(db: Queries, id: number): Promise<boolean> {
  const result = await db
    .deleteFrom('runner_groups')
    .where('id', '=', id)
    .where(({ not, exists, selectFrom }) => not(exists(selectFrom('runners').select('id').where('group_id', '=', id))))
    .executeTakeFirst();
  return result.numDeletedRows > 0n;
}

export async function setRunnerLabels(db: Queries, id: number, labels: StoredLabel[]): Promise<void> {
  await db
    .updateTable('runners')
    .set({ labels: JSON.stringify(labels) })
    .where('id', '=', id)
    .execute();
}

/** @param wall JSON: Wall of workflow/routing, or null */
export async function setRunnerWall(db: Queries, id: number, wall: string): Promise<RunnerRow | undefined> {
  return db.updateTable('runners').set({ wall }).where('id', '=', id).returningAll().executeTakeFirst();
}

/** @param wall JSON: Wall of workflow/routing, or null */
export async function setGroupWall(db: Queries, name: string, wall: string): Promise<RunnerGroupRow | undefined> {
  const group = await findGroup(db, name);
  if (!group) return undefined;
  return db.updateTable('runner_groups').set({ wall }).where('id', '=', group.id).returningAll().executeTakeFirst();
}
