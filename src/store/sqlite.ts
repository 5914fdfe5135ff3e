import { createRequire } from 'node:module';
import { hasErrorCode, UserError } from '../common/errors.ts';

/** The part of `node:sqlite` that we use; `@photostructure/sqlite` offers the same on Node 20. */
export interface SqliteDatabase {
  prepare(sql: string): SqliteStatement;
  exec(sql: string): void;
  close(): void;
}

export interface SqliteStatement {
  all(...parameters: SqlValue[]): unknown[];
  run(...parameters: SqlValue[]): { changes: number | bigint; lastInsertRowid: number | bigint };
  iterate(...parameters: SqlValue[]): IterableIterator<unknown>;
}

export type SqlValue = string | number | bigint | null | Uint8Array;

const require = createRequire(import.meta.url);

/** What a commit survives: `power-loss` waits for the disk, `crash` only hands the change to the system. */
export type Durability = 'power-loss' | 'crash';

/**
 * Opens a database file (or `:memory:`) in WAL mode.
 * @throws UserError when the file cannot be used
 */
export function openSqlite(file: string, durability: Durability): SqliteDatabase {
  const { DatabaseSync } = loadDriver();
  try {
    const database: SqliteDatabase = new DatabaseSync(file);
    database.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = ${durability === 'power-loss' ? 'FULL' : 'NORMAL'};
      PRAGMA foreign_keys = ON;
      PRAGMA busy_timeout = 5000;
      PRAGMA wal_autocheckpoint = 2000;
    `);
    return database;
  } catch (error) {
    throw new UserError('database-unusable', `The database ${file} cannot be opened: ${String(error)}.`, {
      hint: 'Check that its folder is writable and that no other program holds the file.',
      cause: error,
    });
  }
}

function loadDriver(): { DatabaseSync: new (file: string) => SqliteDatabase } {
  try {
    return require('node:sqlite');
  } catch (error) {
    const isMissing = hasErrorCode(error, 'ERR_UNKNOWN_BUILTIN_MODULE') || hasErrorCode(error, 'MODULE_NOT_FOUND');
    if (!isMissing) throw error;
    return require('@photostructure/sqlite');
  }
}

/**
 * The one conversion of values bound to a statement. The driver stores a leading `Date` as NULL without a word, and
 * Node 22 refuses booleans, so neither ever reaches it.
 * @throws Error for `undefined` and anything else that has no SQL form
 */
export function toSql(value: unknown): SqlValue {
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint')
    return value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (value instanceof Uint8Array) return value;
  if (value instanceof Date) return value.toISOString();
  if (typeof value === 'object') return JSON.stringify(value);
  throw new Error(`a value of type ${typeof value} cannot be bound to SQL`);
}
