import { expect, it } from 'vitest';
import { parseGoDuration } from './go-duration.ts';

it.each([
  ['30m', 1_800_000],
  ['1h30m', 5_400_000],
  ['1.5h', 5_400_000],
  ['90s', 90_000],
  ['250ms', 250],
  ['0', 0],
  ['-5m', -300_000],
  ['', undefined],
  ['10', undefined],
  ['5 m', undefined],
  ['5d', undefined],
  ['m', undefined],
])('reads the duration %j as %s ms', (text, ms) => {
  expect(parseGoDuration(text)).toBe(ms);
});
