import type { Input } from '../command.ts';
import { safeText, table } from './format.ts';
import { printLine, type Sink } from './terminal.ts';

/** What the columns show of an item, by their headings. */
export type Columns<T> = Record<string, (item: T) => string | number>;

/** Prints a table for people; with `--json` one object a line. */
export function printList<T>(out: Sink, input: Input, items: readonly T[], columns: Columns<T>): void {
  if (input.flag('json')) {
    for (const item of items) printLine(out, JSON.stringify(item));
    return;
  }
  const rows = items.map((item) => Object.values(columns).map((show) => safeText(String(show(item)))));
  for (const line of table(Object.keys(columns), rows)) printLine(out, line);
}
