import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { spentMs } from '../../test/support/thread-time.ts';
import { fallsDue, nextFiring, parseCron } from './cron.ts';

const MINUTE = 60_000;
const DAY = 1440 * MINUTE;

/** The next firings as texts, each after the one before. */
function firings(text: string, timezone: string | null, after: string, count: number): (string | null)[] {
  const cron = parseCron(text);
  const found: (string | null)[] = [];
  for (let at: number | null = Date.parse(after); at !== null && found.length < count; ) {
    at = nextFiring(cron, timezone, at);
    found.push(at === null ? null : new Date(at).toISOString().replace(':00.000Z', 'Z'));
  }
  return found;
}

const next = (text: string, after: string, timezone: string | null = null) => firings(text, timezone, after, 1)[0];

describe('parseCron', () => {
  it.each([
    ['30 5 * * 1-5', { minutes: [30], hours: [5], weekdays: [1, 2, 3, 4, 5] }],
    ['20/15 4,16 * * *', { minutes: [20, 35, 50], hours: [4, 16] }],
    [
      '0 */6 1-10/3 jan,MAR-may sun',
      { hours: [0, 6, 12, 18], days: [1, 4, 7, 10], months: [1, 3, 4, 5], weekdays: [0] },
    ],
    ['  05  00\t* 1/4 FRI/1 ', { minutes: [5], hours: [0], months: [1, 5, 9], weekdays: [5, 6] }],
  ])('SEM-4.1: reads %j', (text, fields) => {
    expect(parseCron(text)).toMatchObject(fields);
  });

  it.each([
    ['@daily', 'it needs 5 fields (minute, hour, day of month, month, day of week) and has 1'],
    ['0 0 0 * * *', 'it needs 5 fields (minute, hour, day of month, month, day of week) and has 6'],
    ['', 'it needs 5 fields (minute, hour, day of month, month, day of week) and has 0'],
    ['60 * * * *', "the minute in '60' is not within 0-59, at position 1"],
    ['0 24 * * *', "the hour in '24' is not within 0-23, at position 3"],
    ['0 0 1,0 * *', "the day of month in '0' is not within 1-31, at position 7"],
    ['0 0 * 13 *', "the month in '13' is not within 1-12 or JAN-DEC, at position 7"],
    ['0 0 * * 7', "the day of week in '7' is not within 0-6 or SUN-SAT, at position 9"],
    ['0 0 * MON *', "the month in 'MON' is not within 1-12 or JAN-DEC, at position 7"],
    ['0 0 L * *', "the day of month in 'L' is not within 1-31, at position 5"],
    ['0 0 15W * *', "'15W' is no day of month, at position 5"],
    ['0 0 ? * *', "'?' is no day of month, at position 5"],
    ['0 0 * * 1#2', "'1#2' is no day of week, at position 9"],
    ['5-3 * * * *', "the range '5-3' of the minute is reversed, at position 1"],
    ['0 0 * * FRI-MON', "the range 'FRI-MON' of the day of week is reversed, at position 9"],
    ['*/0 * * * *', "the step of '*/0' is not within 1-59, at position 1"],
    ['*/60 * * * *', "the step of '*/60' is not within 1-59, at position 1"],
    ['1,,2 * * * *', "'' is no minute, at position 3"],
    ['-1 * * * *', "'-1' is no minute, at position 1"],
    ['1.5 * * * *', "'1.5' is no minute, at position 1"],
    [`${'1,'.repeat(300)}1 * * * *`, 'it is longer than 500 characters'],
  ])('SEM-4.1: refuses %j', (text, problem) => {
    const shown = text.length > 100 ? `${text.slice(0, 100)}…` : text;
    const message = `invalid \`cron\` attribute "${shown}": ${problem}`;
    expect(() => parseCron(text)).toThrow(expect.objectContaining({ code: 'bad-cron', message }));
  });
});

