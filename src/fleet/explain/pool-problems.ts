/** What is not as it should be with a pool, worst first. Pure. */
import { isoTime } from '../../common/clock.ts';
import { usesDemand } from '../autoscaling/autoscale.ts';
import { counted } from '../autoscaling/reason.ts';
import { scheduleAt } from '../autoscaling/schedule.ts';
import type { EventObject } from '../store/event-recorder.ts';
import type { PoolFacts, PoolRunner } from './explain-pool.ts';
import { type PoolTrouble, troubleProblems } from './trouble-problems.ts';

export interface PoolProblem {
  /** One stable word for the cause: see docs/explain.md. */
  code: string;
  text: string;
}

/** A warning that has not come again for so long is over. */
const RECENT_MS = 10 * 60_000;
/** A runner is online seconds after its start; at the registration time-out it is given up. */
const SLOW_START_MS = 2 * 60_000;
/** From there on a backend that does not answer is told; what is normal, such as pulling an image, may take longer. */
const SLOW_BACKEND_MS = 60_000;

/** Told better by troubles and the autoscaler's status, which end when it works again. */
const TOLD_AS_TROUBLES = [
  'FailedUpdateRegistrationToken',
  'FailedStart',
  'FailedRegistration',
  'NoCredentials',
  'ListenerFailed',
  'ScaleSetFailed',
  'StartsPaused',
  'RunnerAutoscalingFailure',
  'RegistrationTimedOut',
];

export function poolProblems(facts: PoolFacts, nowMs: number): PoolProblem[] {
  const { troubles = [] } = facts;
  return [
    ...troubleProblems(troubles),
    ...autoscalerProblem(facts, troubles),
    ...listening(facts, troubles),
    ...warnings(facts, nowMs),
    ...slowStarts(facts, nowMs),
    ...missedRunners(facts),
    ...waitingJobs(facts, nowMs),
    ...demandDoubt(facts, troubles),
    ...otherAutoscalers(facts),
    ...twins(facts),
    ...(facts.observedRarely ? [{ code: 'observed-rarely', text: facts.observedRarely }] : []),
  ];
}

function autoscalerProblem({ autoscaler }: PoolFacts, troubles: readonly PoolTrouble[]): PoolProblem[] {
  const problem = autoscaler?.status?.problem;
  if (!problem || troubles.some(({ text }) => problem.includes(text))) return [];
  const text = `The HorizontalRunnerAutoscaler ${autoscaler.metadata.name} does nothing: ${problem}`;
  return [{ code: 'autoscaler-does-nothing', text }];
}

function listening({ kind, name, isListening }: PoolFacts, troubles: readonly PoolTrouble[]): PoolProblem[] {
  if (kind !== 'AutoscalingRunnerSet' || isListening !== false || troubles.length > 0) return [];
  return [{ code: 'no-listener', text: `Nobody listens for the scale set ${name} yet, so it is told of no jobs.` }];
}

/** Of every kind of warning the newest, unless it is told already. */
function warnings({ events, autoscaler, troubles }: PoolFacts, nowMs: number): PoolProblem[] {
  const newest = new Map<string, EventObject>();
  for (const event of events) {
    const isOld = nowMs - Date.parse(event.lastTimestamp) > RECENT_MS;
    if (event.type !== 'Warning' || isOld || event.message === autoscaler?.status?.problem) continue;
    if (troubles && TOLD_AS_TROUBLES.includes(event.reason)) continue;
    const known = newest.get(event.reason);
    if (!known || Date.parse(known.lastTimestamp) <= Date.parse(event.lastTimestamp)) newest.set(event.reason, event);
  }
  return [...newest.values()].map(({ reason, message, lastTimestamp }) => ({
    code: WARNING_CODES[reason] ?? 'warning',
    text: `${reason} at ${lastTimestamp}: ${message}`,
  }));
}

const WARNING_CODES: Record<string, string> = {
  RunnerEnded: 'runner-ended',
  RunnerNameTaken: 'runner-name-taken',
  RunnerOutdated: 'runner-outdated',
  RunnerOffline: 'runner-offline',
  RegistrationGone: 'runner-unknown',
};

function slowStarts({ runners, troubles = [] }: PoolFacts, nowMs: number): PoolProblem[] {
  const starting = runners.filter((runner) => runner.state === 'starting' && !isMissed(runner));
  const unanswered = starting.filter(
    ({ askedMs, startedMs }) => askedMs !== undefined && startedMs === undefined && nowMs - askedMs > SLOW_BACKEND_MS,
  );
  const [hanging] = unanswered;
  if (hanging) {
    const since = nowMs - (hanging.askedMs ?? nowMs);
    const text = `The backend was asked to start ${hanging.name} ${minutes(since)} ago${more(unanswered)} and has not answered.`;
    return [{ code: 'backend-hangs', text }];
  }
  const sinceMs = ({ startedMs, createdAtMs }: PoolRunner): number => startedMs ?? createdAtMs;
  const slow = starting.filter((runner) => nowMs - sinceMs(runner) > SLOW_START_MS);
  const [first] = slow;
  if (!first || troubles.some(({ code }) => code === 'never-online')) return [];
  const text = `${first.name} has been starting for ${minutes(nowMs - sinceMs(first))}${more(slow)}: the server has not seen it online.`;
  return [{ code: 'never-online', text: `${text}${untilReplaced(first)}` }];
}

