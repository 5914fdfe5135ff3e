import { join } from 'node:path';
import { openDatabase } from '../../src/store/database.ts';
import { createToken } from '../../src/store/tokens.ts';
import type { TestServer } from './server.ts';

/** A token of somebody else than the administrator, straight into the store: nothing makes them yet. */
export async function tokenOf(server: TestServer, name: string, scope: 'read' | 'write' | 'admin'): Promise<string> {
  const db = await openDatabase(join(server.folder, 'data', 'switchyard.db'));
  try {
    return await createToken(db, { kind: 'user', subject: name, scopes: scope, expiresAt: null }, 0);
  } finally {
    await db.destroy();
  }
}
