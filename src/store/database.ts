import { Kysely, Migrator, sql, type Transaction } from 'kysely';
import { migrations } from './migrations/index.ts';
import type { Tables } from './schema.ts';
import { openSqlite } from './sqlite.ts';
import { OneConnectionDialect } from './sqlite-dialect.ts';
import { noteWritesOf, Writes } from './writes.ts';

/** The server's tables. Every query function takes this or a transaction of it. */
export type Database = Kysely<Tables>;
export type Queries = Kysely<Tables> | Transaction<Tables>;

/**
 * Opens the store and brings its schema up to date.
 * @param file path of the SQLite file, or `:memory:`
 * @throws UserError when the file cannot be used
 */
export async function openDatabase(file: string): Promise<Database> {
  const writes = new Writes();
  const database = new Kysely<Tables>({
    dialect: new OneConnectionDialect(openSqlite(file, 'power-loss'), writes),
  });
  noteWritesOf(database, writes);
  const migrator = new Migrator({ db: database, provider: { getMigrations: async () => migrations } });
  const { error } = await migrator.migrateToLatest();
  if (error) {
    await database.destroy();
    throw error;
  }
  return database;
}

/**
 * A transaction that does not wait for the disk: for what a restart finds out again by itself, such as a step's progress or
 * an offer that was not taken. It survives the end of the process, not a power loss; the next ordinary commit makes it
 * as durable as itself.
 */
export function softly<T>(db: Database, work: (db: Queries) => Promise<T>): Promise<T> {
  return db.connection().execute(async (connection) => {
    await sql`PRAGMA synchronous = NORMAL`.execute(connection);
    try {
      return await connection.transaction().execute(work);
    } finally {
      await sql`PRAGMA synchronous = FULL`.execute(connection);
    }
  });
}
