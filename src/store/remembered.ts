import { BoundedMap } from '../common/bounded-map.ts';
import type { Queries } from './database.ts';
import type { Tables } from './schema.ts';
import { writesOf } from './writes.ts';

/** Answers of one query that are kept. */
const MAX_KEPT = 1_000;

interface Answer<R> {
  version: number;
  rows: R[];
}

/**
 * A query whose answers are kept until something is written to one of the tables that it reads: for what every request
 * asks, and nearly nobody changes. An answer is never older than the last write, so who is revoked is refused from then on.
 * The rows are frozen, for several get them.
 */
export function remembered<V extends object, R extends object>(
  tables: readonly (keyof Tables)[],
  query: (db: Queries, values: V) => Promise<R[]>,
): (db: Queries, values: V) => Promise<R[]> {
  const memories = new WeakMap<object, Map<string, Answer<R>>>();
  return async (db, values) => {
    const writes = writesOf(db);
    if (!writes) return query(db, values);
    const memory = memories.get(writes) ?? new BoundedMap<string, Answer<R>>(MAX_KEPT);
    memories.set(writes, memory);
    const key = JSON.stringify(values);
    const version = writes.of(tables);
    const kept = memory.get(key);
    if (kept?.version === version) return kept.rows;
    const rows = (await query(db, values)).map((row) => Object.freeze(row));
    // One that came meanwhile may have come before or after.
    if (writes.of(tables) === version) memory.set(key, { version, rows });
    return rows;
  };
}
