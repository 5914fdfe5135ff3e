/**
 * Which Runners a RunnerReplicaSet creates and lets go: OWN-1 to OWN-10 of fleet-semantics 2.2, pure.
 *
 * Differences, all decided in fleet-semantics 12: idle runners go first, not the newest-kept order of OWN-8 (D-10); no
 * ten-minute hold after a completion (D-9), because an end is known here the moment it happens; a start that failed
 * delays the next one (D-23). Letting go is a deletion: the finalizer on every Runner makes it a graceful drain, so
 * OWN-2 and OWN-3 have no steps of their own.
 */
import { isDeleting } from '../resources/object.ts';
import { TEMPLATE_HASH_LABEL } from '../resources/replicated-spec.ts';
import { annotation, isOver, type Runner, type RunnerPhase } from '../resources/runner.ts';
import type { BreakerState } from './start-breaker.ts';

export interface ReplicaSetState {
  desired: number;
  templateHash: string;
  /** Oldest first. */
  runners: Runner[];
  breaker: BreakerState;
}

export interface ReplicaSetDecision {
  create: number;
  /** Names of Runners to delete, which drains them. */
  letGo: string[];
  /** When to look again, if something waits for time to pass. */
  againAtMs?: number;
  status: { replicas: number; readyReplicas: number; availableReplicas: number };
}

/** Cheapest loss first: nothing started, starting, idle. Busy ones finish their job and are not replaced. */
const LETTING_GO_ORDER: RunnerPhase[] = ['Pending', 'Registering', 'Idle', 'Running'];

export function decideReplicaSet(state: ReplicaSetState, nowMs: number): ReplicaSetDecision {
  const staying = state.runners.filter((runner) => !isLeaving(runner));
  const current = staying.filter((runner) => hashOf(runner) === state.templateHash && !isOver(runner));
  const missing = state.desired - current.length;
  const { notBeforeMs } = state.breaker;
  const surplus = missing < 0 ? victims(current, -missing) : [];
  // OWN-10, and OWN-3: a drain that somebody asked for by annotation.
  const kept = new Set(current);
  const others = state.runners.filter((runner) => !isDeleting(runner) && !kept.has(runner));
  return {
    create: allowed(Math.max(0, missing), current, state.breaker, nowMs),
    letGo: [...surplus, ...others].map((runner) => runner.metadata.name),
    againAtMs: missing > 0 && nowMs < notBeforeMs ? notBeforeMs : undefined,
    status: statusOf(state.runners),
  };
}

/** D-23: while the breaker is open, one runner at a time shows whether starts work again, by coming online. */
function allowed(missing: number, current: Runner[], breaker: BreakerState, nowMs: number): number {
  if (nowMs < breaker.notBeforeMs) return 0;
  if (!breaker.isOpen) return missing;
  return current.some(isStarting) ? 0 : Math.min(missing, 1);
}

const isStarting = ({ status }: Runner): boolean =>
  status?.phase === undefined || status.phase === 'Pending' || status.phase === 'Registering';

function victims(runners: Runner[], count: number): Runner[] {
  const rank = (runner: Runner): number => LETTING_GO_ORDER.indexOf(runner.status?.phase ?? 'Pending');
  return runners.toSorted((a, b) => rank(a) - rank(b)).slice(0, count);
}

function statusOf(runners: Runner[]): ReplicaSetDecision['status'] {
  const live = runners.filter((runner) => !isOver(runner));
  const ready = live.filter((runner) => runner.status?.ready === true && !isLeaving(runner)).length;
  return { replicas: live.length, readyReplicas: ready, availableReplicas: ready };
}

const isLeaving = (runner: Runner): boolean =>
  isDeleting(runner) || runner.metadata.annotations?.[annotation.unregistrationRequest] !== undefined;

const hashOf = (runner: Runner): string | undefined => runner.metadata.labels?.[TEMPLATE_HASH_LABEL];
