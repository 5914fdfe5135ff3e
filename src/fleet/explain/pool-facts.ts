/** Gathers what is known of a pool. */
import { isDeepStrictEqual } from 'node:util';
import { jobsOfPool, type Pool } from '../autoscaling/pool-jobs.ts';
import { desiredRunners } from '../autoscaling/scale-set.ts';
import type { Demand } from '../demand/types.ts';
import { autoscalersOf, runnersOf } from '../reconcilers/autoscaler-target.ts';
import type { AutoscalingRunnerSet } from '../resources/autoscaling-runner-set.ts';
import { type EphemeralRunner, hasEnded } from '../resources/ephemeral-runner.ts';
import type { EphemeralRunnerSet } from '../resources/ephemeral-runner-set.ts';
import { kinds } from '../resources/index.ts';
import { isDeleting, pluralOf, type StoredObject } from '../resources/object.ts';
import { annotation, isOver, type Runner } from '../resources/runner.ts';
import { scopeOf } from '../resources/runner-spec.ts';
import type { EventObject } from '../store/event-recorder.ts';
import type { ResourceStore } from '../store/resource-store.ts';
import type { PoolFacts, PoolRunner } from './explain-pool.ts';

export interface PoolSources {
  store: ResourceStore;
  demand: Demand;
  /** Labels that the backend adds to every runner. */
  systemLabels: readonly string[];
}

const SCALED = ['RunnerDeployment', 'RunnerSet'] as const;

/** Undefined when there is no pool of this name. */
export function poolFacts(sources: PoolSources, namespace: string, name: string): PoolFacts | undefined {
  for (const kind of SCALED) {
    const object = sources.store.find({ plural: pluralOf(kind), namespace, name });
    if (object) return scaledFacts(sources, kind, object);
  }
  const set = sources.store.find({ plural: 'autoscalingrunnersets', namespace, name });
  return set && scaleSetFacts(sources, set as AutoscalingRunnerSet);
}

function scaledFacts(sources: PoolSources, kind: (typeof SCALED)[number], object: StoredObject): PoolFacts {
  const { store, demand } = sources;
  const { namespace, name } = object.metadata;
  const plural = pluralOf(kind);
  const runners = runnersOf(store, { plural, namespace, name }).filter((runner) => !isOver(runner));
  const [autoscaler] = autoscalersOf(store, { plural, namespace, name });
  const pool = poolOf(sources, object);
  const { replicas } = object.spec as { replicas?: number };
  const bounds = { min: autoscaler?.spec.minReplicas, max: autoscaler?.spec.maxReplicas };
  return {
    ...{ kind, namespace, name, autoscaler, ...bounds },
    desired: replicas ?? 1,
    runners: runners.map(runnerFacts),
    jobs: pool ? jobsOfPool(pool, demand.inScope(pool.scope).jobs) : [],
    events: eventsAbout(store, [object, autoscaler, ...runners]),
    twins: pool ? twinsOf(sources, object, pool) : [],
  };
}

function scaleSetFacts({ store }: PoolSources, set: AutoscalingRunnerSet): PoolFacts {
  const { namespace, name } = set.metadata;
  const { minRunners = 0, maxRunners } = set.spec;
  const [runnerSet] = store.ownedBy(set.metadata.uid, 'ephemeralrunnersets') as EphemeralRunnerSet[];
  const owned = runnerSet ? (store.ownedBy(runnerSet.metadata.uid, 'ephemeralrunners') as EphemeralRunner[]) : [];
  const runners = owned.filter((runner) => !hasEnded(runner));
  const desired = runnerSet?.spec.replicas ?? 0;
  const assignedJobs = Math.max(0, desired - minRunners);
  return {
    kind: 'AutoscalingRunnerSet',
    ...{ namespace, name, desired, min: minRunners, max: maxRunners },
    runners: runners.map(ephemeralRunnerFacts),
    ownReasons: desiredRunners({ minRunners, maxRunners, assignedJobs }).reasons,
    jobs: [],
    events: eventsAbout(store, [set, runnerSet, ...runners]),
    twins: [],
  };
}

function runnerFacts(runner: Runner): PoolRunner {
  const { phase } = runner.status ?? {};
  const isLeaving = isDeleting(runner) || runner.metadata.annotations?.[annotation.unregistrationRequest] !== undefined;
  const state = phase === 'Running' ? 'busy' : isLeaving ? 'leaving' : phase === 'Idle' ? 'idle' : 'starting';
  return { name: runner.metadata.name, state, createdAtMs: Date.parse(runner.metadata.creationTimestamp) };
}

function ephemeralRunnerFacts(runner: EphemeralRunner): PoolRunner {
  const { phase, ready } = runner.status ?? {};
  const state = phase === 'Running' ? 'busy' : isDeleting(runner) ? 'leaving' : ready ? 'idle' : 'starting';
  return { name: runner.metadata.name, state, createdAtMs: Date.parse(runner.metadata.creationTimestamp) };
}

function poolOf({ systemLabels }: PoolSources, object: StoredObject): Pool | undefined {
  const kind = kinds.find((one) => one.kind === object.kind);
  const spec = kind?.runnerSpec?.(object.spec)?.spec;
  return spec && { scope: scopeOf(spec), group: spec.group, labels: [...systemLabels, ...(spec.labels ?? [])] };
}

/** Pools of the same kind of place whose runners have the same labels, in whatever order. */
function twinsOf(sources: PoolSources, object: StoredObject, pool: Pool): string[] {
  const facts = ({ scope, group = '', labels }: Pool) => [
    scope,
    group,
    labels.map((label) => label.toLowerCase()).sort(),
  ];
  return SCALED.flatMap((kind) => sources.store.list(pluralOf(kind))).flatMap((other) => {
    const theirs = other.metadata.uid === object.metadata.uid ? undefined : poolOf(sources, other);
    return theirs && isDeepStrictEqual(facts(theirs), facts(pool)) ? [other.metadata.name] : [];
  });
}

/** Also about its replica sets, whose runners may be gone. */
function eventsAbout(store: ResourceStore, objects: (StoredObject | undefined)[]): EventObject[] {
  const [pool] = objects;
  const sets = pool ? store.ownedBy(pool.metadata.uid) : [];
  const uids = new Set([...objects, ...sets].map((object) => object?.metadata.uid));
  const events = store.list('events', pool?.metadata.namespace) as EventObject[];
  return events.filter(({ involvedObject }) => uids.has(involvedObject.uid));
}
