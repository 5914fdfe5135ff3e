/**
 * Asks `autoscale` how many replicas the target is to have, and writes that down: fleet-semantics 3.1 and 3.8.
 *
 * It is asked at every change of autoscaler, target or demand, and when a decision said that something will change.
 * PercentageRunnersBusy is measured once a minute only (`isRoundDue`), so that it takes one step per round as in ARC,
 * however many changes there are in between; that runners become busy or idle therefore wakes nobody.
 */
import { isDeepStrictEqual } from 'node:util';
import { errorText, OutsideError } from '../../common/errors.ts';
import {
  type AutoscalingDecision,
  type AutoscalingState,
  autoscale,
  isRoundDue,
  type Observations,
} from '../autoscaling/autoscale.ts';
import { countingRules } from '../autoscaling/counting-rules.ts';
import { jobsOfPool } from '../autoscaling/pool-jobs.ts';
import { counted } from '../autoscaling/reason.ts';
import { reservationDurationMs, reservationName } from '../autoscaling/reservations.ts';
import { type ReservingPool, reservedJobs } from '../autoscaling/reserving-pool.ts';
import type { DemandedJob } from '../demand/types.ts';
import type { AutoscalerStatus, HorizontalRunnerAutoscaler } from '../resources/horizontal-runner-autoscaler.ts';
import { isDeleting, keyText, type ObjectKey, type StoredObject } from '../resources/object.ts';
import {
  AUTOSCALERS,
  type AutoscalerTarget,
  findTarget,
  hasRunner,
  isBusy,
  runnersOf,
  targetKey,
} from './autoscaler-target.ts';
import type { ReconcilerContext } from './context.ts';

const COMPONENT = 'horizontalrunnerautoscaler-controller';

/**
 * @throws OutsideError while the server cannot be asked about runners, UserError while the autoscaler's own credentials
 * are of no use: nothing is changed then (HRA-1)
 */
export async function reconcileAutoscaler(context: ReconcilerContext, key: ObjectKey): Promise<void> {
  const found = find(context, key);
  assertCredentials(context, found);
  if (!found || 'problem' in found || !isRoundDue(found.state, context.clock.now())) {
    scale(context, found);
    return;
  }
  // What is known about busy may be seconds old, and the number stands for a minute.
  const unasked = await context.observer.look(found.target.place);
  if (context.signal.aborted) return;
  const current = find(context, key);
  if (unasked === undefined || !current) {
    scale(context, current);
    return;
  }
  const problem = `The server cannot be asked which runners are busy: ${unasked}`;
  tellProblem(context, { autoscaler: current.autoscaler, problem });
  throw new OutsideError(problem, { retryable: true });
}

function assertCredentials(context: ReconcilerContext, found: Found | Failed | undefined): void {
  if (!found || 'problem' in found || !found.target.ownPlace) return;
  try {
    context.githubFor(found.target.ownPlace);
  } catch (error) {
    tellProblem(context, { autoscaler: found.autoscaler, problem: errorText(error) });
    throw error;
  }
}

interface Found {
  autoscaler: HorizontalRunnerAutoscaler;
  target: AutoscalerTarget;
  state: AutoscalingState;
}

interface Failed {
  autoscaler: HorizontalRunnerAutoscaler;
  problem: string;
}

function find({ store, backend }: ReconcilerContext, key: ObjectKey): Found | Failed | undefined {
  const autoscaler = store.find(key) as HorizontalRunnerAutoscaler | undefined;
  if (!autoscaler || isDeleting(autoscaler)) return undefined;
  const target = findTarget(store, autoscaler, backend.systemLabels);
  if ('problem' in target) return { autoscaler, problem: target.problem };
  const { spec, status, metadata } = autoscaler;
  const rules = countingRules(metadata.annotations);
  return { autoscaler, target, state: { spec, status, rules, target: target.state } };
}

function scale(context: ReconcilerContext, found: Found | Failed | undefined): void {
  if (!found) return;
  if ('problem' in found) {
    tellProblem(context, found);
    return;
  }
  const { autoscaler, target, state } = found;
  const nowMs = context.clock.now();
  const decision = autoscale(state, observe(context, found, nowMs), nowMs);
  // First what was decided: after a crash in between the same decision is made again, and not one step more.
  writeAutoscaler(context, autoscaler, decision);
  writeTarget(context, target, decision);
  tellChange(context, found, decision);
  tellRecovery(context, found);
  const [next] = decision.next;
  if (next) context.queue.addAt(keyText(keyOf(autoscaler)), next.atMs);
}

