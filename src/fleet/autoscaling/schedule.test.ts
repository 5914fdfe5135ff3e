import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ScheduledOverride } from '../resources/autoscaler-spec.ts';
import { DAY_MS, HOUR_MS } from './calendar.ts';
import { horizonMs, recurrenceOf, windowsAt } from './recurrence.ts';
import { boundsChangeText, scheduleAt, scheduleReason } from './schedule.ts';
import { nextChangeText, scheduleText } from './schedule-text.ts';

type Frequency = 'Daily' | 'Weekly' | 'Monthly' | 'Yearly';

const override = (
  startTime: string,
  endTime: string,
  frequency?: Frequency,
  more: Partial<ScheduledOverride> & { until?: string } = {},
): ScheduledOverride => {
  const { until, ...fields } = more;
  const recurrenceRule = { frequency, ...(until === undefined ? {} : { untilTime: until }) };
  return { startTime, endTime, ...(frequency ? { recurrenceRule } : {}), ...fields };
};

const SPEC = { min: 2, max: 16 };
const at = (overrides: ScheduledOverride[], now: string) => scheduleAt(overrides, SPEC, Date.parse(now));
const text = (overrides: ScheduledOverride[], now: string) => scheduleText(at(overrides, now), SPEC.min);
const iso = (ms: number | undefined): string | undefined => (ms === undefined ? undefined : new Date(ms).toISOString());
const nextChange = (overrides: ScheduledOverride[], now: string) => {
  const { next } = at(overrides, now);
  return next && [iso(next.atMs), next.bounds.min];
};

/** Starts of the occurrences after `now`, each found from the one before. */
function starts(one: ScheduledOverride, now: string, count: number): (string | undefined)[] {
  const recurrence = recurrenceOf(one);
  const found: (string | undefined)[] = [];
  let from = Date.parse(now);
  for (let number = 0; number < count; number++) {
    const { next } = windowsAt(recurrence, from);
    found.push(iso(next?.startMs));
    from = next?.startMs ?? from;
  }
  return found;
}

describe('the weekend of the seed configuration (3.9)', () => {
  const weekend = override('2023-07-15T00:00:00+09:00', '2023-07-17T00:00:00+09:00', 'Weekly', { minReplicas: 1 });

  it.each([
    ['2023-07-14T23:59:59+09:00', false, 2, 'min=1 time=2023-07-14 15:00:00 +0000 UTC'],
    ['2023-07-15T00:00:00+09:00', true, 1, 'min=2 time=2023-07-16 15:00:00 +0000 UTC'],
    ['2023-07-16T23:59:59+09:00', true, 1, 'min=2 time=2023-07-16 15:00:00 +0000 UTC'],
    ['2023-07-17T00:00:00+09:00', false, 2, 'min=1 time=2023-07-21 15:00:00 +0000 UTC'],
  ])('3.9: at %s active is %s, min %s, SCHEDULE %s', (now, active, min, schedule) => {
    const found = at([weekend], now);
    expect(found.active !== undefined).toBe(active);
    expect(found.bounds).toEqual({ min, max: 16 });
    expect(scheduleText(found, SPEC.min)).toBe(schedule);
  });

  it('D-12, D-13: has the next change in the written offset and in UTC, also where ARC shows none', () => {
    const shown = (overrides: ScheduledOverride[], now: string) => nextChangeText(at(overrides, now));
    expect(shown([weekend], '2023-07-12T00:00:00Z')).toBe(
      '2023-07-15 00:00 +09:00 (2023-07-14 15:00 UTC): minReplicas 1 instead of 2',
    );
    expect(shown([weekend], '2023-07-15T12:00:00Z')).toBe(
      '2023-07-17 00:00 +09:00 (2023-07-16 15:00 UTC): minReplicas 2 instead of 1',
    );
    expect(text([weekend], '2020-01-01T00:00:00Z')).toBeUndefined();
    expect(shown([weekend], '2020-01-01T00:00:00Z')).toContain('2023-07-15 00:00 +09:00');
    expect(shown([], '2020-01-01T00:00:00Z')).toBeUndefined();
  });

  it.each([
    ['2024-03-30T12:00:00Z', '2024-03-31 00:00 Europe/Berlin (2024-03-30 23:00 UTC): minReplicas 0 instead of 2'],
    ['2024-03-31T12:00:00Z', '2024-04-01 00:00 Europe/Berlin (2024-03-31 22:00 UTC): minReplicas 2 instead of 0'],
    ['2024-10-26T12:00:00Z', '2024-10-27 00:00 Europe/Berlin (2024-10-26 22:00 UTC): minReplicas 0 instead of 2'],
    ['2024-10-27T12:00:00Z', '2024-10-28 00:00 Europe/Berlin (2024-10-27 23:00 UTC): minReplicas 2 instead of 0'],
  ])('D-12: shows at %s the next change by the clocks of a zone, also on the day that they change', (now, shown) => {
    const sunday = override('2024-03-03T00:00:00+01:00', '2024-03-04T00:00:00+01:00', 'Weekly', {
      minReplicas: 0,
      timeZone: 'Europe/Berlin',
    });
    expect(nextChangeText(at([sunday], now))).toBe(shown);
  });

  it('D-12: tells the next change in the written offset and in UTC', () => {
    const reasons = scheduleReason(at([weekend], '2023-07-15T12:00:00+09:00'));
    expect(reasons).toEqual([
      {
        code: 'schedule',
        text: 'A scheduled override sets minReplicas 1 until 2023-07-17 00:00 +09:00 (2023-07-16 15:00 UTC).',
      },
    ]);
  });
});

