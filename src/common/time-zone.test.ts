import { expect, it } from 'vitest';
import { clockOffsets, isTimezone } from './time-zone.ts';

const HOUR = 3_600_000;

it.each(['UTC', 'Europe/Berlin', 'america/new_york', 'Etc/GMT+3', 'EST5EDT'])('knows the time zone %s', (name) => {
  expect(isTimezone(name)).toBe(true);
});

it.each(['', 'Nowhere', 'Europe/Berlin ', '+01:00', 'GMT+25', '../etc/passwd'])('knows no time zone %j', (name) => {
  expect(isTimezone(name)).toBe(false);
});

it('tells how far clocks are ahead of UTC, in winter, in summer, and in the same second of the change', () => {
  const berlin = clockOffsets('Europe/Berlin');
  expect([Date.UTC(2026, 0, 1), Date.UTC(2026, 6, 1)].map(berlin)).toEqual([HOUR, 2 * HOUR]);
  const change = Date.UTC(2026, 2, 29, 1);
  expect([change - 1, change].map(berlin)).toEqual([HOUR, 2 * HOUR]);
  expect(clockOffsets('Asia/Kathmandu')(change + 999)).toBe(5.75 * HOUR);
  expect(clockOffsets('America/St_Johns')(-1)).toBe(-3.5 * HOUR);
});
