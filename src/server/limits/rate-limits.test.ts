import { expect, test } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { RateLimits } from './rate-limits.ts';

test('lets a caller call so often in an hour, and again in the next; others are not touched', () => {
  const clock = new ManualClock();
  const limits = new RateLimits(2, clock);
  const resetAt = clock.now() + 60 * 60 * 1000;
  expect(limits.take('a')).toEqual({ limit: 2, used: 1, remaining: 1, resetAt });
  expect(limits.take('a')).toEqual({ limit: 2, used: 2, remaining: 0, resetAt });
  expect(limits.take('a')).toBeUndefined();
  expect(limits.peek('a')).toMatchObject({ used: 2, remaining: 0 });
  expect(limits.take('b')).toMatchObject({ used: 1 });
  clock.advance(60 * 60 * 1000);
  expect(limits.take('a')).toMatchObject({ used: 1 });
});
