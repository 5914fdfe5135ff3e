/** The way of a job from its event to its runner, of which the server knows the first half and the fleet the second. Pure. */
import type { BrokenLink, Explanation, FleetJobExplanation } from '../../protocol/dashboard/index.ts';

/** What a fleet says of the job, or why it said nothing; undefined where there is none to ask. */
export type FleetPart = FleetJobExplanation | { problem: string } | undefined;

/** Whether a fleet had or has to start a runner for it, so that it can tell of the job. */
export const concernsFleet = ({ asks }: Pick<Explanation, 'asks'>): boolean =>
  asks !== undefined && (asks.isQueued || asks.runner !== null);

/** The path of the fleet's API that explains the job with this id. */
export function fleetQuestion(id: number, asks: NonNullable<Explanation['asks']>): string {
  const { repository, labels, group, runner } = asks;
  const words = new URLSearchParams({ repository, id: String(id), labels: labels.join(',') });
  if (group !== null) words.set('group', group);
  if (runner !== null) words.set('runner', runner);
  return `/explain/jobs?${words}`;
}

/** The fleet's part begins where the server's ends: with a job that waits for nothing but a runner. Null when nothing is broken. */
export function firstBrokenLink({ status, sentences, asks }: Explanation, fleet: FleetPart): BrokenLink | null {
  if (status === 'completed' || status === 'in_progress') return null;
  const [first = '', second = first] = sentences;
  if (!asks?.isQueued) return { at: 'server', text: first };
  // Only the server knows of walls: no pool's runner would get the job.
  if (!fleet || / behind a wall: /.test(second)) return { at: 'server', text: second };
  if ('problem' in fleet) return { at: 'fleet', text: fleet.problem };
  if (fleet.cause === null || fleet.cause.code === 'idle-runner') return { at: 'server', text: second };
  return { at: 'fleet', text: fleet.cause.text };
}

/** What both have recorded, oldest first. */
export function wholeHistory({ history }: Pick<Explanation, 'history'>, fleet: FleetPart): Explanation['history'] {
  const ofFleet = fleet && 'history' in fleet ? fleet.history : [];
  // Stable: moments of the same instant stay in the order in which they happened.
  return [...history, ...ofFleet].toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at));
}
