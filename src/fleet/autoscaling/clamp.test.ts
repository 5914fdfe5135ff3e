import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { heldAfterScaleOut, isScaleOut, withinBounds } from './clamp.ts';

const count = fc.integer({ min: -5, max: 50 });

describe('withinBounds', () => {
  it.each([
    [1, 2, 16, 2],
    [32, 2, 16, 16],
    [5, 2, 16, 5],
    [-1, 0, 3, 0],
    // HRA-14: not monotone when an override turned the bounds around.
    [4, 5, 3, 5],
    [5, 5, 3, 3],
  ])('3.7: %s within %s and %s is %s', (wanted, min, max, desired) => {
    expect(withinBounds(wanted, { min, max }).desired).toBe(desired);
  });

  it('never leaves bounds that are in order, and never turns an order of wishes around', () => {
    fc.assert(
      fc.property(count, count, fc.nat(20), fc.nat(20), (a, b, min, more) => {
        const bounds = { min, max: min + more };
        const [low, high] = [
          withinBounds(Math.min(a, b), bounds).desired,
          withinBounds(Math.max(a, b), bounds).desired,
        ];
        expect(low).toBeLessThanOrEqual(high);
        expect(low).toBeGreaterThanOrEqual(bounds.min);
        expect(high).toBeLessThanOrEqual(bounds.max);
      }),
    );
  });
});

describe('heldAfterScaleOut', () => {
  const history = { desired: 16, lastScaleOutMs: 0 };

  it('HRA-8: keeps a number until the delay is over, to the moment', () => {
    expect(heldAfterScaleOut(8, history, 300, 299_999)).toMatchObject({ desired: 16, heldUntilMs: 300_000 });
    expect(heldAfterScaleOut(8, history, 300, 300_000)).toEqual({ desired: 8, reasons: [] });
  });

  it('3.7: the delay is 600 seconds unless said otherwise, and 0 means none', () => {
    expect(heldAfterScaleOut(8, history, undefined, 599_999).desired).toBe(16);
    expect(heldAfterScaleOut(8, history, undefined, 600_000).desired).toBe(8);
    expect(heldAfterScaleOut(8, history, 0, 0).desired).toBe(8);
  });

  it('says what is kept and until when', () => {
    expect(heldAfterScaleOut(8, history, 300, 61_500).reasons).toEqual([
      {
        code: 'held',
        text: '16 are kept instead of 8 until 1970-01-01 00:05 UTC: 300 seconds must pass between an increase and a decrease.',
      },
    ]);
  });

  it('HRA-8 to HRA-10: an increase always passes, and nothing is held without an earlier one', () => {
    fc.assert(
      fc.property(
        count,
        fc.option(count, { nil: undefined }),
        fc.nat(1_000),
        fc.nat(700_000),
        (wanted, old, delay, now) => {
          const { desired } = heldAfterScaleOut(wanted, { desired: old, lastScaleOutMs: 0 }, delay, now);
          expect(desired).toBe(old !== undefined && old > wanted && now < delay * 1_000 ? old : wanted);
          expect(heldAfterScaleOut(wanted, { desired: old }, delay, now).desired).toBe(wanted);
        },
      ),
    );
  });
});

it.each([
  [undefined, 1, false],
  [undefined, 2, true],
  [2, 4, true],
  [4, 4, false],
  [4, 2, false],
  [0, 1, true],
])('HRA-12: from %s to %s is a scale-out: %s', (old, next, is) => {
  expect(isScaleOut(old, next)).toBe(is);
});
