import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Database, openDatabase } from './database.ts';
import { insertUser } from './people.ts';
import { prepared } from './prepared.ts';

let db: Database;

beforeEach(async () => {
  db = await openDatabase(':memory:');
  for (const login of ['one', 'two', 'three']) await insertUser(db, login, 0);
});

afterEach(() => db.destroy());

interface Wanted {
  key?: string;
  above?: number;
  limit: number;
}

function queryUsers() {
  let built = 0;
  const select = prepared((queries, { key, above, limit }: Wanted) => {
    built++;
    let users = queries.selectFrom('users').select('login').where('created_at', '>', '1').orderBy('id').limit(limit);
    if (key !== undefined) users = users.where('key', '=', key);
    if (above !== undefined) users = users.where('id', '>', above);
    return users;
  });
  const logins = async (wanted: Wanted) => (await select(db, wanted)).map(({ login }) => login);
  return { logins, built: () => built };
}

test('runs with the values of each call, wherever they stand in the text', async () => {
  const { logins } = queryUsers();
  expect(await logins({ limit: 10 })).toEqual(['one', 'two', 'three']);
  expect(await logins({ limit: 2 })).toEqual(['one', 'two']);
  expect(await logins({ limit: 10, key: 'two' })).toEqual(['two']);
  expect(await logins({ limit: 10, key: 'three', above: 2 })).toEqual(['three']);
  expect(await logins({ limit: 10, key: 'three', above: 3 })).toEqual([]);
});

test('builds once for each set of values that are given, and undefined is not given', async () => {
  const { logins, built } = queryUsers();
  await logins({ limit: 1 });
  await logins({ limit: 2, key: undefined });
  expect(built()).toBe(1);
  await logins({ limit: 1, key: 'one' });
  await logins({ limit: 1, above: 1 });
  await logins({ limit: 3, key: 'two' });
  expect(built()).toBe(3);
});

test('sees what its transaction has written', async () => {
  const byKey = prepared((queries, { key }: { key: string }) =>
    queries.selectFrom('users').select('login').where('key', '=', key),
  );
  const work = db.transaction().execute(async (transaction) => {
    await insertUser(transaction, 'four', 0);
    expect(await byKey(transaction, { key: 'four' })).toEqual([{ login: 'four' }]);
    throw new Error('taken back');
  });
  await expect(work).rejects.toThrow('taken back');
  expect(await byKey(db, { key: 'four' })).toEqual([]);
});
