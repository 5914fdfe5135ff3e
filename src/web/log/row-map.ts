/** Lines `from`..`to` of a step that are not shown. */
export interface Fold {
  from: number;
  to: number;
}

export interface Section {
  step: number;
  isOpen: boolean;
  /** Lines of the step. */
  total: number;
  /** Sorted, not overlapping. */
  folds: readonly Fold[];
}

export type Row =
  | { kind: 'step'; step: number }
  | { kind: 'empty'; step: number }
  | { kind: 'line'; step: number; line: number };

/** More than a step can have lines, and small enough that keys of a hundred steps stay 31-bit integers, which are fast. */
const keysPerStep = 10_000_000;

interface Placed {
  section: Section;
  /** Row of the step's heading. */
  start: number;
  /** Row after the step's last. */
  end: number;
  /** For each fold, how many lines are shown before it. */
  shownBefore: number[];
  shown: number;
}

/**
 * Which row of the list shows what: a heading per step, below an open one its lines without the folded ones, or one row
 * that says there are none. Costs by steps and folds, never by lines.
 */
export class RowMap {
  readonly count: number;
  readonly #placed: Placed[] = [];
  /** Rows are asked for in order, by the hundred thousand. */
  #recent: Placed | undefined;

  constructor(sections: readonly Section[]) {
    let start = 0;
    for (const section of sections) {
      const placed = place(section, start);
      this.#placed.push(placed);
      start = placed.end;
    }
    this.count = start;
  }

  /** @throws RangeError when there is no such row */
  at(row: number): Row {
    const placed = this.#placedAt(row);
    const { step } = placed.section;
    if (row === placed.start) return { kind: 'step', step };
    if (placed.shown === 0) return { kind: 'empty', step };
    return { kind: 'line', step, line: shownLine(placed, row - placed.start - 1) };
  }

  /** Row of a step's heading, or of a line that is shown. */
  rowOf(step: number, line?: number): number | undefined {
    const placed = this.#placed.find(({ section }) => section.step === step);
    if (!placed || line === undefined) return placed?.start;
    const { isOpen, total, folds } = placed.section;
    if (!isOpen || line < 1 || line > total) return undefined;
    let hidden = 0;
    for (const { from, to } of folds) {
      if (line < from) break;
      if (line <= to) return undefined;
      hidden += to - from + 1;
    }
    return placed.start + line - hidden;
  }

  /** Row of the heading above `row`. */
  headingOf(row: number): number {
    return this.#placedAt(row).start;
  }

  /** A number that stays with what the row shows when rows come and go above it. */
  keyOf(row: number): number {
    const placed = this.#placedAt(row);
    const first = placed.section.step * keysPerStep;
    if (row === placed.start) return first;
    return placed.shown === 0 ? first + keysPerStep - 1 : first + shownLine(placed, row - placed.start - 1);
  }

  #placedAt(row: number): Placed {
    const recent = this.#recent;
    if (recent && recent.start <= row && row < recent.end) return recent;
    const placed = this.#placed[lastAtMost(this.#placed, row, ({ start }) => start)];
    if (!placed || row >= placed.end) throw new RangeError(`There is no row ${row}.`);
    this.#recent = placed;
    return placed;
  }
}

function place(section: Section, start: number): Placed {
  const shownBefore: number[] = [];
  let hidden = 0;
  for (const { from, to } of section.folds) {
    shownBefore.push(from - 1 - hidden);
    hidden += to - from + 1;
  }
  const shown = section.total - hidden;
  const end = start + 1 + (section.isOpen ? Math.max(1, shown) : 0);
  return { section, start, end, shownBefore, shown };
}

/** The line at place `index` (from 0) of those shown. */
function shownLine({ section, shownBefore }: Placed, index: number): number {
  if (shownBefore.length === 0) return index + 1;
  const at = lastAtMost(shownBefore, index, (count) => count);
  if (at < 0) return index + 1;
  const before = shownBefore[at] ?? 0;
  return (section.folds[at]?.to ?? 0) + 1 + (index - before);
}

/** Position of the last item whose value is at most `limit`, -1 when none is; the values ascend. */
function lastAtMost<T>(items: readonly T[], limit: number, measure: (item: T) => number): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (measure(items[middle] as T) <= limit) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
