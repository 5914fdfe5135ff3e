/**
 * `schedule` (SEM-4.1 to 4.4): reading a cron text, and when it falls due next in a time zone.
 *
 * Where clocks change, the rule is Vixie cron's, as GitHub documents it for skipped hours. A fixed time of day (no `*` in
 * minute or hour) happens once: one that does not exist that day at the first moment after the gap, one that exists twice
 * the first time. Anything else follows the clock as it is: nothing in a gap, and again in a repeated hour.
 *
 * Nothing runs more often than every 5 minutes (SEM-4.4). Minutes closer than that to the one before are left out when the
 * text is read, counted from the first of each hour: `* * * * *` is due in the minutes 0, 5, 10 … 55.
 */
import { UserError } from '../common/errors.ts';
import { type ClockOffsets, clockOffsets } from '../common/time-zone.ts';

export interface Cron {
  text: string;
  /** All sorted. */
  minutes: number[];
  hours: number[];
  days: number[];
  months: number[];
  /** 0 is Sunday. */
  weekdays: number[];
  /** Both day fields are restricted, so a day that fits either of them is meant (SEM-4.2). */
  eitherDay: boolean;
  /** A time of day that happens once a day, also where clocks change. */
  fixedTime: boolean;
  /** Minutes of the text were left out: they would fall due less than 5 minutes after others. */
  throttled: boolean;
}

interface Field {
  name: string;
  min: number;
  max: number;
  /** In lower case; the first stands for `min`. */
  names?: string[];
}

const MINUTE: Field = { name: 'minute', min: 0, max: 59 };
const HOUR: Field = { name: 'hour', min: 0, max: 23 };
const DAY: Field = { name: 'day of month', min: 1, max: 31 };
const MONTHS = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ');
const MONTH: Field = { name: 'month', min: 1, max: 12, names: MONTHS };
const WEEKDAY: Field = { name: 'day of week', min: 0, max: 6, names: 'sun mon tue wed thu fri sat'.split(' ') };

/** Far above any list that means something; a text of 59 minutes has 160 characters. */
const MAX_CRON_LENGTH = 500;

/**
 * SEM-4.1: five fields of `*`, values, ranges, steps and lists of them. No `@daily`, no seconds, no `L`, `W`, `#` or `?`.
 * @throws UserError with the position in the text of what is wrong
 */
export function parseCron(text: string): Cron {
  if (text.length > MAX_CRON_LENGTH) throw invalid(text, `it is longer than ${MAX_CRON_LENGTH} characters`);
  const parts = [...text.matchAll(/\S+/g)];
  const [minute, hour, day, month, weekday] = parts;
  if (!minute || !hour || !day || !month || !weekday || parts.length > 5) {
    throw invalid(text, `it needs 5 fields (minute, hour, day of month, month, day of week) and has ${parts.length}`);
  }
  const minutes = valuesOf(minute, MINUTE);
  const hours = valuesOf(hour, HOUR);
  const spaced = spacedMinutes(minutes, hours);
  return {
    text,
    minutes: spaced,
    hours,
    days: valuesOf(day, DAY),
    months: valuesOf(month, MONTH),
    weekdays: valuesOf(weekday, WEEKDAY),
    eitherDay: day[0] !== '*' && weekday[0] !== '*',
    fixedTime: !minute[0].includes('*') && !hour[0].includes('*'),
    throttled: spaced.length < minutes.length,
  };
}

function invalid(text: string, problem: string): UserError {
  const shown = text.length > 100 ? `${text.slice(0, 100)}…` : text;
  return new UserError('bad-cron', `invalid \`cron\` attribute "${shown}": ${problem}`);
}

function valuesOf({ 0: part, index: start, input: text }: RegExpExecArray, field: Field): number[] {
  const values = new Set<number>();
  let position = start + 1;
  for (const item of part.split(',')) {
    const problem = addItem(values, item, field);
    if (problem) throw invalid(text, `${problem}, at position ${position}`);
    position += item.length + 1;
  }
  return [...values].sort((a, b) => a - b);
}

const ITEM = /^(?:(\*)|([a-z]+|\d+)(?:-([a-z]+|\d+))?)(?:\/(\d+))?$/i;

/** `*`, `a`, `a-b`, each with `/step`; `a/step` goes on to the end. Returns what is wrong. */
function addItem(values: Set<number>, item: string, field: Field): string | undefined {
  const [match, all, fromText = '', toText, stepText] = ITEM.exec(item) ?? [];
  if (match === undefined) return `'${item}' is no ${field.name}`;
  const from = all ? field.min : valueIn(fromText, field);
  const to = all || (stepText && !toText) ? field.max : valueIn(toText ?? fromText, field);
  const step = Number(stepText ?? 1);
  if (from === undefined || to === undefined) return `the ${field.name} in '${item}' ${limits(field)}`;
  if (from > to) return `the range '${item}' of the ${field.name} is reversed`;
  if (step < 1 || step > field.max) return `the step of '${item}' is not within 1-${field.max}`;
  for (let value = from; value <= to; value += step) values.add(value);
  return undefined;
}

