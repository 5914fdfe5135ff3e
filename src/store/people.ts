import type { Selectable } from 'kysely';
import { isoTime } from '../common/clock.ts';
import { sha256Hex } from '../common/ids.ts';
import type { Queries } from './database.ts';
import { prepared } from './prepared.ts';
import { remembered } from './remembered.ts';
import type { AccessLevel, GrantsTable, UsersTable } from './tables/people.ts';
import { deleteTokensOf, type TokenRow } from './tokens.ts';

export type UserRow = Selectable<UsersTable>;
export type Grant = Pick<Selectable<GrantsTable>, 'place' | 'access'>;

export async function findUser(db: Queries, login: string): Promise<UserRow | undefined> {
  return (await byKey(db, { key: login.toLowerCase() }))[0];
}

const byKey = prepared((db, { key }: { key: string }) => db.selectFrom('users').selectAll().where('key', '=', key));

export async function listUsers(db: Queries): Promise<UserRow[]> {
  return db.selectFrom('users').selectAll().orderBy('key').execute();
}

export async function userNames(db: Queries): Promise<string[]> {
  return (await listUsers(db)).map(({ login }) => login);
}

/** @returns undefined when there is one of this name */
export async function insertUser(db: Queries, login: string, nowMs: number): Promise<UserRow | undefined> {
  return db
    .insertInto('users')
    .values({ login, key: login.toLowerCase(), created_at: isoTime(nowMs), suspended_at: null })
    .onConflict((conflict) => conflict.doNothing())
    .returningAll()
    .executeTakeFirst();
}

export async function setSuspended(db: Queries, id: number, at: string | null): Promise<void> {
  await db.updateTable('users').set({ suspended_at: at }).where('id', '=', id).execute();
}

/** With grants and tokens. */
export async function deleteUser(db: Queries, { id, key }: UserRow): Promise<void> {
  await deleteTokensOf(db, 'user', key);
  await db.deleteFrom('grants').where('user_id', '=', id).execute();
  await db.deleteFrom('users').where('id', '=', id).execute();
}

export async function grantsOf(db: Queries, userId: number): Promise<Grant[]> {
  return db.selectFrom('grants').select(['place', 'access']).where('user_id', '=', userId).orderBy('place').execute();
}

/** Of everybody, by place. */
export async function allGrants(db: Queries) {
  return db.selectFrom('grants').select(['user_id', 'place', 'access']).orderBy('place').execute();
}

/** In the place of what was granted there before. */
export async function setGrant(
  db: Queries,
  userId: number,
  place: string,
  access: AccessLevel,
  nowMs: number,
): Promise<void> {
  await db
    .insertInto('grants')
    .values({ user_id: userId, place, access, created_at: isoTime(nowMs) })
    .onConflict((conflict) => conflict.columns(['user_id', 'place']).doUpdateSet({ access }))
    .execute();
}

/** @returns false when nothing was granted there */
export async function deleteGrant(db: Queries, userId: number, place: string): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('grants')
    .where('user_id', '=', userId)
    .where('place', '=', place)
    .executeTakeFirst();
  return numDeletedRows > 0n;
}

/** Users that may administer the whole server, and are not suspended. */
export async function administrators(db: Queries): Promise<number[]> {
  const rows = await db
    .selectFrom('grants')
    .innerJoin('users', 'users.id', 'grants.user_id')
    .select('user_id')
    .where('place', '=', '*')
    .where('access', '=', 'admin')
    .where('suspended_at', 'is', null)
    .execute();
  return rows.map(({ user_id }) => user_id);
}

export interface SignedIn {
  token: Pick<TokenRow, 'id' | 'scopes' | 'places' | 'expires_at' | 'last_used_at'>;
  user: Pick<UserRow, 'login' | 'suspended_at'>;
  grants: Grant[];
}

/** Who stands behind a token that has not expired: every request asks. */
export async function findSignedIn(db: Queries, text: string, nowMs: number): Promise<SignedIn | undefined> {
  const rows = await signedInBy(db, { hash: sha256Hex(text) });
  const [first] = rows;
  if (!first || (first.expires_at !== null && first.expires_at <= isoTime(nowMs))) return undefined;
  const { login, suspended_at, ...token } = first;
  const grants = rows.flatMap(({ place, access }) => (place !== null && access !== null ? [{ place, access }] : []));
  return { token, user: { login, suspended_at }, grants };
}

const signedInBy = remembered(
  ['tokens', 'users', 'grants'],
  prepared((db, { hash }: { hash: string }) =>
    db
      .selectFrom('tokens')
      .innerJoin('users', 'users.key', 'tokens.subject')
      .leftJoin('grants', 'grants.user_id', 'users.id')
      .select([
        'tokens.id',
        'scopes',
        'places',
        'expires_at',
        'last_used_at',
        'login',
        'suspended_at',
        'place',
        'access',
      ])
      .where('hash', '=', hash)
      .where('kind', '=', 'user'),
  ),
);
