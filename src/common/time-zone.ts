/** What clocks show in a time zone, from the database that Node brings (Intl). */

/** How far clocks are ahead of UTC at a moment; both in milliseconds. */
export type ClockOffsets = (ms: number) => number;

/** @throws RangeError for a name for which `isTimezone` is false */
export function clockOffsets(timezone: string): ClockOffsets {
  const formatter = formatterOf(timezone);
  return (ms) => {
    const parts = new Map(formatter.formatToParts(ms).map(({ type, value }) => [type, Number(value)]));
    const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
    const [year, month, day] = [part('year'), part('month') - 1, part('day')];
    return Date.UTC(year, month, day, part('hour'), part('minute'), part('second')) - Math.floor(ms / 1000) * 1000;
  };
}

/** True for a name of the IANA time zone database, such as `Europe/Berlin`. */
export function isTimezone(name: string): boolean {
  try {
    // An offset such as +01:00 is no name, though newer versions of Node take it.
    return /^[A-Za-z]/.test(name) && formatterOf(name) !== undefined;
  } catch {
    return false;
  }
}

/** Making a formatter takes far longer than using it. */
const formatters = new Map<string, Intl.DateTimeFormat>();
const MAX_FORMATTERS = 200;

function formatterOf(timezone: string): Intl.DateTimeFormat {
  const known = formatters.get(timezone);
  if (known) return known;
  const date = { year: 'numeric', month: 'numeric', day: 'numeric' } as const;
  const time = { hour: 'numeric', minute: 'numeric', second: 'numeric', hourCycle: 'h23' } as const;
  const formatter = new Intl.DateTimeFormat('en-US', { timeZone: timezone, ...date, ...time });
  if (formatters.size >= MAX_FORMATTERS) formatters.delete(formatters.keys().next().value ?? '');
  formatters.set(timezone, formatter);
  return formatter;
}