function limits({ min, max, names = [] }: Field): string {
  const [first, last] = [names[0], names.at(-1)];
  return `is not within ${min}-${max}${first && last ? ` or ${first.toUpperCase()}-${last.toUpperCase()}` : ''}`;
}

function valueIn(text: string, { min, max, names }: Field): number | undefined {
  const index = names?.indexOf(text.toLowerCase()) ?? -1;
  if (index >= 0) return min + index;
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  return value >= min && value <= max ? value : undefined;
}

/** SEM-4.4 */
const MIN_INTERVAL_MINUTES = 5;

function spacedMinutes(minutes: number[], hours: number[]): number[] {
  const spaced: number[] = [];
  for (const minute of minutes) {
    const last = spaced.at(-1);
    if (last === undefined || minute - last >= MIN_INTERVAL_MINUTES) spaced.push(minute);
  }
  const hoursMeet = hours.some((hour) => hours.includes((hour + 1) % 24));
  const end = (spaced[0] ?? 0) + 60 - MIN_INTERVAL_MINUTES;
  return hoursMeet ? spaced.filter((minute, index) => index === 0 || minute <= end) : spaced;
}

/** Of February in a leap year. */
const DAYS_OF_MONTHS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** False for dates that do not exist in any year, such as 30 February. */
export function fallsDue({ days, months, eitherDay }: Cron): boolean {
  const [first = 1] = days;
  return eitherDay || months.some((month) => first <= (DAYS_OF_MONTHS[month - 1] ?? 0));
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** From 29 February 2096 to that of 2104: nothing that is possible at all is rarer. */
const MAX_SEARCH_MS = 8 * 366 * DAY_MS;

/**
 * The first moment after `afterMs` at which the schedule falls due, in milliseconds since 1970; `null` for a date that does
 * not exist, such as 30 February.
 * @param timezone IANA name for which `isTimezone` is true; `null` for UTC (SEM-4.3)
 */
export function nextFiring(cron: Cron, timezone: string | null, afterMs: number): number | null {
  const offsetAt = timezone === null ? () => 0 : clockOffsets(timezone);
  // Shortly before clocks go back, walls that are past come again.
  const comesAgain = Math.max(0, offsetAt(afterMs) - offsetAt(afterMs + DAY_MS));
  let next: number | null = null;
  for (const wall of walls(cron, afterMs + offsetAt(afterMs) - comesAgain)) {
    const moments = momentsOf(wall, offsetAt, cron.fixedTime);
    for (const moment of moments) {
      if (moment > afterMs && (next === null || moment < next)) next = moment;
    }
    // First moments grow with their walls, so nothing later can be earlier.
    if (next !== null && (comesAgain === 0 || (moments[0] ?? 0) >= next)) break;
  }
  return next;
}

/** What clocks show when the schedule falls due, as if they showed UTC, from the minute of `from` on. */
function* walls(cron: Cron, from: number): Generator<number> {
  const firstDay = from - modulo(from, DAY_MS);
  const firstMinute = from - modulo(from, MINUTE_MS);
  for (let day = firstDay; day <= firstDay + MAX_SEARCH_MS; day += DAY_MS) {
    if (!fallsOn(cron, new Date(day))) continue;
    for (const hour of cron.hours) {
      for (const minute of cron.minutes) {
        const wall = day + hour * HOUR_MS + minute * MINUTE_MS;
        if (wall >= firstMinute) yield wall;
      }
    }
  }
}

const modulo = (value: number, divisor: number): number => ((value % divisor) + divisor) % divisor;

function fallsOn(cron: Cron, date: Date): boolean {
  if (!cron.months.includes(date.getUTCMonth() + 1)) return false;
  const isDay = cron.days.includes(date.getUTCDate());
  const isWeekday = cron.weekdays.includes(date.getUTCDay());
  return cron.eitherDay ? isDay || isWeekday : isDay && isWeekday;
}

/** The moments, in order, at which clocks show `wall`. A fixed time has exactly one (see above). */
function momentsOf(wall: number, offsetAt: ClockOffsets, fixedTime: boolean): number[] {
  // No zone is a day away from UTC, and none changes its clocks twice in two days.
  const [before, after] = [offsetAt(wall - DAY_MS), offsetAt(wall + DAY_MS)];
  const [early, late] = [wall - before, wall - after];
  if (before === after) return [early];
  const moments = [early, late].filter((moment, index) => offsetAt(moment) === (index === 0 ? before : after));
  if (!fixedTime) return moments;
  return moments.length > 0 ? moments.slice(0, 1) : [changeBetween(late, early, offsetAt)];
}

/** The first moment with the offset of `end`, when `start` has another. */
function changeBetween(start: number, end: number, offsetAt: ClockOffsets): number {
  let [low, high] = [start, end];
  while (high - low > MINUTE_MS) {
    const middle = low + Math.floor((high - low) / 2 / MINUTE_MS) * MINUTE_MS;
    if (offsetAt(middle) === offsetAt(end)) high = middle;
    else low = middle;
  }
  return high;
}
