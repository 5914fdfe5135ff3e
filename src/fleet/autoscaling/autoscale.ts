/**
 * How many replicas an autoscaler's target is to have, and why: fleet-semantics 3 as one pure function. The live
 * reconciler, the explanation of a pool and the simulator call this and nothing beside it.
 */
import { isoTime, secondsTime } from '../../common/clock.ts';
import type { RunnerScope } from '../../protocol/github/runner-scope.ts';
import type { DemandedJob, EmptyRuns } from '../demand/types.ts';
import type { AutoscalerSpec, CapacityReservation } from '../resources/autoscaler-spec.ts';
import type { AutoscalerStatus } from '../resources/horizontal-runner-autoscaler.ts';
import { coolDownEndMs, heldAfterScaleOut, isScaleOut, type ScaleOutHistory, withinBounds } from './clamp.ts';
import type { CountingRules } from './counting-rules.ts';
import { type Decide, type Decided, type NextChange, nextChanges } from './next-changes.ts';
import { counted, type Reason } from './reason.ts';
import {
  newestEffectiveTime,
  nextReservations,
  reservationDurationMs,
  reservationName,
  reservedReplicas,
} from './reservations.ts';
import { type Bounds, scheduleAt, scheduleReason } from './schedule.ts';
import { nextChangeText, scheduleText } from './schedule-text.ts';
import { hasRounds, measure, ROUND_MS, type Round, reasonToLift, suggest } from './suggestion.ts';

export interface AutoscalingState {
  /** One that `policyProblems` and `targetProblem` have nothing to say about. */
  spec: AutoscalerSpec;
  /** As the last decision left it. */
  status?: AutoscalerStatus;
  /** Left out: the default ones. */
  rules?: CountingRules;
  target: {
    scope: RunnerScope;
    /** That it is given, without those that every runner of the backend has. */
    labels?: readonly string[];
    /** `spec.replicas`; left out means 1. */
    replicas?: number;
    isEphemeral: boolean;
  };
}

export interface Observations {
  /** Runners of the target that have a job (3.4: busy and termBusy). Asked for only when a round is due. */
  busy?: number;
  /** Jobs that runners of the target could take (`jobsOfPool`). */
  jobs: readonly DemandedJob[];
  /** Of the target's scope. */
  emptyRuns?: readonly EmptyRuns[];
  /** Those that this autoscaler reserves for (`reservedJobs`). */
  reservedJobs: readonly DemandedJob[];
  /** Whether the job of a reservation, by its name, is known to be over or another pool's. */
  hasEnded: (name: string) => boolean;
  /** Why the demand may not be complete, as a sentence. */
  demandProblem?: string;
}

export interface AutoscalingDecision {
  desired: number;
  reasons: Reason[];
  /** Soonest first; the first is when to ask again at the latest. */
  next: NextChange[];
  /** What `spec.capacityReservations` becomes. */
  reservations: readonly CapacityReservation[];
  /** What the target's `spec.effectiveTime` becomes; left out: as it is (HRA-11). */
  effectiveTime?: string;
  status: AutoscalerStatus;
}

/** Whether `busy` is to be counted for this decision: one step per minute, and one when a cool-down ends. */
export function isRoundDue({ spec, status }: AutoscalingState, nowMs: number): boolean {
  if (!hasRounds(spec)) return false;
  const round = roundOf(status);
  if (!round || nowMs >= round.atMs + ROUND_MS) return true;
  const endMs = coolDownEndMs(historyOf(status), spec.scaleDownDelaySecondsAfterScaleOut);
  return endMs !== undefined && round.atMs < endMs && endMs <= nowMs;
}

export function autoscale(state: AutoscalingState, observations: Observations, nowMs: number): AutoscalingDecision {
  const { spec, status, target } = state;
  const base = { min: spec.minReplicas ?? 1, max: spec.maxReplicas ?? Number.POSITIVE_INFINITY };
  const schedule = scheduleAt(spec.scheduledOverrides ?? [], base, nowMs);
  const round = roundFor(state, observations, nowMs);
  const reservations = reservationsFor(spec, schedule.bounds, observations, nowMs);
  const { jobs, emptyRuns } = observations;
  const { scope, labels } = target;
  const suggested = suggest(spec, { ...{ scope, labels, jobs, emptyRuns, round }, rules: state.rules });
  const decideWith: Decide = (bounds, atMs) => {
    const reserved = reservations.ofJobs + reservedReplicas(reservations.others, atMs);
    return decide(state, { suggestion: suggested.suggestion, reserved, jobs }, bounds, atMs);
  };
  const { desired, reasons, heldUntilMs } = decideWith(schedule.bounds, nowMs);
  const doubt = observations.demandProblem && usesDemand(spec) ? [doubtOf(observations.demandProblem)] : [];
  const all = [...scheduleReason(schedule), ...suggested.reasons, ...reasons, ...doubt];
  const next = nextChanges({ schedule, heldUntilMs, reservations: reservations.others, round }, decideWith, nowMs);
  const effectiveTime = target.isEphemeral ? newestEffectiveTime(reservations.all) : undefined;
  return {
    desired,
    reasons: all,
    next,
    reservations: reservations.all,
    ...(effectiveTime === undefined ? {} : { effectiveTime }),
    status: {
      ...scaledStatus(status, desired, nowMs),
      scheduledOverridesSummary: scheduleText(schedule, base.min),
      nextScheduledChange: nextChangeText(schedule),
      reasons: all,
      nextChanges: next.map(({ atMs, what, desired: then }) => ({ time: isoTime(atMs), what, desiredReplicas: then })),
      round: round && { time: isoTime(round.atMs), suggestion: round.suggestion, reason: round.reason },
    },
  };
}

