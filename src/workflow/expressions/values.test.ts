import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isTruthy, toNumber, toText } from './index.ts';

describe('toText', () => {
  it.each([
    [1e20, '1E+20'],
    [1e15, '1E+15'],
    [123456789012345, '123456789012345'],
    [0.1, '0.1'],
    [0.1 + 0.2, '0.3'],
    [0.0001, '0.0001'],
    [0.00001, '1E-05'],
    [-2.5e-7, '-2.5E-07'],
    [-0, '0'],
    [1 / 3, '0.333333333333333'],
    [1.5e300, '1.5E+300'],
    [Number.NaN, 'NaN'],
    [Number.NEGATIVE_INFINITY, '-Infinity'],
    [null, ''],
    [true, 'true'],
    [[1], 'Array'],
    [{}, 'Object'],
  ])('SEM-20.10, trap 22: %j prints as %s', (value, text) => {
    expect(toText(value)).toBe(text);
  });

  it('SEM-20.10: keeps 15 significant digits of any number', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, min: -1e300, max: 1e300 }), (value) => {
        const back = Number(toText(value));
        expect(Math.abs(back - value)).toBeLessThanOrEqual(Math.abs(value) * 5e-15);
      }),
    );
  });
});

describe('toNumber', () => {
  it.each([
    ['', 0],
    [' 12 ', 12],
    ['+1.5e2', 150],
    ['.5', 0.5],
    ['0xFF', 255],
    ['0xFFFFFFFF', -1],
    ['0x1FFFFFFFF', Number.NaN],
    ['0o17', 15],
    ['-0x1', Number.NaN],
    ['0b1', Number.NaN],
    ['1_000', Number.NaN],
    ['Infinity', Number.POSITIVE_INFINITY],
    ['abc', Number.NaN],
    [null, 0],
    [true, 1],
    [[], Number.NaN],
  ])('SEM-20.9: %j is %d', (value, number) => {
    expect(toNumber(value)).toBe(number);
  });
});

it.each([
  [null, false],
  [false, false],
  [0, false],
  [Number.NaN, false],
  ['', false],
  ['0', true],
  [[], true],
  [{}, true],
])('SEM-20.6: %j counts as %s', (value, expected) => {
  expect(isTruthy(value)).toBe(expected);
});