describe('one occurrence', () => {
  const once = override('2023-07-15T00:00:00Z', '2023-07-15T06:00:00Z', undefined, { minReplicas: 5 });

  it.each([
    ['2023-01-01T00:00:00Z', 2, 'min=5 time=2023-07-15 00:00:00 +0000 UTC'],
    ['2023-07-15T00:00:00Z', 5, 'min=2 time=2023-07-15 06:00:00 +0000 UTC'],
    ['2023-07-15T06:00:00Z', 2, undefined],
    ['2024-07-15T01:00:00Z', 2, undefined],
  ])('SCH-1: at %s min is %s', (now, min, schedule) => {
    expect(at([once], now).bounds.min).toBe(min);
    expect(text([once], now)).toBe(schedule);
  });
});

describe('occurrences', () => {
  it('SCH-3: a monthly one on the 31st exists in long months only', () => {
    const monthly = override('2023-01-31T00:00:00Z', '2023-01-31T12:00:00Z', 'Monthly', { minReplicas: 1 });
    expect(starts(monthly, '2023-01-31T00:00:00Z', 3)).toEqual([
      '2023-03-31T00:00:00.000Z',
      '2023-05-31T00:00:00.000Z',
      '2023-07-31T00:00:00.000Z',
    ]);
    expect(at([monthly], '2023-03-02T06:00:00Z').active).toBeUndefined();
    expect(at([monthly], '2023-03-31T06:00:00Z').bounds.min).toBe(1);
  });

  it('SCH-3: a yearly one on February 29th exists in leap years only, also across 2100', () => {
    const yearly = override('2024-02-29T00:00:00Z', '2024-03-01T00:00:00Z', 'Yearly');
    expect(starts(yearly, '2024-02-29T00:00:00Z', 2)).toEqual(['2028-02-29T00:00:00.000Z', '2032-02-29T00:00:00.000Z']);
    expect(starts(yearly, '2096-02-29T00:00:00Z', 1)).toEqual(['2104-02-29T00:00:00.000Z']);
  });

  it('SCH-10: the first of the month at +09:00 stays the first there, where ARC slips to the 30th', () => {
    const first = override('2023-07-01T00:00:00+09:00', '2023-07-02T00:00:00+09:00', 'Monthly', { minReplicas: 1 });
    expect(starts(first, '2023-07-01T00:00:00+09:00', 3)).toEqual([
      '2023-07-31T15:00:00.000Z',
      '2023-08-31T15:00:00.000Z',
      '2023-09-30T15:00:00.000Z',
    ]);
    expect(at([first], '2024-02-01T12:00:00+09:00').bounds.min).toBe(1);
  });

  it('SCH-3: untilTime bounds starts, inclusive', () => {
    const until = (end: string) =>
      override('2023-07-01T00:00:00Z', '2023-07-01T12:00:00Z', 'Daily', { minReplicas: 1, until: end });
    expect(starts(until('2023-07-03T00:00:00Z'), '2023-07-01T00:00:00Z', 3)).toEqual([
      '2023-07-02T00:00:00.000Z',
      '2023-07-03T00:00:00.000Z',
      undefined,
    ]);
    expect(at([until('2023-07-03T00:00:00Z')], '2023-07-03T11:59:59Z').bounds.min).toBe(1);
    expect(at([until('2023-07-02T23:59:59Z')], '2023-07-03T06:00:00Z').bounds.min).toBe(2);
    expect(nextChange([until('2023-07-02T23:59:59Z')], '2033-07-03T06:00:00Z')).toBeUndefined();
  });

  it('SCH-2: the horizon counts in calendar fields, so January 31st and a month is in March', () => {
    const monthly = recurrenceOf(override('2023-01-31T00:00:00Z', '2023-01-31T12:00:00Z', 'Monthly'));
    expect(iso(horizonMs(monthly, Date.parse('2023-01-31T00:00:00Z')))).toBe('2023-03-03T00:00:00.000Z');
    expect(iso(horizonMs(monthly, Date.parse('2024-01-31T00:00:00Z')))).toBe('2024-03-02T00:00:00.000Z');
    const yearly = recurrenceOf(override('2024-02-29T00:00:00Z', '2024-02-29T12:00:00Z', 'Yearly'));
    expect(iso(horizonMs(yearly, Date.parse('2024-02-29T00:00:00Z')))).toBe('2025-03-01T00:00:00.000Z');
  });

  it('SCH-4: a monthly override longer than February holds through it, where ARC fails', () => {
    const long = override('2023-01-01T00:00:00Z', '2023-01-31T00:00:00Z', 'Monthly', { minReplicas: 7 });
    expect(at([long], '2023-02-10T00:00:00Z').bounds.min).toBe(7);
    expect(at([long], '2023-03-02T00:00:00Z').bounds.min).toBe(7);
    expect(at([long], '2023-03-31T00:00:00Z').bounds.min).toBe(2);
  });
});

