/** The explanation of a pool as text. */
import type { PoolExplanation } from '../../protocol/dashboard/index.ts';
import { ageText, safeText } from '../terminal/format.ts';
import type { Colors } from '../terminal/terminal.ts';

/** @param timeZone of the reader; left out: this machine's */
export function poolText(pool: PoolExplanation, nowMs: number, colors: Colors, timeZone?: string): string[] {
  const { namespace, name, rule, reasons, problems, next, events } = pool;
  const nextLines = next.map(({ at, what, desired }) => {
    const result = desired === null || desired === pool.desired ? '' : `, which makes ${desired}`;
    return `    in ${ageText(Date.parse(at) - nowMs)}, ${timeText(at, timeZone)}: ${safeText(what)}${result}`;
  });
  return [
    `${colors.bold(safeText(`pool ${namespace}/${name}`))}: ${countText(pool)}`,
    `  ${safeText(rule)}`,
    ...reasons.map(({ text }) => `  ${safeText(text)}`),
    ...problems.map((problem) => `  ${colors.red('!')} ${safeText(problem)}`),
    ...(next.length > 0 ? ['  Next:', ...nextLines] : []),
    ...events.map(({ at, reason, message, count }) =>
      colors.dim(`    ${at}  ${safeText(`${reason}: ${message}`)}${count > 1 ? ` (${count} times)` : ''}`),
    ),
  ];
}

function countText({ desired, current, busy, idle, starting, leaving, min, max }: PoolExplanation): string {
  const states = { busy, idle, starting, leaving };
  const parts = Object.entries(states).flatMap(([state, count]) => (count > 0 ? `${count} ${state}` : []));
  const bounds = [min === null ? [] : `at least ${min}`, max === null ? [] : `at most ${max}`].flat();
  const wanted = `${desired} wanted${bounds.length > 0 ? ` (${bounds.join(', ')})` : ''}`;
  return `${current} ${current === 1 ? 'runner' : 'runners'}, ${wanted}${parts.length > 0 ? `: ${parts.join(', ')}` : ''}`;
}

/** `2023-07-12 09:01 GMT+9 (00:01 UTC)`: by the reader's clocks and in UTC. */
function timeText(at: string, timeZone: string | undefined): string {
  const own = clock(at, timeZone);
  const utc = clock(at, 'UTC');
  if (own.text === utc.text) return `${utc.text} UTC`;
  const sameDay = own.date === utc.date;
  return `${own.text} ${own.zone} (${sameDay ? utc.time : utc.text} UTC)`;
}

function clock(at: string, timeZone: string | undefined) {
  const options = { timeZone, timeZoneName: 'short', hourCycle: 'h23' } as const;
  const fields = { year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit' } as const;
  const parts = new Intl.DateTimeFormat('en-US', { ...options, ...fields }).formatToParts(Date.parse(at));
  const part = (type: Intl.DateTimeFormatPartTypes): string => parts.find((one) => one.type === type)?.value ?? '';
  const date = `${part('year')}-${part('month')}-${part('day')}`;
  const time = `${part('hour')}:${part('minute')}`;
  return { date, time, text: `${date} ${time}`, zone: part('timeZoneName') };
}
