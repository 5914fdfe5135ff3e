/** The explanation of a pool as text. */
import type { PoolExplanation } from '../../protocol/dashboard/index.ts';
import { safeText } from '../terminal/format.ts';
import type { Colors } from '../terminal/terminal.ts';
import { whenText } from './next-changes.ts';

/** @param timeZone of the reader; left out: this machine's */
export function poolText(pool: PoolExplanation, nowMs: number, colors: Colors, timeZone?: string): string[] {
  const { namespace, name, rule, reasons, problems, next, events } = pool;
  const nextLines = next.map(({ at, what, desired }) => {
    const result = desired === null || desired === pool.desired ? '' : `, which makes ${desired}`;
    return `    ${whenText(at, nowMs, timeZone)}: ${safeText(what)}${result}`;
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
