/** `2023-07-12 09:01 GMT+9 (00:01 UTC)`: by somebody's clocks and in UTC. @param timeZone left out: this machine's */
export function twoClocks(at: number | string, timeZone?: string): string {
  const own = clock(at, timeZone);
  const utc = clock(at, 'UTC');
  if (own.text === utc.text) return `${utc.text} UTC`;
  return `${own.text} ${own.zone} (${own.date === utc.date ? utc.time : utc.text} UTC)`;
}

/** `09:01`, by somebody's clocks. @param timeZone left out: this machine's */
export const clockTime = (at: number | string, timeZone?: string): string => clock(at, timeZone).time;

function clock(at: number | string, timeZone: string | undefined) {
  const options = { timeZone, timeZoneName: 'short', hourCycle: 'h23' } as const;
  const fields = { year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit' } as const;
  const parts = new Intl.DateTimeFormat('en-US', { ...options, ...fields }).formatToParts(new Date(at));
  const part = (type: Intl.DateTimeFormatPartTypes): string => parts.find((one) => one.type === type)?.value ?? '';
  const date = `${part('year')}-${part('month')}-${part('day')}`;
  const time = `${part('hour')}:${part('minute')}`;
  return { date, time, text: `${date} ${time}`, zone: part('timeZoneName') };
}
