/** What can be foreseen to change a pool's size (D-13). Pure. */
import type { CapacityReservation } from '../resources/autoscaler-spec.ts';
import { clockText } from './calendar.ts';
import type { Held } from './clamp.ts';
import { nextExpiryMs } from './reservations.ts';
import { type Bounds, boundsChangeText, type Schedule } from './schedule.ts';
import { ROUND_MS, type Round } from './suggestion.ts';

/** `desired` is what the number would become, all else unchanged; left out where that cannot be said. */
export interface NextChange {
  atMs: number;
  what: string;
  desired?: number;
}

export type Decided = Held;
/** The decision with these bounds at another time. */
export type Decide = (bounds: Bounds, atMs: number) => Decided;

export interface Foreseen {
  schedule: Schedule;
  heldUntilMs?: number;
  reservations: readonly CapacityReservation[];
  round?: Round;
}

/** Soonest first. */
export function nextChanges(foreseen: Foreseen, decide: Decide, nowMs: number): NextChange[] {
  const { schedule, heldUntilMs, reservations, round } = foreseen;
  const { bounds, next } = schedule;
  const expiryMs = nextExpiryMs(reservations, nowMs);
  const change = (atMs: number | undefined, what: string, then = bounds): NextChange[] =>
    atMs === undefined ? [] : [{ atMs, what, desired: decide(then, atMs).desired }];
  return [
    ...change(heldUntilMs, 'the time in which nothing is taken away after an increase ends'),
    ...(next ? change(next.atMs, scheduleText(bounds, next), next.bounds) : []),
    ...change(expiryMs, 'a reservation ends'),
    ...(round ? [{ atMs: round.atMs + ROUND_MS, what: 'the next round of PercentageRunnersBusy' }] : []),
  ].sort((a, b) => a.atMs - b.atMs);
}

/** With the time by the schedule's own clocks. */
function scheduleText(bounds: Bounds, { atMs, bounds: then, by }: NonNullable<Schedule['next']>): string {
  const at = clockText(atMs, by.recurrence.calendar);
  return `the schedule sets ${boundsChangeText(bounds, then)} (at ${at})`;
}