describe('nextFiring', () => {
  it('gives the first moment after the one given, never that one', () => {
    expect(next('30 5 * * *', '2026-05-01T05:29:59.999Z')).toBe('2026-05-01T05:30Z');
    expect(next('30 5 * * *', '2026-05-01T05:30:00Z')).toBe('2026-05-02T05:30Z');
    expect(next('30 5 * * *', '2026-12-31T23:00:00Z')).toBe('2027-01-01T05:30Z');
  });

  it('SEM-4.2: with both day fields restricted a day that fits either is meant', () => {
    expect(firings('0 0 13 * FRI', null, '2026-11-01T00:00Z', 3)).toEqual([
      '2026-11-06T00:00Z',
      '2026-11-13T00:00Z',
      '2026-11-20T00:00Z',
    ]);
    expect(firings('0 0 13 12 *', null, '2026-11-01T00:00Z', 2)).toEqual(['2026-12-13T00:00Z', '2027-12-13T00:00Z']);
    expect(next('0 0 * * FRI', '2026-11-07T00:00Z')).toBe('2026-11-13T00:00Z');
  });

  it('SEM-4.2: finds leap days, also over the 8 years around 2100', () => {
    expect(next('0 0 29 2 *', '2026-01-01T00:00Z')).toBe('2028-02-29T00:00Z');
    expect(next('59 23 29 2 *', '2096-03-01T00:00Z')).toBe('2104-02-29T23:59Z');
  });

  it.each(['0 0 30 2 *', '* * 31 2,4,6,9,11 *'])('has no answer for %s, at once', (text) => {
    const cron = parseCron(text);
    const start = spentMs();
    expect(nextFiring(cron, 'Europe/Berlin', Date.UTC(2026, 0, 1))).toBeNull();
    expect(spentMs() - start).toBeLessThan(50);
  });

  it('SEM-4.3: a fixed schedule follows local wall time', () => {
    expect(next('30 5 * * *', '2026-01-10T00:00Z', 'America/New_York')).toBe('2026-01-10T10:30Z');
    expect(next('30 5 * * *', '2026-07-10T00:00Z', 'America/New_York')).toBe('2026-07-10T09:30Z');
    expect(next('0 0 * * *', '2026-07-10T00:00Z', 'Asia/Kathmandu')).toBe('2026-07-10T18:15Z');
  });

  it('SEM-4.3: a time that does not exist that day is due at the first moment after the gap, once', () => {
    // 02:00 to 03:00 do not exist on 29 March 2026.
    expect(firings('30 2 * * *', 'Europe/Berlin', '2026-03-28T12:00Z', 2)).toEqual([
      '2026-03-29T01:00Z',
      '2026-03-30T00:30Z',
    ]);
    expect(firings('0,20,40 2,3 * * *', 'Europe/Berlin', '2026-03-29T00:00Z', 3)).toEqual([
      '2026-03-29T01:00Z',
      '2026-03-29T01:20Z',
      '2026-03-29T01:40Z',
    ]);
    // Here the gap ends at midnight: the schedule is due in the first moment of the next day.
    expect(next('30 23 * * *', '2026-03-28T02:00Z', 'America/Nuuk')).toBe('2026-03-29T01:00Z');
  });

  it('SEM-4.3: a time that exists twice is due the first time only', () => {
    expect(firings('30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00Z', 2)).toEqual([
      '2026-10-25T00:30Z',
      '2026-10-26T01:30Z',
    ]);
  });

  it('SEM-4.3: what follows the clock leaves out a gap and repeats a repeated hour', () => {
    expect(firings('30 * * * *', 'Europe/Berlin', '2026-03-29T00:00Z', 2)).toEqual([
      '2026-03-29T00:30Z',
      '2026-03-29T01:30Z',
    ]);
    expect(firings('*/30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00Z', 5)).toEqual([
      '2026-10-25T00:00Z',
      '2026-10-25T00:30Z',
      '2026-10-25T01:00Z',
      '2026-10-25T01:30Z',
      '2026-10-26T01:00Z',
    ]);
  });

  it.each([
    ['* * * * *', [0, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55]],
    ['*/4 * * * *', [0, 8, 16, 24, 32, 40, 48]],
    ['*/4 9 * * *', [0, 8, 16, 24, 32, 40, 48, 56]],
    ['2,3,58 23,0 * * *', [2]],
    ['2,3,58 9,11 * * *', [2, 58]],
  ])('SEM-4.4: %s is clamped to the minutes %j', (text, minutes) => {
    expect(parseCron(text)).toMatchObject({ minutes, throttled: true });
  });

  it('SEM-4.4: leaves alone what is not more often than every 5 minutes', () => {
    for (const text of ['*/5 * * * *', '0 * * * *', '3,57 9 * * *']) expect(parseCron(text).throttled).toBe(false);
    expect(firings('* * * * *', null, '2026-05-01T23:52Z', 3)).toEqual([
      '2026-05-01T23:55Z',
      '2026-05-02T00:00Z',
      '2026-05-02T00:05Z',
    ]);
  });

  it('SEM-4.4: two firings are never less than 5 minutes apart', () => {
    fc.assert(
      fc.property(crons, fc.integer({ min: 0, max: 366 * 1440 }), (text, minute) => {
        const cron = parseCron(text);
        const first = nextFiring(cron, null, Date.UTC(2027, 0, 1) + minute * MINUTE);
        const second = first === null ? null : nextFiring(cron, null, first);
        expect((second ?? Number.POSITIVE_INFINITY) - (first ?? 0)).toBeGreaterThanOrEqual(5 * MINUTE);
      }),
    );
  });

  it('agrees with a walk over every minute around the clock changes of several zones', { timeout: 30_000 }, () => {
    fc.assert(
      fc.property(crons, fc.constantFrom(...spans()), (text, span) => {
        const cron = parseCron(text);
        const found: number[] = [];
        for (let at = nextFiring(cron, span.zone, span.from - 1); at !== null && at < span.to; ) {
          found.push(at);
          at = nextFiring(cron, span.zone, at);
        }
        expect(found).toEqual(slowFirings(text, span));
      }),
      { numRuns: 150 },
    );
  });
});

