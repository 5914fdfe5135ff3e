import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Database, openDatabase, softly } from './database.ts';
import { deleteGrant, findSignedIn, findUser, insertUser, setGrant, setSuspended, type UserRow } from './people.ts';
import { findOrInsertRepository, findRepository, setDefaultBranch } from './repositories.ts';
import { createToken, deleteToken } from './tokens.ts';
import { writtenTable } from './writes.ts';

let db: Database;
let user: UserRow;
beforeEach(async () => {
  db = await openDatabase(':memory:');
  user = (await insertUser(db, 'me', 0)) as UserRow;
});
afterEach(() => db.destroy());

const signIn = async () => {
  const token = await createToken(db, { kind: 'user', subject: 'me', scopes: 'admin', expiresAt: null }, 0);
  return { token, find: () => findSignedIn(db, token, 1) };
};

describe('who stands behind a token', () => {
  it('is asked for anew as soon as a token, a user or a grant is written', async () => {
    const { find } = await signIn();
    expect(await find()).toMatchObject({ user: { login: 'me', suspended_at: null }, grants: [] });
    await setGrant(db, user.id, 'octo', 'write', 0);
    expect((await find())?.grants).toEqual([{ place: 'octo', access: 'write' }]);
    await setGrant(db, user.id, 'octo', 'read', 0);
    expect((await find())?.grants).toEqual([{ place: 'octo', access: 'read' }]);
    await deleteGrant(db, user.id, 'octo');
    expect((await find())?.grants).toEqual([]);
    await setSuspended(db, user.id, 'now');
    expect((await find())?.user.suspended_at).toBe('now');
  });

  it('is nobody from the moment that the token is deleted, also by a transaction that was under way', async () => {
    const { find } = await signIn();
    const id = (await find())?.token.id ?? 0;
    let asked: Promise<unknown> | undefined;
    await db.transaction().execute(async (transaction) => {
      await deleteToken(transaction, id);
      // It has to wait for the end of this transaction.
      asked = find();
    });
    expect(await asked).toBeUndefined();
    expect(await find()).toBeUndefined();
  });

  it('is who it was when a transaction that deleted the token is taken back', async () => {
    const { find } = await signIn();
    const id = (await find())?.token.id ?? 0;
    const failing = db.transaction().execute(async (transaction) => {
      await deleteToken(transaction, id);
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect((await find())?.user.login).toBe('me');
  });
});

describe('what is remembered', () => {
  it('is seen by a transaction as that has it, and by others as it was', async () => {
    const repository = await findOrInsertRepository(db, 'octo', 'app', 0);
    await findRepository(db, 'octo', 'app');
    await softly(db, async (transaction) => {
      await setDefaultBranch(transaction, repository.id, 'trunk');
      expect((await findRepository(transaction, 'octo', 'app'))?.default_branch).toBe('trunk');
    });
    expect((await findRepository(db, 'octo', 'app'))?.default_branch).toBe('trunk');
  });

  it('is the very same row until then, which nobody can change', async () => {
    await findOrInsertRepository(db, 'octo', 'app', 0);
    const first = await findRepository(db, 'octo', 'app');
    await insertUser(db, 'another', 0);
    expect(await findRepository(db, 'octo', 'app')).toBe(first);
    expect(Object.isFrozen(first)).toBe(true);
    expect(await findUser(db, 'another')).toBeDefined();
  });
});

describe('the table that a statement writes to', () => {
  for (const [sql, table] of [
    ['insert into "tokens" ("a") values (?)', 'tokens'],
    ['INSERT OR IGNORE INTO users VALUES (1)', 'users'],
    ['  update "Grants" set "a" = ?', 'grants'],
    ['delete from "users" where "id" = ? returning *', 'users'],
    ['replace into tokens values (1)', 'tokens'],
    ['with "x" as (select 1) delete from "users"', '*'],
    ['alter table "users" rename to "people"', '*'],
    ['drop table users', '*'],
    ['with "x" as (select 1) select * from "x"', undefined],
    ['select * from "users"', undefined],
    ['PRAGMA synchronous = FULL', undefined],
    ['begin', undefined],
  ] as const)
    it(`of "${sql}" is ${table}`, () => expect(writtenTable(sql)).toBe(table));
});
