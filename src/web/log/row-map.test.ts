import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Fold, type Row, RowMap, type Section } from './row-map.ts';

const section = fc
  .record({
    isOpen: fc.boolean(),
    total: fc.nat(60),
    cuts: fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { maxLength: 8 }),
  })
  .map(({ isOpen, total, cuts }) => ({ isOpen, total, folds: foldsOf(cuts, total) }));

/** Folds between each two of the cuts, without a common line. */
function foldsOf(cuts: number[], total: number): Fold[] {
  const sorted = cuts.filter((cut) => cut <= total).sort((a, b) => a - b);
  const folds: Fold[] = [];
  for (let at = 0; at + 1 < sorted.length; at += 2) folds.push({ from: sorted[at] ?? 0, to: sorted[at + 1] ?? 0 });
  return folds;
}

/** The same list, written out. */
function rowsOf(sections: Section[]): Row[] {
  return sections.flatMap(({ step, isOpen, total, folds }) => {
    const lines = Array.from({ length: total }, (_, index) => index + 1)
      .filter((line) => !folds.some(({ from, to }) => from <= line && line <= to))
      .map((line): Row => ({ kind: 'line', step, line }));
    const body: Row[] = lines.length > 0 ? lines : [{ kind: 'empty', step }];
    return [{ kind: 'step', step }, ...(isOpen ? body : [])] satisfies Row[];
  });
}

test('gives for every row what the list written out has, and back', () => {
  fc.assert(
    fc.property(fc.array(section, { maxLength: 6 }), (list) => {
      const sections = list.map((each, index) => ({ ...each, step: index + 1 }));
      const map = new RowMap(sections);
      const rows = rowsOf(sections);
      expect(map.count).toBe(rows.length);
      expect(new Set(rows.map((_, index) => map.keyOf(index))).size).toBe(rows.length);
      let heading = 0;
      for (const [index, row] of rows.entries()) {
        if (row.kind === 'step') heading = index;
        expect(map.at(index)).toEqual(row);
        expect(map.headingOf(index)).toBe(heading);
        if (row.kind === 'line') expect(map.rowOf(row.step, row.line)).toBe(index);
        if (row.kind === 'step') expect(map.rowOf(row.step)).toBe(index);
      }
    }),
  );
});

test('has no row for a folded line, a closed step or a line beyond the log', () => {
  const map = new RowMap([
    { step: 1, isOpen: true, total: 10, folds: [{ from: 3, to: 5 }] },
    { step: 2, isOpen: false, total: 10, folds: [] },
  ]);
  expect(map.rowOf(1, 4)).toBeUndefined();
  expect(map.rowOf(1, 11)).toBeUndefined();
  expect(map.rowOf(2, 1)).toBeUndefined();
  expect(() => map.at(map.count)).toThrow(RangeError);
  expect(() => map.at(-1)).toThrow(RangeError);
});