describe('a time zone with summer time (D-12)', () => {
  const weekend = override('2024-01-06T00:00:00+01:00', '2024-01-08T00:00:00+01:00', 'Weekly', {
    minReplicas: 0,
    timeZone: 'Europe/Berlin',
  });

  it.each([
    ['2024-01-12T23:00:00Z', '2024-01-14T23:00:00.000Z'],
    ['2024-03-29T23:00:00Z', '2024-03-31T22:00:00.000Z'],
    ['2024-07-05T22:00:00Z', '2024-07-07T22:00:00.000Z'],
    ['2024-10-25T22:00:00Z', '2024-10-27T23:00:00.000Z'],
  ])('begins on Saturday and ends on Monday by the clocks there: from %s to %s', (start, end) => {
    expect(at([weekend], iso(Date.parse(start) - 1) ?? '').bounds.min).toBe(2);
    const found = at([weekend], start);
    expect(found.bounds.min).toBe(0);
    expect(iso(found.active?.endMs)).toBe(end);
    expect(at([weekend], end).bounds.min).toBe(2);
  });

  it('RFC 5545: an hour that clocks skip is read with the offset before, one they show twice means the first', () => {
    const nightly = (from: string, to: string) =>
      override(from, to, 'Daily', { minReplicas: 0, timeZone: 'Europe/Berlin' });
    const skipped = nightly('2024-03-01T02:30:00+01:00', '2024-03-01T02:45:00+01:00');
    expect(starts(skipped, '2024-03-30T12:00:00Z', 2)).toEqual([
      '2024-03-31T01:30:00.000Z',
      '2024-04-01T00:30:00.000Z',
    ]);
    const doubled = nightly('2024-10-01T02:30:00+02:00', '2024-10-01T02:45:00+02:00');
    expect(starts(doubled, '2024-10-26T12:00:00Z', 2)).toEqual([
      '2024-10-27T00:30:00.000Z',
      '2024-10-28T01:30:00.000Z',
    ]);
  });

  it('shows the zone by name', () => {
    expect(scheduleReason(at([weekend], '2024-07-06T12:00:00Z'))[0]?.text).toBe(
      'A scheduled override sets minReplicas 0 until 2024-07-08 00:00 Europe/Berlin (2024-07-07 22:00 UTC).',
    );
  });
});

