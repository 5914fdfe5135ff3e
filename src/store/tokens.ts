import type { Selectable } from 'kysely';
import { isoTime } from '../common/clock.ts';
import { randomToken, sha256Hex } from '../common/ids.ts';
import type { Queries } from './database.ts';
import type { TokensTable } from './schema.ts';

export type TokenRow = Selectable<TokensTable>;

/**
 * Makes a token and keeps its hash.
 * @returns the token itself, which cannot be read again
 */
export async function createToken(
  db: Queries,
  token: { kind: TokensTable['kind']; subject: string; scopes: string; expiresAt: number | null; text?: string },
  nowMs: number,
): Promise<string> {
  const text = token.text ?? `swy_${randomToken(32)}`;
  await db
    .insertInto('tokens')
    .values({
      kind: token.kind,
      hash: sha256Hex(text),
      subject: token.subject,
      scopes: token.scopes,
      expires_at: token.expiresAt === null ? null : isoTime(token.expiresAt),
      created_at: isoTime(nowMs),
    })
    .execute();
  return text;
}

/** The token's row, unless it is unknown or has expired. */
export async function findToken(
  db: Queries,
  kind: TokensTable['kind'],
  text: string,
  nowMs: number,
): Promise<TokenRow | undefined> {
  const row = await db
    .selectFrom('tokens')
    .selectAll()
    .where('hash', '=', sha256Hex(text))
    .where('kind', '=', kind)
    .executeTakeFirst();
  return row && (row.expires_at === null || row.expires_at > isoTime(nowMs)) ? row : undefined;
}

/** Names of everybody who has a token. */
export async function userNames(db: Queries): Promise<string[]> {
  const rows = await db.selectFrom('tokens').select('subject').distinct().where('kind', '=', 'user').execute();
  return rows.map(({ subject }) => subject);
}

export async function deleteExpiredTokens(db: Queries, nowMs: number): Promise<void> {
  await db.deleteFrom('tokens').where('expires_at', '<=', isoTime(nowMs)).execute();
}
