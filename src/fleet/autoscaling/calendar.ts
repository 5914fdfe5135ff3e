/**
 * The clocks that a schedule follows: a fixed offset (SCH-3), or a time zone with its summer times (D-12). "Local" is
 * what these clocks show, as the epoch ms that UTC would have at the same reading; so days can be counted in it.
 */
import { clockOffsets } from '../../common/time-zone.ts';

export interface Calendar {
  /** `+09:00` or `Asia/Seoul`. */
  name: string;
  toLocal(ms: number): number;
  /**
   * RFC 5545 3.3.5: of a reading that clocks show twice the first moment is meant; one that they skip is read with the
   * offset before the gap.
   */
  toInstant(local: number): number;
}

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** The calendar of an RFC 3339 time: its own offset, whatever the process's zone is (SCH-10). */
export function calendarOfText(time: string): Calendar {
  const [, sign, hours, minutes] = /([+-])(\d{2}):(\d{2})$/.exec(time) ?? [];
  const offsetMs = Number(hours ?? 0) * HOUR_MS + Number(minutes ?? 0) * MINUTE_MS;
  return offsetMs === 0 ? UTC : fixed(`${sign}${hours}:${minutes}`, sign === '-' ? -offsetMs : offsetMs);
}

const UTC = fixed('UTC', 0);

function fixed(name: string, offsetMs: number): Calendar {
  return { name, toLocal: (ms) => ms + offsetMs, toInstant: (local) => local - offsetMs };
}

/** @throws RangeError for a zone that `isTimezone` does not know */
export function calendarOfZone(name: string): Calendar {
  const offsetAt = clockOffsets(name);
  return {
    name,
    toLocal: (ms) => ms + offsetAt(ms),
    toInstant(local) {
      // Zones change by less than a day, and not twice within two.
      const before = offsetAt(local - DAY_MS);
      const after = offsetAt(local + DAY_MS);
      if (offsetAt(local - before) === before || offsetAt(local - after) !== after) return local - before;
      return local - after;
    },
  };
}

/** `2023-07-17 00:00 +09:00 (2023-07-16 15:00 UTC)`: in the schedule's own clocks, and in UTC. */
export function timeText(ms: number, calendar: Calendar = UTC): string {
  const own = clockText(ms, calendar);
  return calendar.name === UTC.name ? own : `${own} (${clockText(ms, UTC)})`;
}

/** `2023-07-17 00:00 +09:00`. */
export const clockText = (ms: number, { name, toLocal }: Calendar): string => `${minuteText(toLocal(ms))} ${name}`;

/** Seconds only where there are some. */
const minuteText = (local: number): string =>
  new Date(local)
    .toISOString()
    .replace('T', ' ')
    .replace(/(:00)?(\.\d+)?Z$/, '');