describe('several overrides', () => {
  const daily = override('2023-07-01T00:00:00Z', '2023-07-01T12:00:00Z', 'Daily', { minReplicas: 5 });
  const silent = override('2023-07-01T06:00:00Z', '2023-07-01T18:00:00Z', 'Daily');

  it('SCH-7: the first that holds decides, also when it sets nothing', () => {
    expect(at([daily, silent], '2023-07-05T08:00:00Z').bounds.min).toBe(5);
    expect(at([silent, daily], '2023-07-05T08:00:00Z').bounds.min).toBe(2);
    expect(at([silent, daily], '2023-07-05T03:00:00Z').bounds.min).toBe(5);
    expect(scheduleReason(at([silent, daily], '2023-07-05T08:00:00Z'))[0]?.text).toBe(
      'A scheduled override that sets nothing holds until 2023-07-05 18:00 UTC.',
    );
  });

  it('SCH-8: what comes first is shown, on a tie the earlier in the list', () => {
    const tie = override('2023-07-01T00:00:00Z', '2023-07-01T01:00:00Z', 'Daily', { minReplicas: 9 });
    expect(text([daily, tie], '2023-07-05T20:00:00Z')).toBe('min=5 time=2023-07-06 00:00:00 +0000 UTC');
    expect(text([tie, daily], '2023-07-05T20:00:00Z')).toBe('min=9 time=2023-07-06 00:00:00 +0000 UTC');
  });

  it('3.9: an upcoming override without minReplicas shows nothing, one that overlaps the active shows itself', () => {
    expect(text([silent], '2023-07-05T01:00:00Z')).toBeUndefined();
    const late = override('2023-07-01T06:00:00Z', '2023-07-01T18:00:00Z', 'Daily', { minReplicas: 8 });
    expect(text([daily, late], '2023-07-05T03:00:00Z')).toBe('min=8 time=2023-07-05 06:00:00 +0000 UTC');
  });

  it('3.9: end and start at once show nothing; the next change is known all the same (D-13)', () => {
    const day = override('2023-07-01T00:00:00Z', '2023-07-01T12:00:00Z', 'Daily', { minReplicas: 5 });
    const night = override('2023-07-01T12:00:00Z', '2023-07-02T00:00:00Z', 'Daily', { minReplicas: 1 });
    expect(text([day, night], '2023-07-05T03:00:00Z')).toBeUndefined();
    expect(nextChange([day, night], '2023-07-05T03:00:00Z')).toEqual(['2023-07-05T12:00:00.000Z', 1]);
  });

  it('D-13: a first start further away than a period is not in SCHEDULE, and is the next change', () => {
    const far = override('2025-01-01T00:00:00Z', '2025-01-01T12:00:00Z', 'Daily', { minReplicas: 5 });
    expect(text([far], '2023-07-05T03:00:00Z')).toBeUndefined();
    expect(nextChange([far], '2023-07-05T03:00:00Z')).toEqual(['2025-01-01T00:00:00.000Z', 5]);
  });

  it('D-13: windows that change nothing are passed over', () => {
    const always = override('2023-07-01T00:00:00Z', '2023-07-02T00:00:00Z', 'Daily', { minReplicas: 3 });
    expect(nextChange([always], '2023-07-05T03:00:00Z')).toBeUndefined();
    const until = { ...always, recurrenceRule: { frequency: 'Daily' as const, untilTime: '2023-08-01T00:00:00Z' } };
    expect(nextChange([until], '2023-07-05T03:00:00Z')).toEqual(['2023-08-02T00:00:00.000Z', 2]);
  });

  it('D-14: maxReplicas can be overridden too', () => {
    const night = override('2023-07-01T00:00:00Z', '2023-07-01T06:00:00Z', 'Daily', { maxReplicas: 4 });
    expect(at([night], '2023-07-05T03:00:00Z').bounds).toEqual({ min: 2, max: 4 });
    expect(boundsChangeText({ min: 2, max: 4 }, { min: 1, max: 16 })).toBe(
      'minReplicas 1 instead of 2 and maxReplicas 16 instead of 4',
    );
  });
});

describe('for any schedule', () => {
  const startMs = fc.integer({ min: Date.parse('2020-01-01T00:00:00Z'), max: Date.parse('2030-01-01T00:00:00Z') });
  const frequency = fc.constantFrom<Frequency | undefined>(undefined, 'Daily', 'Weekly', 'Monthly', 'Yearly');
  const zone = fc.constantFrom(undefined, 'Europe/Berlin', 'America/St_Johns', 'Australia/Lord_Howe', 'Asia/Seoul');
  const anyOverride = fc
    .tuple(startMs, fc.integer({ min: 1, max: 23 }), frequency, zone)
    .map(([start, hours, often, timeZone]) =>
      override(
        iso(start - (start % 1_000)) ?? '',
        iso(start - (start % 1_000) + hours * HOUR_MS) ?? '',
        often,
        timeZone === undefined ? { minReplicas: 0 } : { minReplicas: 0, timeZone },
      ),
    );

  it('start is inclusive and end exclusive, and the next window is the one found when it begins', () => {
    fc.assert(
      fc.property(anyOverride, startMs, (one, now) => {
        const recurrence = recurrenceOf(one);
        const { active, next } = windowsAt(recurrence, now);
        if (active) expect(active.startMs <= now && now < active.endMs).toBe(true);
        if (!next) return;
        expect(next.startMs).toBeGreaterThan(now);
        expect(windowsAt(recurrence, next.startMs).active).toEqual(next);
        expect(windowsAt(recurrence, next.startMs - 1).next).toEqual(next);
      }),
    );
  });

  it('the bounds do not change before the next change, and do then', () => {
    fc.assert(
      fc.property(
        fc.array(anyOverride, { minLength: 1, maxLength: 3 }),
        startMs,
        fc.double({ min: 0, max: 0.99, noNaN: true }),
        (list, now, part) => {
          const { bounds, next } = scheduleAt(list, SPEC, now);
          const untilMs = next?.atMs ?? now + 90 * DAY_MS;
          expect(scheduleAt(list, SPEC, now + Math.floor((untilMs - now) * part)).bounds).toEqual(bounds);
          if (next) expect(scheduleAt(list, SPEC, next.atMs).bounds).toEqual(next.bounds);
          if (next) expect(next.bounds).not.toEqual(bounds);
        },
      ),
    );
  });
});
