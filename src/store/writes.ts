import type { Tables } from './schema.ts';

const WRITE = /^\s*(?:insert\s+(?:or\s+\w+\s+)?into|replace\s+into|update(?:\s+or\s+\w+)?|delete\s+from)\s+"?(\w+)/i;
const READ = /^\s*(?:select|pragma|begin|commit|rollback|savepoint|release|explain)\b/i;
const EVERY_TABLE = '*';

/** The table that a statement writes to, `*` where that is not plain, undefined for one that only reads. */
export function writtenTable(sql: string): string | undefined {
  const [, table] = WRITE.exec(sql) ?? [];
  if (table) return table.toLowerCase();
  const isRead = READ.test(sql) || (/^\s*with\b/i.test(sql) && !/\b(?:insert|update|delete|replace)\b/i.test(sql));
  return isRead ? undefined : EVERY_TABLE;
}

/** Counts what one connection has written, which is all that is written while a server holds its data folder. */
export class Writes {
  readonly #counts = new Map<string, number>();

  note(table: string): void {
    this.#counts.set(table, (this.#counts.get(table) ?? 0) + 1);
  }

  /** Grows with every write to one of them, also with one that is not committed yet. */
  of(tables: readonly (keyof Tables)[]): number {
    let sum = this.#counts.get(EVERY_TABLE) ?? 0;
    for (const table of tables) sum += this.#counts.get(table) ?? 0;
    return sum;
  }
}

const known = new WeakMap<object, Writes>();

export const noteWritesOf = (database: object, writes: Writes): void => void known.set(database, writes);

/** Undefined for a transaction, and for a connection that somebody holds: they see what others do not. */
export const writesOf = (database: object): Writes | undefined => known.get(database);
