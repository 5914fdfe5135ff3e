import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hasErrorCode } from '../../common/errors.ts';
import { randomToken, sha256Hex } from '../../common/ids.ts';
import type { Database, Queries } from '../../store/database.ts';
import { findUser, insertUser, setGrant, setSuspended } from '../../store/people.ts';
import { createToken, findToken } from '../../store/tokens.ts';
import { EVERYWHERE } from './places.ts';

const FILE = 'admin-token';

/** Who an installation's first token stands for. */
export const ADMIN_NAME = 'admin';

/**
 * The token of an installation's first administrator, in `<data>/admin-token` (mode 600). The file is the truth: a
 * database that does not know its token learns it, so a crash between the two writes does no harm.
 */
export async function ensureAdminToken(db: Database, dataFolder: string, nowMs: number): Promise<string> {
  const file = join(dataFolder, FILE);
  const token = (await readToken(file)) ?? (await writeToken(file));
  if (!(await findToken(db, 'user', token, nowMs))) await db.transaction().execute((unit) => learn(unit, token, nowMs));
  return token;
}

/** A file that was deleted gives another token, and the administrator back who lost it. */
async function learn(db: Queries, text: string, nowMs: number): Promise<void> {
  const user = (await insertUser(db, ADMIN_NAME, nowMs)) ?? (await findUser(db, ADMIN_NAME));
  if (!user) throw new Error(`there is no user ${ADMIN_NAME}`);
  await setGrant(db, user.id, EVERYWHERE, 'admin', nowMs);
  await setSuspended(db, user.id, null);
  const note = 'the first, in the file admin-token';
  await createToken(db, { kind: 'user', subject: ADMIN_NAME, scopes: 'admin', expiresAt: null, text, note }, nowMs);
}

/** A first token that was revoked must not come back with the next start, which writes another. */
export async function forgetAdminToken(dataFolder: string, hash: string): Promise<void> {
  const token = await readToken(join(dataFolder, FILE));
  if (token !== undefined && sha256Hex(token) === hash) await rm(join(dataFolder, FILE), { force: true });
}

async function readToken(file: string): Promise<string | undefined> {
  try {
    return (await readFile(file, 'utf8')).trim() || undefined;
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

async function writeToken(file: string): Promise<string> {
  const token = `swy_${randomToken(32)}`;
  await writeFile(file, `${token}\n`, { mode: 0o600 });
  return token;
}