interface Wish {
  suggestion: number | undefined;
  reserved: number;
  jobs: readonly DemandedJob[];
}

/** Suggestion, reservations, bounds and cool-down, in this order (3.7). */
function decide({ spec, status }: AutoscalingState, wish: Wish, bounds: Bounds, nowMs: number): Decided {
  const { suggestion, reserved, jobs } = wish;
  const sum = (suggestion ?? bounds.min) + reserved;
  const lift = reasonToLift(spec, Math.max(sum, bounds.min), jobs);
  const bounded = withinBounds(lift ? 1 : sum, bounds);
  const held = heldAfterScaleOut(bounded.desired, historyOf(status), spec.scaleDownDelaySecondsAfterScaleOut, nowMs);
  const reasons = [...reservedReason(reserved, sum), ...(lift ? [lift] : []), ...bounded.reasons, ...held.reasons];
  return { ...held, reasons };
}

function reservedReason(reserved: number, sum: number): Reason[] {
  if (reserved === 0) return [];
  const text = `${counted(reserved, 'replica')} ${reserved === 1 ? 'is' : 'are'} reserved on top, which makes ${sum}.`;
  return [{ code: 'reservations', text }];
}

const doubtOf = (problem: string): Reason => ({ code: 'demand-uncertain', text: `Jobs may be missing: ${problem}` });

/** Whether waiting jobs count: all but the share of busy runners, and that too at zero (D-3). */
export function usesDemand({
  metrics = [],
  scaleUpTriggers = [],
  scheduledOverrides = [],
  minReplicas,
}: AutoscalerSpec) {
  const mins = [minReplicas, ...scheduledOverrides.map((override) => override.minReplicas)];
  const counts = metrics.some(({ type }) => type === 'TotalNumberOfQueuedAndInProgressWorkflowRuns');
  return counts || scaleUpTriggers.length > 0 || (metrics.length > 0 && mins.includes(0));
}

function roundFor(state: AutoscalingState, { busy }: Observations, nowMs: number): Round | undefined {
  if (!hasRounds(state.spec)) return undefined;
  if (busy === undefined || !isRoundDue(state, nowMs)) return roundOf(state.status);
  return measure(state.spec, state.target.replicas ?? 1, busy, nowMs);
}

interface Reservations {
  all: readonly CapacityReservation[];
  /** Replicas for jobs that are known: they end with their jobs. */
  ofJobs: number;
  /** Those that end by their time. */
  others: readonly CapacityReservation[];
}

function reservationsFor(
  spec: AutoscalerSpec,
  { max }: Bounds,
  { reservedJobs: jobs, hasEnded }: Observations,
  nowMs: number,
): Reservations {
  const existing = spec.capacityReservations ?? [];
  const durationMs = reservationDurationMs(spec.scaleUpTriggers);
  if (durationMs === undefined) return { all: existing, ofJobs: 0, others: existing };
  const all = nextReservations({ existing, jobs, hasEnded, durationMs, maxReplicas: max }, nowMs);
  const names = new Set(jobs.map(reservationName));
  const isOfJob = ({ name = '' }: CapacityReservation): boolean => names.has(name);
  const ofJobs = reservedReplicas(all.filter(isOfJob), nowMs);
  return { all, ofJobs, others: all.filter((entry) => !isOfJob(entry)) };
}

/** HRA-12. */
function scaledStatus(status: AutoscalerStatus | undefined, desired: number, nowMs: number): AutoscalerStatus {
  const old = status?.desiredReplicas;
  const lastSuccessfulScaleOutTime = isScaleOut(old, desired) ? secondsTime(nowMs) : status?.lastSuccessfulScaleOutTime;
  return { ...status, problem: undefined, desiredReplicas: desired, lastSuccessfulScaleOutTime };
}

function historyOf(status: AutoscalerStatus | undefined): ScaleOutHistory {
  const { desiredReplicas: desired, lastSuccessfulScaleOutTime: time } = status ?? {};
  return { desired, lastScaleOutMs: time === undefined ? undefined : Date.parse(time) };
}

function roundOf(status: AutoscalerStatus | undefined): Round | undefined {
  if (!status?.round) return undefined;
  const { time, suggestion, reason } = status.round;
  return { atMs: Date.parse(time), suggestion, reason };
}
