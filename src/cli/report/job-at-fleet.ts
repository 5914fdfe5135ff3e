/** What a fleet knows of a job, as text. */
import type { TracedExplanation } from '../client/trace-job.ts';
import { safeText } from '../terminal/format.ts';
import type { Colors } from '../terminal/terminal.ts';

export function fleetLines({ fleet, firstBrokenLink }: TracedExplanation, colors: Colors): string[] {
  const link = firstBrokenLink ? [`${colors.red('!')} First broken link: ${safeText(firstBrokenLink.text)}`] : [];
  // Without a fleet the server's own sentences have said so.
  if (!fleet) return [];
  if ('problem' in fleet) return link;
  const pools = fleet.pools.map(({ namespace, name, text }) => safeText(`Pool ${namespace}/${name}: ${text}`));
  return fleet.cause === null ? [] : [...link, ...pools];
}
