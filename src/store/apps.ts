import type { Insertable, Selectable } from 'kysely';
import type { Queries } from './database.ts';
import type { AppKeysTable, AppsTable, InstallationsTable } from './tables/people.ts';
import { deleteTokensOf } from './tokens.ts';

export type AppRow = Selectable<AppsTable>;
export type AppKeyRow = Selectable<AppKeysTable>;
export type InstallationRow = Selectable<InstallationsTable>;

export async function listApps(db: Queries): Promise<AppRow[]> {
  return db.selectFrom('apps').selectAll().orderBy('slug').execute();
}

export async function findApp(db: Queries, slug: string): Promise<AppRow | undefined> {
  return db.selectFrom('apps').selectAll().where('slug', '=', slug.toLowerCase()).executeTakeFirst();
}

/** By what the issuer of its JWTs may be: id or client id. */
export async function findAppByIssuer(db: Queries, issuer: string): Promise<AppRow | undefined> {
  const id = /^\d{1,15}$/.test(issuer) ? Number(issuer) : 0;
  return db
    .selectFrom('apps')
    .selectAll()
    .where(({ or, eb }) => or([eb('id', '=', id), eb('client_id', '=', issuer)]))
    .executeTakeFirst();
}

export async function findAppById(db: Queries, id: number): Promise<AppRow | undefined> {
  return db.selectFrom('apps').selectAll().where('id', '=', id).executeTakeFirst();
}

/** @returns undefined when there is one of this slug */
export async function insertApp(db: Queries, app: Omit<Insertable<AppsTable>, 'id'>): Promise<AppRow | undefined> {
  return db
    .insertInto('apps')
    .values(app)
    .onConflict((conflict) => conflict.column('slug').doNothing())
    .returningAll()
    .executeTakeFirst();
}

export async function setAppPermissions(db: Queries, id: number, permissions: string, at: string): Promise<void> {
  await db.updateTable('apps').set({ permissions, updated_at: at }).where('id', '=', id).execute();
}

/** With keys, installations and their tokens. */
export async function deleteApp(db: Queries, id: number): Promise<void> {
  for (const installation of await installationsOf(db, id)) await deleteInstallation(db, installation.id);
  await db.deleteFrom('app_keys').where('app_id', '=', id).execute();
  await db.deleteFrom('apps').where('id', '=', id).execute();
}

export async function keysOfApp(db: Queries, appId: number): Promise<AppKeyRow[]> {
  return db.selectFrom('app_keys').selectAll().where('app_id', '=', appId).orderBy('id').execute();
}

/** A key that the App has already stays as it is. */
export async function addAppKey(db: Queries, key: Omit<Insertable<AppKeysTable>, 'id'>): Promise<void> {
  await db
    .insertInto('app_keys')
    .values(key)
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** @returns false when the App has no such key */
export async function deleteAppKey(db: Queries, appId: number, id: number): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('app_keys')
    .where('app_id', '=', appId)
    .where('id', '=', id)
    .executeTakeFirst();
  return numDeletedRows > 0n;
}

export async function installationsOf(db: Queries, appId: number): Promise<InstallationRow[]> {
  return db.selectFrom('installations').selectAll().where('app_id', '=', appId).orderBy('id').execute();
}

export async function findInstallation(db: Queries, id: number): Promise<InstallationRow | undefined> {
  return db.selectFrom('installations').selectAll().where('id', '=', id).executeTakeFirst();
}

/** Installs an App on an account, or changes on which repositories of it. */
export async function putInstallation(
  db: Queries,
  installation: Omit<Insertable<InstallationsTable>, 'id'>,
): Promise<InstallationRow> {
  const { repositories, updated_at } = installation;
  return db
    .insertInto('installations')
    .values(installation)
    .onConflict((conflict) => conflict.columns(['app_id', 'account_key']).doUpdateSet({ repositories, updated_at }))
    .returningAll()
    .executeTakeFirstOrThrow();
}

/** With its tokens. */
export async function deleteInstallation(db: Queries, id: number): Promise<void> {
  await deleteTokensOf(db, 'installation', String(id));
  await db.deleteFrom('installations').where('id', '=', id).execute();
}
