/** What is not as it should be with a pool, as sentences, worst first. Pure. */
import { counted } from '../autoscaling/reason.ts';
import type { EventObject } from '../store/event-recorder.ts';
import type { PoolFacts } from './explain-pool.ts';

/** A warning that has not come again for so long is over. */
const RECENT_MS = 10 * 60_000;
/** ARC's registration time-out (fleet-semantics 1.12). */
const SLOW_START_MS = 10 * 60_000;

export function poolProblems(facts: PoolFacts, nowMs: number): string[] {
  return [
    ...autoscalerProblem(facts),
    ...warnings(facts, nowMs),
    ...slowStarts(facts, nowMs),
    ...waitingJobs(facts),
    ...twins(facts),
  ];
}

function autoscalerProblem({ autoscaler }: PoolFacts): string[] {
  const problem = autoscaler?.status?.problem;
  return problem ? [`The HorizontalRunnerAutoscaler ${autoscaler.metadata.name} does nothing: ${problem}`] : [];
}

/** Of every kind of warning the newest, unless it is told already. */
function warnings({ events, autoscaler }: PoolFacts, nowMs: number): string[] {
  const newest = new Map<string, EventObject>();
  for (const event of events) {
    const isOld = nowMs - Date.parse(event.lastTimestamp) > RECENT_MS;
    if (event.type !== 'Warning' || isOld || event.message === autoscaler?.status?.problem) continue;
    const known = newest.get(event.reason);
    if (!known || Date.parse(known.lastTimestamp) <= Date.parse(event.lastTimestamp)) newest.set(event.reason, event);
  }
  return [...newest.values()].map(({ reason, message, lastTimestamp }) => `${reason} at ${lastTimestamp}: ${message}`);
}

function slowStarts({ runners }: PoolFacts, nowMs: number): string[] {
  const slow = runners.filter(({ state, createdAtMs }) => state === 'starting' && nowMs - createdAtMs > SLOW_START_MS);
  const [first] = slow;
  if (!first) return [];
  const minutes = Math.floor((nowMs - first.createdAtMs) / 60_000);
  const others = slow.length > 1 ? `, and ${slow.length - 1} more` : '';
  return [`${first.name} has been starting for ${minutes} minutes${others}: the server has not seen it online.`];
}

function waitingJobs({ jobs, runners, desired, max }: PoolFacts): string[] {
  const queued = jobs.filter(({ status }) => status === 'queued');
  const idle = runners.filter(({ state }) => state === 'idle').length;
  if (queued.length === 0) return [];
  const wait = `${counted(queued.length, 'queued job')} ${queued.length === 1 ? 'waits' : 'wait'}`;
  if (idle > 0) {
    return [
      `${wait} though ${counted(idle, 'runner')} of this pool ${idle === 1 ? 'is' : 'are'} idle: the server says why (switchyard explain RUN).`,
    ];
  }
  const isFull = max !== undefined && desired >= max;
  return isFull ? [`${wait}, and the maximum of ${counted(max, 'runner')} is reached.`] : [];
}

function twins({ twins: names }: PoolFacts): string[] {
  if (names.length === 0) return [];
  const pools = names.length === 1 ? `the pool ${names[0]}` : `the pools ${names.join(', ')}`;
  return [`Runners of ${pools} have the same labels, so a job may go to either.`];
}