const minutes = (ms: number): string => counted(Math.floor(ms / 60_000), 'minute');
const more = (all: readonly unknown[]): string => (all.length > 1 ? `, and ${all.length - 1} more` : '');
const untilReplaced = ({ loss }: PoolRunner): string =>
  loss ? ` It is replaced at ${isoTime(loss.atMs)}, unless that changes.` : '';

const isMissed = ({ isOffline, loss }: PoolRunner): boolean =>
  isOffline === true || (loss !== undefined && loss.reason !== 'RegistrationTimedOut');

/** That the server has known as online. */
function missedRunners({ runners }: PoolFacts): PoolProblem[] {
  const missed = runners.filter(isMissed);
  const gone = missed.filter(({ loss }) => loss?.reason === 'RegistrationGone');
  const offline = missed.filter((runner) => !gone.includes(runner));
  return [
    ...missedProblem(offline, 'runner-offline', 'the server sees it as offline'),
    ...missedProblem(gone, 'runner-unknown', 'the server knows it no more'),
  ];
}

function missedProblem(missed: readonly PoolRunner[], code: string, how: string): PoolProblem[] {
  const [first] = missed;
  if (!first) return [];
  return [{ code, text: `${first.name} runs${more(missed)}, but ${how}.${untilReplaced(first)}` }];
}

function waitingJobs(facts: PoolFacts, nowMs: number): PoolProblem[] {
  const { runners, queued, desired, autoscaler } = facts;
  const idle = runners.filter(({ state }) => state === 'idle').length;
  if (queued === 0) return [];
  const wait = `${counted(queued, 'queued job')} ${queued === 1 ? 'waits' : 'wait'}`;
  if (idle > 0) {
    const text = `${wait} though ${counted(idle, 'runner')} of this pool ${idle === 1 ? 'is' : 'are'} idle: the server says why (switchyard explain RUN).`;
    return [{ code: 'idle-runner', text }];
  }
  const limit = limitOf(facts, nowMs);
  if (limit && desired >= limit.max) {
    const how = limit.isScheduled ? ', which a scheduled override sets,' : '';
    const text = `${wait}, and the maximum of ${counted(limit.max, 'runner')}${how} is reached.`;
    return [{ code: limit.isScheduled ? 'schedule' : 'max-reached', text }];
  }
  const isFixed = facts.kind !== 'AutoscalingRunnerSet' && !autoscaler;
  if (!isFixed || runners.some(({ state }) => state === 'starting')) return [];
  const text = `${wait}: the ${facts.kind} ${facts.name} asks for ${counted(desired, 'runner')}, and no autoscaler raises that.`;
  return [{ code: 'fixed-size', text }];
}

/** The maximum that holds now, and whether a scheduled override has lowered it. */
function limitOf({ min = 0, max, autoscaler }: PoolFacts, nowMs: number) {
  if (max === undefined) return undefined;
  const { bounds } = scheduleAt(autoscaler?.spec.scheduledOverrides ?? [], { min, max }, nowMs);
  return { max: bounds.max, isScheduled: bounds.max < max };
}

function demandDoubt(facts: PoolFacts, troubles: readonly PoolTrouble[]): PoolProblem[] {
  const { autoscaler, demandProblem, comparedAtMs } = facts;
  if (!demandProblem || !autoscaler || !usesDemand(autoscaler.spec)) return [];
  if (troubles.some(({ text }) => demandProblem.includes(text))) return [];
  const since = comparedAtMs === undefined ? 'and never could' : `last at ${isoTime(comparedAtMs)}`;
  return [{ code: 'demand-unread', text: `Jobs may be missing: ${demandProblem} (compared ${since})` }];
}

function otherAutoscalers({ autoscaler, otherAutoscalers: names = [] }: PoolFacts): PoolProblem[] {
  if (!autoscaler || names.length === 0) return [];
  const text = `${names.join(', ')} would scale this pool too, and does nothing: ${autoscaler.metadata.name} is older.`;
  return [{ code: 'second-autoscaler', text }];
}

function twins({ twins: names }: PoolFacts): PoolProblem[] {
  if (names.length === 0) return [];
  const pools = names.length === 1 ? `the pool ${names[0]}` : `the pools ${names.join(', ')}`;
  return [{ code: 'same-labels', text: `Runners of ${pools} have the same labels, so a job may go to either.` }];
}
