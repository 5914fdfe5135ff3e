/** The text of the SCHEDULE column: fleet-semantics 3.9, letter by letter, gaps included (D-13). */
import { timeText } from './calendar.ts';
import { boundsChangeText, type Schedule } from './schedule.ts';

/** @param specMin `spec.minReplicas`, without any override; undefined when there is nothing to show */
export function scheduleText({ active, upcoming }: Schedule, specMin: number): string | undefined {
  if (active && (!upcoming || active.endMs < upcoming.startMs)) return line(specMin, active.endMs);
  if (!upcoming || active?.endMs === upcoming.startMs) return undefined;
  const { minReplicas } = upcoming.override;
  return minReplicas === undefined ? undefined : line(minReplicas, upcoming.startMs);
}

/** Go's default format of a time, in UTC as ARC's image has it. */
const line = (min: number, ms: number): string => `min=${min} time=${goTime(ms)}`;

function goTime(ms: number): string {
  const [, date = '', time = '', fraction = ''] = /^(.+)T(.+)\.(\d+)Z$/.exec(new Date(ms).toISOString()) ?? [];
  const digits = fraction.replace(/0+$/, '');
  return `${date} ${time}${digits && `.${digits}`} +0000 UTC`;
}

/** `2023-07-15 00:00 +09:00 (2023-07-14 15:00 UTC): minReplicas 1 instead of 2`, also where ARC's text is empty. */
export function nextChangeText({ bounds, next }: Schedule): string | undefined {
  if (!next) return undefined;
  return `${timeText(next.atMs, next.by.recurrence.calendar)}: ${boundsChangeText(bounds, next.bounds)}`;
}
