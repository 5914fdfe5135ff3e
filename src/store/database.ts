import { Kysely, type SqliteDatabase as KyselySqlite, Migrator, SqliteDialect, sql, type Transaction } from 'kysely';
import { migrations } from './migrations/index.ts';
import type { Tables } from './schema.ts';
import { openSqlite, toSql } from './sqlite.ts';

/** The server's tables. Every query function takes this or a transaction of it. */
export type Database = Kysely<Tables>;
export type Queries = Kysely<Tables> | Transaction<Tables>;

/**
 * Opens the store and brings its schema up to date.
 * @param file path of the SQLite file, or `:memory:`
 * @throws UserError when the file cannot be used
 */
export async function openDatabase(file: string): Promise<Database> {
  const database = new Kysely<Tables>({
    dialect: new SqliteDialect({ database: adapt(openSqlite(file, 'power-loss')) }),
  });
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

/** Kysely's dialect wants the shape of better-sqlite3; statements are kept, preparing costs more than running. */
function adapt(sqlite: ReturnType<typeof openSqlite>): KyselySqlite {
  const statements = new Map<string, ReturnType<KyselySqlite['prepare']>>();
  return {
    close: () => sqlite.close(),
    prepare(sql) {
      const known = statements.get(sql);
      if (known) return known;
      const statement = sqlite.prepare(sql);
      const returnsRows = /^\s*(select|with|pragma)\b/i.test(sql) || /\breturning\b/i.test(sql);
      const prepared: ReturnType<KyselySqlite['prepare']> = {
        reader: returnsRows,
        all: (parameters) => statement.all(...parameters.map(toSql)),
        run: (parameters) => statement.run(...parameters.map(toSql)),
        iterate: (parameters) => statement.iterate(...parameters.map(toSql)),
      };
      if (statements.size < 500) statements.set(sql, prepared);
      return prepared;
    },
  };
}
