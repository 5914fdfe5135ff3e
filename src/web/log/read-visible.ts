import type { LogStore } from './log-store.ts';
import type { RowMap } from './row-map.ts';

/** Reads the lines that the rows at `indexes` (ascending) show and that are not known yet. */
export function readVisible(store: LogStore, rows: RowMap, indexes: readonly number[]): void {
  const ranges = new Map<number, { from: number; to: number }>();
  for (const index of indexes) {
    const row = rows.at(index);
    if (row.kind === 'empty') store.probe(row.step);
    if (row.kind !== 'line') continue;
    const range = ranges.get(row.step);
    ranges.set(row.step, { from: range?.from ?? row.line, to: row.line });
  }
  for (const [step, { from, to }] of ranges) store.ensure(step, from, to);
}
