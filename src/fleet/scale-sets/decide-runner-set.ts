/**
 * Which EphemeralRunners a set makes and lets go: NEW-5 of fleet-semantics 11.2, pure.
 *
 * Differences, decided in fleet-semantics 12: it acts whenever something changed, not on a quiet poll only; failed runners
 * hold no place (D-23); of runners with an old spec the idle ones are replaced at once and busy ones finish (D-26).
 *
 * The service's count of jobs and the end of a runner's program arrive by different ways. So that nothing is started for
 * a job that is over, a runner counts as long as the count it answers still has its job: one that has ended keeps its
 * place until its JobCompleted or newer statistics came, one whose JobCompleted came has lost it though it still ends.
 */
import { FAILED_START_MS } from '../reconcilers/instances.ts';
import type { BreakerState } from '../reconcilers/start-breaker.ts';
import { type EphemeralRunner, hasEnded, runnerAnnotation } from '../resources/ephemeral-runner.ts';
import type { EphemeralRunnerSetStatus } from '../resources/ephemeral-runner-set.ts';
import { isDeleting } from '../resources/object.ts';
import { TEMPLATE_HASH_LABEL } from '../resources/replicated-spec.ts';

export interface RunnerSetState {
  desired: number;
  /** Of the current spec of its runners. */
  hash: string;
  /** Hash of the spec that the server takes no more, if one was found out. */
  outdatedHash?: string;
  /** Oldest first. */
  runners: EphemeralRunner[];
  /** Whether the server has seen it online; it is not asked about those that get a job soon. */
  isOnline: (runner: EphemeralRunner) => boolean;
  breaker: BreakerState;
}

export interface RunnerSetDecision {
  create: number;
  /** Names of EphemeralRunners to delete, which drains them. */
  letGo: string[];
  /** When to look again, if something waits for time to pass. */
  againAtMs?: number;
  /** Starts work again: the breaker can be closed. */
  isProven: boolean;
  status: EphemeralRunnerSetStatus;
}

/** A runner ends with its job; a program that still runs this long after it hangs. */
const ENDING_MS = 120_000;

export function decideRunnerSet(state: RunnerSetState, nowMs: number): RunnerSetDecision {
  const outdatedHash = outdatedHashOf(state);
  const isOutdated = outdatedHash === state.hash;
  const desired = isOutdated ? 0 : state.desired;
  const standing = state.runners.filter((runner) => standsIn(runner, state.hash));
  const done = state.runners.filter(
    (runner) => !isDeleting(runner) && (isDone(runner) || (isOutdated && hasEnded(runner))),
  );
  const ending = state.runners.filter(isEnding);
  const hanging = ending.filter((runner) => nowMs >= endsByMs(runner));
  const replaced = state.runners.filter((runner) => isIdle(runner) && hashOf(runner) !== state.hash);
  const surplus = standing.length > desired ? victims(standing, standing.length - desired) : [];
  const { proven, provenAtMs } = proofOf(standing, state, nowMs);
  const missing = Math.max(0, desired - standing.length);
  const create = proven ? missing : allowed(missing, standing, state.breaker, nowMs);
  return {
    create,
    letGo: [...done, ...hanging, ...replaced, ...surplus].map(({ metadata }) => metadata.name),
    againAtMs: nextOf(
      nowMs,
      ...ending.map(endsByMs),
      ...(missing > create ? [state.breaker.notBeforeMs, provenAtMs] : []),
    ),
    isProven: proven && state.breaker.failures > 0,
    status: { ...statusOf(state.runners), phase: isOutdated ? 'Outdated' : 'Running', outdatedHash },
  };
}

/** NEW-11: one runner that is too old says it of all that are made alike. */
function outdatedHashOf({ runners, outdatedHash }: RunnerSetState): string | undefined {
  const outdated = runners.findLast(({ status }) => status?.phase === 'Outdated');
  return outdated ? hashOf(outdated) : outdatedHash;
}

