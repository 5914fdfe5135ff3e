/** What an autoscaler scales, as far as scaling looks into it. */
import type { RunnerScope } from '../../protocol/github/runners.ts';
import type { AutoscalingState } from '../autoscaling/autoscale.ts';
import { targetProblem } from '../autoscaling/check-policy.ts';
import type { Pool } from '../autoscaling/pool-jobs.ts';
import { placeOf, type RegistrationPlace } from '../credentials/place.ts';
import { type HorizontalRunnerAutoscaler, targetOf } from '../resources/horizontal-runner-autoscaler.ts';
import { kindOfPlural } from '../resources/index.ts';
import { RUNNER_LABELS, runnerOf, scales } from '../resources/links.ts';
import { isDeleting, type ObjectKey, type StoredObject } from '../resources/object.ts';
import { annotation, isOver, type Runner } from '../resources/runner.ts';
import { isEphemeral } from '../resources/runner-spec.ts';
import type { ResourceStore } from '../store/resource-store.ts';

export const AUTOSCALERS = 'horizontalrunnerautoscalers';

export interface AutoscalerTarget {
  plural: string;
  object: StoredObject;
  scope: RunnerScope;
  place: RegistrationPlace;
  /** With the credentials that the autoscaler brings for reading, if it does. */
  ownPlace?: RegistrationPlace;
  pool: Pool;
  state: AutoscalingState['target'];
}

export const targetKey = ({ spec, metadata: { namespace } }: HorizontalRunnerAutoscaler): ObjectKey => {
  const { plural, name } = targetOf(spec);
  return { plural, namespace, name };
};

/**
 * The target, or in one sentence why there is nothing to scale.
 * @param systemLabels what the backend adds to every runner
 */
export function findTarget(
  store: ResourceStore,
  autoscaler: HorizontalRunnerAutoscaler,
  systemLabels: readonly string[],
): AutoscalerTarget | { problem: string } {
  const { kind, plural, name } = targetOf(autoscaler.spec);
  const object = store.find(targetKey(autoscaler));
  if (!object || isDeleting(object)) return { problem: `There is no ${kind} ${name} to scale.` };
  const decider = autoscalersOf(store, targetKey(autoscaler))[0];
  if (decider && decider.metadata.uid !== autoscaler.metadata.uid) {
    return { problem: `${kind} ${name} is already scaled by ${decider.metadata.name}, which is older.` };
  }
  const spec = kindOfPlural(plural)?.runnerSpec?.(object.spec)?.spec;
  if (!spec) return { problem: `${kind} ${name} has no runners.` };
  const place = placeOf(object.metadata.namespace, spec);
  const { scope } = place;
  const problem = targetProblem(autoscaler.spec, scope);
  if (problem) return { problem };
  const pool = { scope, group: spec.group, labels: [...systemLabels, ...(spec.labels ?? [])] };
  const { replicas } = object.spec as { replicas?: number };
  const secretName = autoscaler.spec.githubAPICredentialsFrom?.secretRef.name;
  const ownPlace = secretName === undefined ? undefined : { ...place, secretName };
  const state = { scope, labels: spec.labels, replicas, isEphemeral: isEphemeral(spec) };
  return { plural, object, scope, place, ownPlace, pool, state };
}

/** Of one target, the one that decides first: the oldest. */
export const autoscalersOf = (store: ResourceStore, target: ObjectKey): HorizontalRunnerAutoscaler[] =>
  (store.linked(scales(target)) as HorizontalRunnerAutoscaler[]).filter((autoscaler) => !isDeleting(autoscaler));

export const runnersOf = (store: ResourceStore, target: ObjectKey): Runner[] =>
  store.linked(runnerOf(target)) as Runner[];

/** Whether a runner of this name is one of the target's. */
export function hasRunner(store: ResourceStore, { plural, namespace, name }: ObjectKey, runner: string): boolean {
  const found = store.find({ plural: 'runners', namespace, name: runner });
  return found?.metadata.labels?.[RUNNER_LABELS[plural] ?? ''] === name;
}

/** 3.4: what the server calls busy, and what it has refused to let go (busy + termBusy). */
export const isBusy = (runner: Runner): boolean =>
  !isOver(runner) &&
  (runner.status?.phase === 'Running' || runner.metadata.annotations?.[annotation.unregistrationFailure] !== undefined);
