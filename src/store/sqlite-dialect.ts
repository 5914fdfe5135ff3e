import { type DatabaseConnection, type SqliteDatabase as KyselySqlite, SqliteDialect, SqliteDriver } from 'kysely';
import { type SqliteDatabase, toSql } from './sqlite.ts';
import { Writes, writtenTable } from './writes.ts';

/** Most statements whose prepared form is kept. */
const MAX_STATEMENTS = 500;

/** Kysely on one connection of ours, which statements and transactions use in the order in which they came. */
export class OneConnectionDialect extends SqliteDialect {
  readonly #database: KyselySqlite;

  constructor(sqlite: SqliteDatabase, writes = new Writes()) {
    const database = adapt(sqlite, writes);
    super({ database });
    this.#database = database;
  }

  override createDriver(): SqliteDriver {
    return new InTurnDriver({ database: this.#database });
  }
}

/** Kysely's own wakes everybody who waits whenever the connection is free: of thousands each costs them all. */
class InTurnDriver extends SqliteDriver {
  #isHeld = false;
  readonly #waiting: (() => void)[] = [];

  override async acquireConnection(): Promise<DatabaseConnection> {
    if (this.#isHeld) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#isHeld = true;
    return super.acquireConnection();
  }

  override async releaseConnection(): Promise<void> {
    await super.releaseConnection();
    const next = this.#waiting.shift();
    if (next) next();
    else this.#isHeld = false;
  }
}

/** Kysely's dialect wants the shape of better-sqlite3; statements are kept, preparing costs more than running. */
function adapt(sqlite: SqliteDatabase, writes: Writes): KyselySqlite {
  const statements = new Map<string, ReturnType<KyselySqlite['prepare']>>();
  return {
    close: () => sqlite.close(),
    prepare(sql) {
      const known = statements.get(sql);
      if (known) return known;
      const statement = sqlite.prepare(sql);
      const table = writtenTable(sql);
      const valuesOf = (parameters: readonly unknown[]) => {
        if (table !== undefined) writes.note(table);
        return parameters.map(toSql);
      };
      const returnsRows = /^\s*(select|with|pragma)\b/i.test(sql) || /\breturning\b/i.test(sql);
      const prepared: ReturnType<KyselySqlite['prepare']> = {
        reader: returnsRows,
        all: (parameters) => statement.all(...valuesOf(parameters)),
        run: (parameters) => statement.run(...valuesOf(parameters)),
        iterate: (parameters) => statement.iterate(...valuesOf(parameters)),
      };
      if (statements.size < MAX_STATEMENTS) statements.set(sql, prepared);
      return prepared;
    },
  };
}
