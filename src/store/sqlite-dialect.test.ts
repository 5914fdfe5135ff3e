import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Database, openDatabase } from './database.ts';
import { findUser, insertUser } from './people.ts';

let db: Database;

beforeEach(async () => {
  db = await openDatabase(':memory:');
});

afterEach(() => db.destroy());

test('gives the connection to whoever has waited longest', async () => {
  const order: number[] = [];
  const all = Array.from({ length: 20 }, async (_, index) => {
    await findUser(db, 'nobody');
    order.push(index);
  });
  await Promise.all(all);
  expect(order).toEqual([...order.keys()]);
});

test('lets nobody between the statements of a transaction, and goes on after one that failed', async () => {
  const failing = db.transaction().execute(async (transaction) => {
    await insertUser(transaction, 'one', 0);
    await insertUser(transaction, 'two', 0);
    throw new Error('taken back');
  });
  const [failed, seen] = await Promise.allSettled([failing, findUser(db, 'one')]);
  expect(failed).toMatchObject({ status: 'rejected', reason: { message: 'taken back' } });
  expect(seen).toEqual({ status: 'fulfilled', value: undefined });
});
