/** One line of the table: what was measured, and the budget it has to keep (DESIGN 8). */
export interface Row {
  name: string;
  unit: 'ms' | 'jobs/s' | '/s' | 'MB/s' | 'MiB' | 'KiB';
  samples: number;
  p50: number;
  p99: number | null;
  budget: { p50: number; p99?: number; isAtLeast?: boolean };
  /** The same without Switchyard, in the row's unit: what cannot be gone below. */
  floor?: number;
}

export function percentile(samples: number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const index = Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1);
  return sorted[Math.max(0, index)] ?? Number.NaN;
}

/** A row of durations in ms. */
export function durations(name: string, samples: number[], budget: Row['budget']): Row {
  return {
    name,
    unit: 'ms',
    samples: samples.length,
    p50: percentile(samples, 0.5),
    p99: percentile(samples, 0.99),
    budget,
  };
}

export function isKept({ p50, p99, budget }: Row): boolean {
  if (budget.isAtLeast) return p50 >= budget.p50;
  return p50 <= budget.p50 && (budget.p99 === undefined || p99 === null || p99 <= budget.p99);
}

export function renderTable(rows: Row[]): string {
  const cells = [
    ['what', 'samples', 'p50', 'p99', 'budget', ''],
    ...rows.map((row) => [
      row.floor === undefined ? row.name : `${row.name} (floor ${format(row.floor)} ${row.unit})`,
      String(row.samples),
      `${format(row.p50)} ${row.unit}`,
      row.p99 === null ? '-' : `${format(row.p99)} ${row.unit}`,
      describeBudget(row),
      isKept(row) ? 'kept' : 'MISSED',
    ]),
  ];
  const widths = cells[0]?.map((_, column) => Math.max(...cells.map((line) => line[column]?.length ?? 0))) ?? [];
  const line = (values: string[]): string =>
    `| ${values.map((value, column) => value.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const [head = [], ...body] = cells;
  return [line(head), `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...body.map(line)].join('\n');
}

const format = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toFixed(1));

function describeBudget({ budget, unit }: Row): string {
  if (budget.isAtLeast) return `>= ${budget.p50} ${unit}`;
  return budget.p99 === undefined ? `<= ${budget.p50} ${unit}` : `<= ${budget.p50}, p99 <= ${budget.p99} ${unit}`;
}
