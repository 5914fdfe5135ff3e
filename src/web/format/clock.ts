/** `2023-07-12 09:01 GMT+9 (00:01 UTC)`: by the reader's clocks and in UTC. @param timeZone default: the browser's */
export function twoClocks(at: string, timeZone?: string): string {
  const own = clock(at, timeZone);
  const utc = clock(at, 'UTC');
  if (own.text === utc.text) return `${utc.text} UTC`;
  return `${own.text} ${own.zone} (${own.date === utc.date ? utc.time : utc.text} UTC)`;
}

/** `09:01`, by the reader's clocks. */
export const clockTime = (at: string, timeZone?: string): string => clock(at, timeZone).time;

function clock(at: string, timeZone: string | undefined) {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    timeZoneName: 'short',
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
  });
  const parts = new Map(format.formatToParts(Date.parse(at)).map(({ type, value }) => [type, value]));
  const date = `${parts.get('year')}-${parts.get('month')}-${parts.get('day')}`;
  const time = `${parts.get('hour')}:${parts.get('minute')}`;
  return { date, time, text: `${date} ${time}`, zone: parts.get('timeZoneName') ?? '' };
}