function observe(context: ReconcilerContext, { autoscaler, target, state }: Found, nowMs: number): Observations {
  const { store, demand, seenJobs } = context;
  const { jobs, emptyRuns, problem, comparedAtMs } = demand.inScope(target.scope);
  const names = new Set(jobs.map(reservationName));
  const seen = seenJobs.get(autoscaler.metadata.uid);
  seenJobs.set(autoscaler.metadata.uid, names);
  return {
    busy: isRoundDue(state, nowMs) ? runnersOf(store, targetKey(autoscaler)).filter(isBusy).length : undefined,
    jobs: jobsOfPool(target.pool, jobs),
    emptyRuns,
    reservedJobs: jobsToReserve(context, autoscaler, jobs),
    hasEnded: (name) => names.has(name) || seen?.has(name) === true || comparedAtMs !== undefined,
    demandProblem: problem,
  };
}

/** WH-7 looks at all autoscalers with a usable trigger, since a job is reserved for once. */
function jobsToReserve(
  { store, backend }: ReconcilerContext,
  autoscaler: HorizontalRunnerAutoscaler,
  jobs: readonly DemandedJob[],
): DemandedJob[] {
  if (reservationDurationMs(autoscaler.spec.scaleUpTriggers) === undefined) return [];
  const all = store.list(AUTOSCALERS) as HorizontalRunnerAutoscaler[];
  const pools = all.flatMap((one): ReservingPool[] => {
    if (isDeleting(one) || reservationDurationMs(one.spec.scaleUpTriggers) === undefined) return [];
    const target = findTarget(store, one, backend.systemLabels);
    if ('problem' in target) return [];
    const reserved = new Set(one.spec.capacityReservations?.map(({ name = '' }) => name));
    const key = targetKey(one);
    return [{ ...target.pool, key: one.metadata.uid, reserved, hasRunner: (name) => hasRunner(store, key, name) }];
  });
  return reservedJobs(pools, jobs).get(autoscaler.metadata.uid) ?? [];
}

function writeAutoscaler(
  { store }: ReconcilerContext,
  autoscaler: HorizontalRunnerAutoscaler,
  { status, reservations }: AutoscalingDecision,
): void {
  const isSame = isDeepStrictEqual(autoscaler.spec.capacityReservations ?? [], reservations);
  const capacityReservations = reservations.length > 0 ? reservations : undefined;
  const spec = isSame ? autoscaler.spec : { ...autoscaler.spec, capacityReservations };
  store.update(AUTOSCALERS, { ...autoscaler, spec, status });
}

/** HRA-11. */
function writeTarget({ store }: ReconcilerContext, target: AutoscalerTarget, decision: AutoscalingDecision): void {
  const { desired: replicas, effectiveTime } = decision;
  const spec = { ...(target.object.spec as object), replicas, ...(effectiveTime ? { effectiveTime } : {}) };
  store.update(target.plural, { ...target.object, spec });
}

function tellChange(context: ReconcilerContext, { autoscaler, target }: Found, decision: AutoscalingDecision): void {
  const before = autoscaler.status?.desiredReplicas;
  if (before === decision.desired) return;
  const from = before === undefined ? '' : ` instead of ${before}`;
  const why = decision.reasons.map(({ text }) => text).join(' ');
  const text = `${counted(decision.desired, 'replica')} ${decision.desired === 1 ? 'is' : 'are'} wanted${from}. ${why}`;
  for (const about of [autoscaler, target.object]) {
    context.events.record(about, 'Normal', 'SuccessfulRescale', text, COMPONENT);
  }
}

function tellRecovery({ events }: ReconcilerContext, { autoscaler, target, state }: Found): void {
  const problem = state.status?.problem;
  if (problem === undefined) return;
  for (const about of [autoscaler, target.object]) {
    events.record(about, 'Normal', 'AutoscalingWorks', `It works again. Before: ${problem}`, COMPONENT);
  }
}

/** Once, not at every look; where ARC is silent (HRA-2) too. */
function tellProblem({ store, events }: ReconcilerContext, { autoscaler, problem }: Failed): void {
  if (autoscaler.status?.problem === problem) return;
  const subjects: (StoredObject | undefined)[] = [autoscaler, store.find(targetKey(autoscaler))];
  for (const about of subjects) {
    if (about) events.record(about, 'Warning', 'RunnerAutoscalingFailure', problem, COMPONENT);
  }
  const status: AutoscalerStatus = { ...autoscaler.status, problem, reasons: undefined, nextChanges: undefined };
  store.update(AUTOSCALERS, { ...autoscaler, status });
}

const keyOf = ({ metadata: { namespace, name } }: StoredObject): ObjectKey => ({
  plural: AUTOSCALERS,
  namespace,
  name,
});
