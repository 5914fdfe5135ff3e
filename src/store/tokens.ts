import type { Insertable, Selectable } from 'kysely';
import { isoTime } from '../common/clock.ts';
import { randomToken, sha256Hex } from '../common/ids.ts';
import { type Database, type Queries, softly } from './database.ts';
import type { TokensTable } from './tables/people.ts';

export type TokenRow = Selectable<TokensTable>;

/** How exact `last_used_at` is: it must not cost a write for every request. */
const USE_MS = 60 * 60 * 1000;

export interface NewToken {
  kind: TokensTable['kind'];
  subject: string;
  scopes: string;
  /** ms since the epoch. */
  expiresAt: number | null;
  /** Default: made here. */
  text?: string;
  /** What every token of this kind begins with, so that it is known for one where it leaks. */
  prefix?: string;
  note?: string;
  /** Null: no limit. */
  places?: string[] | null;
}

/**
 * Makes a token and keeps its hash.
 * @returns the token itself, which cannot be read again
 */
export async function createToken(db: Queries, token: NewToken, nowMs: number): Promise<string> {
  return (await insertToken(db, token, nowMs)).text;
}

/** The same, with the row's number. */
export async function insertToken(db: Queries, token: NewToken, nowMs: number): Promise<{ id: number; text: string }> {
  const { kind, subject, scopes, expiresAt, note = '', places = null, prefix = 'swy_' } = token;
  const text = token.text ?? prefix + randomToken(32);
  const row: Insertable<TokensTable> = {
    kind,
    hash: sha256Hex(text),
    subject: kind === 'user' ? subject.toLowerCase() : subject,
    scopes,
    note,
    places: JSON.stringify(places),
    expires_at: expiresAt === null ? null : isoTime(expiresAt),
    created_at: isoTime(nowMs),
  };
  const { id } = await db.insertInto('tokens').values(row).returning('id').executeTakeFirstOrThrow();
  return { id, text };
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

export async function findTokenById(db: Queries, id: number): Promise<TokenRow | undefined> {
  return db.selectFrom('tokens').selectAll().where('id', '=', id).executeTakeFirst();
}

/** Those of people, of one or of all, oldest first. */
export async function userTokens(db: Queries, userKey?: string) {
  let select = db
    .selectFrom('tokens')
    .innerJoin('users', 'users.key', 'tokens.subject')
    .selectAll('tokens')
    .select('users.login')
    .where('kind', '=', 'user')
    .orderBy('tokens.id');
  if (userKey !== undefined) select = select.where('subject', '=', userKey.toLowerCase());
  return select.execute();
}

export async function deleteToken(db: Queries, id: number): Promise<void> {
  await db.deleteFrom('tokens').where('id', '=', id).execute();
}

export async function deleteTokensOf(db: Queries, kind: TokensTable['kind'], subject: string): Promise<void> {
  await db.deleteFrom('tokens').where('kind', '=', kind).where('subject', '=', subject).execute();
}

/** Remembers that the token was used, at most once an hour. */
export async function touchToken(
  db: Database,
  { id, last_used_at }: Pick<TokenRow, 'id' | 'last_used_at'>,
  nowMs: number,
): Promise<void> {
  if (last_used_at !== null && last_used_at > isoTime(nowMs - USE_MS)) return;
  await softly(db, async (queries) => {
    await queries
      .updateTable('tokens')
      .set({ last_used_at: isoTime(nowMs) })
      .where('id', '=', id)
      .execute();
  });
}

export async function deleteExpiredTokens(db: Queries, nowMs: number): Promise<void> {
  await db.deleteFrom('tokens').where('expires_at', '<=', isoTime(nowMs)).execute();
}