/** Whether it fills one of the wanted places. */
function standsIn(runner: EphemeralRunner, hash: string): boolean {
  if (runner.status?.jobResult !== undefined) return false;
  if (hasEnded(runner)) return runner.status?.mayHaveJob === true;
  return hasJob(runner) || (!isDeleting(runner) && hashOf(runner) === hash);
}

/** Over, and nobody counts on it any more. */
function isDone(runner: EphemeralRunner): boolean {
  if (!hasEnded(runner)) return false;
  return runner.status?.jobResult !== undefined || runner.status?.mayHaveJob !== true;
}

const isIdle = (runner: EphemeralRunner): boolean =>
  !isDeleting(runner) && !hasEnded(runner) && !hasJob(runner) && runner.status?.jobResult === undefined;

/** Its job is over, its program not yet. */
const isEnding = (runner: EphemeralRunner): boolean =>
  runner.status?.jobResult !== undefined && !hasEnded(runner) && !isDeleting(runner);

const endsByMs = ({ status }: EphemeralRunner): number => Date.parse(status?.jobCompletedAt ?? '') + ENDING_MS;

/** As its JobStarted said, or the service's refusal to let it go. */
const hasJob = ({ status, metadata }: EphemeralRunner): boolean =>
  status?.jobRequestId !== undefined || metadata.annotations?.[runnerAnnotation.refused] !== undefined;

/** NEW-5: those that have not been started first, then the oldest; never one with a job. */
function victims(standing: EphemeralRunner[], count: number): EphemeralRunner[] {
  const idle = standing.filter(isIdle);
  const rank = ({ status }: EphemeralRunner): number => (status?.ready ? 1 : 0);
  return idle.toSorted((a, b) => rank(a) - rank(b)).slice(0, count);
}

/** D-23: while the breaker is open, one runner at a time shows whether starts work again. */
function allowed(missing: number, standing: EphemeralRunner[], breaker: BreakerState, nowMs: number): number {
  if (nowMs < breaker.notBeforeMs) return 0;
  if (!breaker.isOpen) return missing;
  const isTrying = standing.some((runner) => madeAtMs(runner) >= breaker.lastFailureMs);
  return isTrying ? 0 : Math.min(missing, 1);
}

function proofOf(
  standing: EphemeralRunner[],
  { breaker, isOnline }: RunnerSetState,
  nowMs: number,
): { proven: boolean; provenAtMs?: number } {
  if (breaker.failures === 0) return { proven: true };
  const younger = standing.filter((runner) => isIdle(runner) && madeAtMs(runner) >= breaker.lastFailureMs);
  if (breaker.wasUnseen) return { proven: younger.some(isOnline) };
  const [first] = younger;
  if (!first) return { proven: false };
  const provenAtMs = madeAtMs(first) + FAILED_START_MS;
  return { proven: nowMs >= provenAtMs && first.status?.ready === true, provenAtMs };
}

function statusOf(runners: EphemeralRunner[]): EphemeralRunnerSetStatus {
  const count = (test: (runner: EphemeralRunner) => boolean): number => runners.filter(test).length;
  const alive = runners.filter((runner) => !hasEnded(runner));
  return {
    currentReplicas: alive.length,
    pendingEphemeralRunners: alive.filter((runner) => runner.status?.phase !== 'Running').length,
    runningEphemeralRunners: alive.filter((runner) => runner.status?.phase === 'Running').length,
    failedEphemeralRunners: count(({ status }) => status?.phase === 'Failed'),
    finishedEphemeralRunners: count(({ status }) => status?.phase === 'Succeeded'),
    deletingEphemeralRunners: count(isDeleting),
  };
}

const nextOf = (nowMs: number, ...times: (number | undefined)[]): number | undefined => {
  const later = times.filter((time) => time !== undefined && time > nowMs) as number[];
  return later.length > 0 ? Math.min(...later) : undefined;
};

const hashOf = ({ metadata }: EphemeralRunner): string | undefined => metadata.labels?.[TEMPLATE_HASH_LABEL];

/** Kubernetes' times have whole seconds, so one made just after a failure may seem made before it. */
const madeAtMs = ({ metadata }: EphemeralRunner): number => Date.parse(metadata.creationTimestamp) + 999;
