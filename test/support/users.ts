import { join } from 'node:path';
import { type Database, openDatabase } from '../../src/store/database.ts';
import { findUser, insertUser, setGrant, type UserRow } from '../../src/store/people.ts';
import type { AccessLevel } from '../../src/store/tables/people.ts';
import { createToken } from '../../src/store/tokens.ts';
import type { TestServer } from './server.ts';

/** A user who may administer everything, so that the scope of the token alone decides. */
export async function ensureUser(db: Database, name: string): Promise<UserRow> {
  const user = (await insertUser(db, name, 0)) ?? (await findUser(db, name));
  if (!user) throw new Error(`there is no user ${name}`);
  await setGrant(db, user.id, '*', 'admin', 0);
  return user;
}

/** A token of somebody else than the administrator, straight into the store. */
export async function tokenOf(server: TestServer, name: string, scope: AccessLevel): Promise<string> {
  const db = await openDatabase(join(server.folder, 'data', 'switchyard.db'));
  try {
    await ensureUser(db, name);
    return await createToken(db, { kind: 'user', subject: name, scopes: scope, expiresAt: null }, 0);
  } finally {
    await db.destroy();
  }
}
