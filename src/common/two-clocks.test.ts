import { expect, it } from 'vitest';
import { clockTime, twoClocks } from './two-clocks.ts';

it.each([
  ['2023-07-14T15:00:00Z', 'Asia/Seoul', '2023-07-15 00:00 GMT+9 (2023-07-14 15:00 UTC)'],
  ['2023-07-12T00:01:00Z', 'Asia/Seoul', '2023-07-12 09:01 GMT+9 (00:01 UTC)'],
  ['2024-03-31T00:59:00Z', 'Europe/Berlin', '2024-03-31 01:59 GMT+1 (00:59 UTC)'],
  ['2024-03-31T01:00:00Z', 'Europe/Berlin', '2024-03-31 03:00 GMT+2 (01:00 UTC)'],
  ['2023-07-14T15:00:00Z', 'UTC', '2023-07-14 15:00 UTC'],
])('shows %s by the clocks of %s and in UTC', (at, zone, text) => {
  expect(twoClocks(at, zone)).toBe(text);
  expect(twoClocks(Date.parse(at), zone)).toBe(text);
});

it('says a time by the reader’s clocks and in UTC, and the day of both where it differs', () => {
  expect(twoClocks('2023-07-12T00:01:00.000Z', 'Asia/Seoul')).toBe('2023-07-12 09:01 GMT+9 (00:01 UTC)');
  expect(twoClocks('2023-07-14T15:00:00.000Z', 'Asia/Seoul')).toBe('2023-07-15 00:00 GMT+9 (2023-07-14 15:00 UTC)');
  expect(clockTime('2023-07-14T15:00:00.000Z', 'Asia/Seoul')).toBe('00:00');
});

it('says UTC once', () => {
  expect(twoClocks('2023-07-12T00:01:00.000Z', 'UTC')).toBe('2023-07-12 00:01 UTC');
});
