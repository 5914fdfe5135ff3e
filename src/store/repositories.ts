import type { Selectable } from 'kysely';
import { isoTime } from '../common/clock.ts';
import type { Queries } from './database.ts';
import { prepared } from './prepared.ts';
import { remembered } from './remembered.ts';
import type { RepositoriesTable } from './tables/repositories.ts';
import { isVisible, type Visible } from './visibility.ts';

/** Of those that are deleted and not wholly removed yet; no name of an owner begins so. */
export const DELETED_OWNER = '.deleted';

export type RepositoryRow = Selectable<RepositoriesTable>;

/** GitHub's names ignore case. */
const keyOf = (owner: string, name: string): string => `${owner}/${name}`.toLowerCase();

export async function findRepository(db: Queries, owner: string, name: string): Promise<RepositoryRow | undefined> {
  return (await byKey(db, { key: keyOf(owner, name) }))[0];
}

const byKey = remembered(
  ['repositories'],
  prepared((db, { key }: { key: string }) => db.selectFrom('repositories').selectAll().where('key', '=', key)),
);

export async function findRepositoryById(db: Queries, id: number): Promise<RepositoryRow | undefined> {
  return (await byId(db, { id }))[0];
}

const byId = prepared((db, { id }: { id: number }) => db.selectFrom('repositories').selectAll().where('id', '=', id));

/** Those of an owner, whose name ignores case too. */
export async function repositoriesOf(db: Queries, owner: string): Promise<RepositoryRow[]> {
  return db
    .selectFrom('repositories')
    .selectAll()
    .where(({ eb, fn }) => eb(fn<string>('lower', ['owner']), '=', owner.toLowerCase()))
    .orderBy('id')
    .execute();
}

/** By name. */
export async function visibleRepositoryRows(db: Queries, visible: Visible): Promise<RepositoryRow[]> {
  const select = db.selectFrom('repositories').selectAll().where('owner', '!=', DELETED_OWNER).orderBy('key');
  return select.where((builder) => isVisible(builder, visible)).execute();
}

export async function setDefaultPermissions(db: Queries, id: number, policy: 'read' | 'write'): Promise<void> {
  await db.updateTable('repositories').set({ default_permissions: policy }).where('id', '=', id).execute();
}

/** The repository of this name, made when there is none. Two callers at once get the same row. */
export async function findOrInsertRepository(
  db: Queries,
  owner: string,
  name: string,
  nowMs: number,
): Promise<RepositoryRow> {
  await db
    .insertInto('repositories')
    .values({ owner, name, key: keyOf(owner, name), default_branch: 'main', created_at: isoTime(nowMs) })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  return db.selectFrom('repositories').selectAll().where('key', '=', keyOf(owner, name)).executeTakeFirstOrThrow();
}

export async function setDefaultBranch(db: Queries, id: number, branch: string): Promise<void> {
  await db.updateTable('repositories').set({ default_branch: branch }).where('id', '=', id).execute();
}
