import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hasErrorCode } from '../../common/errors.ts';
import { randomToken } from '../../common/ids.ts';
import type { Database } from '../../store/database.ts';
import { createToken, findToken } from '../../store/tokens.ts';

/** Who an installation's first token stands for. */
export const ADMIN_NAME = 'admin';

/**
 * The token of an installation's first administrator, in `<data>/admin-token` (mode 600). The file is the truth: a
 * database that does not know its token learns it, so a crash between the two writes does no harm.
 */
export async function ensureAdminToken(db: Database, dataFolder: string, nowMs: number): Promise<string> {
  const file = join(dataFolder, 'admin-token');
  const token = (await readToken(file)) ?? (await writeToken(file));
  if (!(await findToken(db, 'user', token, nowMs))) {
    await createToken(db, { kind: 'user', subject: ADMIN_NAME, scopes: 'admin', expiresAt: null, text: token }, nowMs);
  }
  return token;
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