const number = (min: number, max: number) => fc.integer({ min, max }).map(String);
const range = (min: number, max: number) =>
  fc.tuple(fc.integer({ min, max }), fc.integer({ min, max })).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`);

/** A field of every form; `star` says how often it is `*`. */
function field(min: number, max: number, star: number) {
  const step = (from: fc.Arbitrary<string>) =>
    fc.tuple(from, number(1, Math.min(max, 9))).map((parts) => parts.join('/'));
  return fc.oneof(
    { weight: star, arbitrary: fc.constant('*') },
    { weight: 4, arbitrary: number(min, max) },
    range(min, max),
    step(fc.constant('*')),
    step(range(min, max)),
    step(number(min, max)),
    fc.tuple(number(min, max), number(min, max)).map((parts) => parts.join(',')),
  );
}

/** Hours are mostly those in which clocks change. */
const hours = fc.oneof({ weight: 2, arbitrary: number(0, 3) }, number(22, 23), field(0, 23, 2));
const crons = fc
  .tuple(field(0, 59, 2), hours, field(1, 31, 8), field(1, 12, 12), field(0, 6, 8))
  .map((fields) => fields.join(' '));

/** The minutes around one change of the clocks, and what they show in each. */
interface Span {
  zone: string;
  /** The minutes before `from` only tell what has been shown already. */
  from: number;
  to: number;
  walls: Map<number, number>;
}

/** Gaps and repeats of 60 and 30 minutes, at midnight, before it and in the night; zones without; all hemispheres. */
const ZONES = [
  ...['UTC', 'Asia/Kathmandu', 'Europe/Berlin', 'America/New_York', 'America/Santiago', 'America/Nuuk'],
  ...['Australia/Lord_Howe', 'Pacific/Chatham', 'Africa/Casablanca', 'Africa/Cairo'],
];

let known: Span[] | undefined;

function spans(): Span[] {
  known ??= ZONES.flatMap((zone) => changes(zone).map((change) => spanAround(zone, change)));
  return known;
}

function changes(zone: string): number[] {
  const format = formatOf(zone);
  const found: number[] = [];
  for (let at = Date.UTC(2026, 0, 1); at < Date.UTC(2027, 0, 1); at += 30 * MINUTE) {
    if (wallAt(format, at) - wallAt(format, at - 30 * MINUTE) !== 30 * MINUTE) found.push(at);
  }
  return found.length > 0 ? found : [Date.UTC(2026, 1, 28)];
}

function spanAround(zone: string, change: number): Span {
  const format = formatOf(zone);
  const walls = new Map<number, number>();
  const [from, to] = [change - DAY, change + DAY];
  for (let at = from - 180 * MINUTE; at < to; at += MINUTE) walls.set(at, wallAt(format, at));
  return { zone, from, to, walls };
}

const formatOf = (zone: string) =>
  new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'short' });

/** The Swedish format is 2026-05-01 13:45. */
const wallAt = (format: Intl.DateTimeFormat, at: number): number =>
  Date.parse(`${format.format(at).replace(' ', 'T')}Z`);

/** By the letter: every minute is looked at, with what clocks show in it and have shown before. */
function slowFirings(text: string, { from, to, walls }: Span): number[] {
  const due = dueAt(text);
  const [minuteText = '', hourText = ''] = text.split(' ');
  const fixed = !minuteText.includes('*') && !hourText.includes('*');
  const shown = new Set<number>();
  const found: number[] = [];
  let before = walls.get(from - 180 * MINUTE) ?? 0;
  for (const [at, wall] of walls) {
    let fires = due(wall) && !(fixed && shown.has(wall));
    for (let skipped = before + MINUTE; fixed && skipped < wall; skipped += MINUTE) fires ||= due(skipped);
    if (fires && at >= from && at < to) found.push(at);
    shown.add(wall);
    before = wall;
  }
  return found;
}

function dueAt(text: string): (wall: number) => boolean {
  const [minuteText = '', hourText = '', dayText = '', monthText = '', weekdayText = ''] = text.split(' ');
  const [dueHours, days] = [slowValues(hourText, 0, 23), slowValues(dayText, 1, 31)];
  const [months, weekdays] = [slowValues(monthText, 1, 12), slowValues(weekdayText, 0, 6)];
  const minutes = slowMinutes(slowValues(minuteText, 0, 59), dueHours);
  return (wall) => {
    const date = new Date(wall);
    const [day, weekday] = [days.has(date.getUTCDate()), weekdays.has(date.getUTCDay())];
    const both = dayText === '*' || weekdayText === '*';
    const isDay = both ? day && weekday : day || weekday;
    return (
      isDay &&
      minutes.has(date.getUTCMinutes()) &&
      dueHours.has(date.getUTCHours()) &&
      months.has(date.getUTCMonth() + 1)
    );
  };
}

function slowValues(text: string, min: number, max: number): Set<number> {
  const values = new Set<number>();
  for (const item of text.split(',')) {
    const [base = '', step] = item.split('/');
    const [low = '', high] = base.split('-');
    const from = base === '*' ? min : Number(low);
    for (let value = min; value <= max; value++) {
      const end = base === '*' || (step && !high) ? max : Number(high ?? low);
      if (value >= from && value <= end && (value - from) % Number(step ?? 1) === 0) values.add(value);
    }
  }
  return values;
}

/** SEM-4.4: a minute stays when none of the 4 before it did, nor one of the first 4 of an hour that follows. */
function slowMinutes(minutes: Set<number>, dueHours: Set<number>): Set<number> {
  const kept = new Set<number>();
  for (let minute = 0; minute < 60; minute++) {
    if (minutes.has(minute) && ![1, 2, 3, 4].some((back) => kept.has(minute - back))) kept.add(minute);
  }
  const first = Math.min(...kept);
  const hourFollows = [...dueHours].some((hour) => dueHours.has(hour === 23 ? 0 : hour + 1));
  return new Set([...kept].filter((minute) => !hourFollows || minute === first || first + 60 - minute >= 5));
}

describe('fallsDue', () => {
  it('says without a search what a search finds', () => {
    const field = (min: number, max: number) =>
      fc.oneof(fc.constant('*'), fc.integer({ min, max }).map(String), fc.constant(String(max)));
    const text = fc.tuple(field(25, 31), field(1, 12)).map(([day, month]) => `0 0 ${day} ${month} *`);
    fc.assert(
      fc.property(text, (cron) => {
        expect(fallsDue(parseCron(cron))).toBe(nextFiring(parseCron(cron), null, 0) !== null);
      }),
    );
    expect(fallsDue(parseCron('0 0 30 2 *'))).toBe(false);
    expect(fallsDue(parseCron('0 0 30 2 mon'))).toBe(true);
  });
});
