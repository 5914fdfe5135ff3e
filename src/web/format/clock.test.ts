import { expect, it } from 'vitest';
import { clockTime, twoClocks } from './clock.ts';

it('says a time by the reader’s clocks and in UTC, and the day of both where it differs', () => {
  expect(twoClocks('2023-07-12T00:01:00.000Z', 'Asia/Seoul')).toBe('2023-07-12 09:01 GMT+9 (00:01 UTC)');
  expect(twoClocks('2023-07-14T15:00:00.000Z', 'Asia/Seoul')).toBe('2023-07-15 00:00 GMT+9 (2023-07-14 15:00 UTC)');
  expect(clockTime('2023-07-14T15:00:00.000Z', 'Asia/Seoul')).toBe('00:00');
});

it('says UTC once', () => {
  expect(twoClocks('2023-07-12T00:01:00.000Z', 'UTC')).toBe('2023-07-12 00:01 UTC');
});
