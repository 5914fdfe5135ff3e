/** When a scheduled override holds: SCH-1 to SCH-6 of fleet-semantics 3.2, after RFC 5545. */
import type { ScheduledOverride } from '../resources/autoscaler-spec.ts';
import { type Calendar, calendarOfText, calendarOfZone, DAY_MS } from './calendar.ts';

export interface Window {
  /** Inclusive, epoch ms. */
  startMs: number;
  /** Exclusive. */
  endMs: number;
}

export interface Recurrence {
  calendar: Calendar;
  /** Both in the calendar's local time; every occurrence keeps the time of day of both. */
  localStart: number;
  localEnd: number;
  step: { days: number } | { months: number } | undefined;
  /** Bounds starts, inclusive; Infinity for ever. */
  untilMs: number;
}

const STEPS: Record<string, Recurrence['step']> = {
  Daily: { days: 1 },
  Weekly: { days: 7 },
  Monthly: { months: 1 },
  Yearly: { months: 12 },
};

export function recurrenceOf({ startTime, endTime, timeZone, recurrenceRule }: ScheduledOverride): Recurrence {
  const calendar = timeZone === undefined ? calendarOfText(startTime) : calendarOfZone(timeZone);
  const { frequency = '', untilTime } = recurrenceRule ?? {};
  return {
    calendar,
    localStart: calendar.toLocal(Date.parse(startTime)),
    localEnd: calendar.toLocal(Date.parse(endTime)),
    step: STEPS[frequency],
    untilMs: untilTime === undefined ? Number.POSITIVE_INFINITY : Date.parse(untilTime),
  };
}

export interface Windows {
  /** The occurrence that holds now (SCH-4). */
  active?: Window;
  /** The first one to begin later, however far that is (D-13). */
  next?: Window;
}

/** What was answered last, and until when it stands: the clocks of a zone are slow to ask. */
const answers = new WeakMap<Recurrence, { fromMs: number; untilMs: number; windows: Windows }>();

export function windowsAt(recurrence: Recurrence, nowMs: number): Windows {
  const known = answers.get(recurrence);
  if (known && known.fromMs <= nowMs && nowMs < known.untilMs) return known.windows;
  const windows = findWindows(recurrence, nowMs);
  const ends = [windows.active?.endMs, windows.next?.startMs].filter((ms) => ms !== undefined);
  answers.set(recurrence, { fromMs: nowMs, untilMs: Math.min(...ends), windows });
  return windows;
}

function findWindows(recurrence: Recurrence, nowMs: number): Windows {
  let number = lastNumber(recurrence, Math.min(nowMs, recurrence.untilMs));
  let last = occurrence(recurrence, number);
  while (number >= 0 && (last === undefined || last.startMs > nowMs)) last = occurrence(recurrence, --number);
  const active = last && last.endMs > nowMs ? last : undefined;
  return { active, next: firstFrom(recurrence, number + 1) };
}

/** Up to here ARC looks for what comes: a period from now, in the calendar's fields (SCH-2, SCH-5). */
export function horizonMs({ calendar, step }: Recurrence, nowMs: number): number {
  if (step === undefined) return Number.POSITIVE_INFINITY;
  const local = calendar.toLocal(nowMs);
  if ('days' in step) return calendar.toInstant(local + step.days * DAY_MS);
  const date = new Date(local);
  // January 31 and a month is March 2 or 3, as in Go.
  return calendar.toInstant(date.setUTCMonth(date.getUTCMonth() + step.months));
}

/** An upper bound for the number of the last occurrence that began before now; a summer time may cost one. */
function lastNumber({ calendar, localStart, step }: Recurrence, nowMs: number): number {
  if (step === undefined) return 0;
  const local = calendar.toLocal(nowMs);
  if ('days' in step) return Math.max(-1, Math.floor((local - localStart) / (step.days * DAY_MS)) + 1);
  const [now, first] = [new Date(local), new Date(localStart)];
  const months = (now.getUTCFullYear() - first.getUTCFullYear()) * 12 + now.getUTCMonth() - first.getUTCMonth();
  return Math.max(-1, Math.floor(months / step.months) + 1);
}

/** Eight years may lie between two February 29ths, and a month without a 31st is followed by one with it. */
const MAX_SKIPPED = 8;

function firstFrom(recurrence: Recurrence, from: number): Window | undefined {
  for (let number = from; number <= from + MAX_SKIPPED; number++) {
    const found = occurrence(recurrence, number);
    if (found) return found;
  }
  return undefined;
}

/** Undefined when there is no such one: before the first, after the last, or on a day that its month does not have. */
function occurrence(recurrence: Recurrence, number: number): Window | undefined {
  const { calendar, localStart, localEnd, step, untilMs } = recurrence;
  if (number < 0 || (number > 0 && step === undefined)) return undefined;
  const local = step === undefined ? localStart : stepped(localStart, step, number);
  if (local === undefined) return undefined;
  const startMs = calendar.toInstant(local);
  if (startMs > untilMs) return undefined;
  return { startMs, endMs: calendar.toInstant(local + localEnd - localStart) };
}

function stepped(local: number, step: NonNullable<Recurrence['step']>, number: number): number | undefined {
  if ('days' in step) return local + number * step.days * DAY_MS;
  const date = new Date(local);
  const day = date.getUTCDate();
  const moved = date.setUTCMonth(date.getUTCMonth() + number * step.months);
  return date.getUTCDate() === day ? moved : undefined;
}
