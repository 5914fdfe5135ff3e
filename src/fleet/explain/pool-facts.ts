/** Gathers what is known of a pool. */
import { isDeepStrictEqual } from 'node:util';
import { jobsOfPool, type Pool } from '../autoscaling/pool-jobs.ts';
import { desiredRunners } from '../autoscaling/scale-set.ts';
import { placeOf, type RegistrationPlace } from '../credentials/place.ts';
import type { Demand } from '../demand/types.ts';
import { autoscalersOf, runnersOf } from '../reconcilers/autoscaler-target.ts';
import { instanceName } from '../reconcilers/context.ts';
import type { LifeTimes } from '../reconcilers/runner-times.ts';
import type { Trouble } from '../reconcilers/troubles.ts';
import { type AutoscalingRunnerSet, scaleSetNameOf } from '../resources/autoscaling-runner-set.ts';
import { type EphemeralRunner, hasEnded } from '../resources/ephemeral-runner.ts';
import type { EphemeralRunnerSet } from '../resources/ephemeral-runner-set.ts';
import { kinds } from '../resources/index.ts';
import { isDeleting, type ObjectKey, pluralOf, type StoredObject } from '../resources/object.ts';
import { annotation, isOver, type Runner } from '../resources/runner.ts';
import { scopeOf } from '../resources/runner-spec.ts';
import type { EventObject } from '../store/event-recorder.ts';
import type { ResourceStore } from '../store/resource-store.ts';
import type { PoolFacts, PoolRunner } from './explain-pool.ts';
import type { PoolTrouble } from './trouble-problems.ts';

export interface PoolSources {
  store: ResourceStore;
  demand: Demand;
  /** Labels that the backend adds to every runner. */
  systemLabels: readonly string[];
  /** Jobs that the service has assigned to the scale set with this uid; undefined before it said so. */
  assignedJobs?: (uid: string) => number | undefined;
  /** Undefined while the controller does not run. */
  live?: () => LiveFacts | undefined;
}

/** What only the running controller knows. */
export interface LiveFacts {
  failureOf(key: ObjectKey): Trouble | undefined;
  startTrouble(uid: string): PoolTrouble | undefined;
  listenerTrouble(uid: string): Trouble | undefined;
  isListening(uid: string): boolean;
  serverTrouble(place: RegistrationPlace): Trouble | undefined;
  timesOf(instanceName: string): LifeTimes;
}

const SCALED = ['RunnerDeployment', 'RunnerSet'] as const;
/** Resources that are pools. */
export const POOL_PLURALS = [...SCALED.map(pluralOf), 'autoscalingrunnersets'];

/** Of every pool, by namespace and name. Where two kinds have one of a name, of the one that `poolFacts` finds. */
export function allPoolFacts(sources: PoolSources): PoolFacts[] {
  const keys = new Map<string, { namespace: string; name: string }>();
  for (const { metadata } of POOL_PLURALS.flatMap((plural) => sources.store.list(plural))) {
    keys.set(`${metadata.namespace}/${metadata.name}`, metadata);
  }
  const byName = [...keys].sort(([a], [b]) => (a < b ? -1 : 1));
  return byName.flatMap(([, { namespace, name }]) => poolFacts(sources, namespace, name) ?? []);
}

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
  const [autoscaler, ...others] = autoscalersOf(store, { plural, namespace, name });
  const pool = poolOf(sources, object);
  const { replicas } = object.spec as { replicas?: number };
  const bounds = { min: autoscaler?.spec.minReplicas, max: autoscaler?.spec.maxReplicas };
  const known = pool && demand.inScope(pool.scope);
  const jobs = pool && known ? jobsOfPool(pool, known.jobs) : [];
  const owned = store.ownedBy(object.metadata.uid, 'runnerreplicasets');
  return {
    ...{ kind, namespace, name, autoscaler, ...bounds, jobs },
    ...{ scope: pool?.scope, group: pool?.group, labels: pool?.labels ?? [] },
    otherAutoscalers: others.map(({ metadata }) => metadata.name),
    desired: replicas ?? 1,
    runners: runners.map((runner) => withTimes(sources, runner, runnerFacts(runner))),
    queued: jobs.filter(({ status }) => status === 'queued').length,
    events: eventsAbout(store, [object, autoscaler, ...runners]),
    twins: pool ? twinsOf(sources, object, pool) : [],
    troubles: troublesOf(sources, [object, autoscaler, ...owned, ...runners], placeOfPool(object)),
    ...{ demandProblem: known?.problem, comparedAtMs: known?.comparedAtMs },
  };
}

function scaleSetFacts(sources: PoolSources, set: AutoscalingRunnerSet): PoolFacts {
  const { store } = sources;
  const { namespace, name, uid } = set.metadata;
  const { minRunners = 0, maxRunners } = set.spec;
  const [runnerSet] = store.ownedBy(set.metadata.uid, 'ephemeralrunnersets') as EphemeralRunnerSet[];
  const owned = runnerSet ? (store.ownedBy(runnerSet.metadata.uid, 'ephemeralrunners') as EphemeralRunner[]) : [];
  const living = owned.filter((runner) => !hasEnded(runner));
  const runners = living.map((runner) => withTimes(sources, runner, ephemeralRunnerFacts(runner)));
  const desired = runnerSet?.spec.replicas ?? 0;
  const assignedJobs = sources.assignedJobs?.(uid) ?? Math.max(0, desired - minRunners);
  return {
    kind: 'AutoscalingRunnerSet',
    ...{ namespace, name, desired, min: minRunners, max: maxRunners, runners },
    scope: poolOf(sources, set)?.scope,
    group: set.spec.runnerGroup,
    labels: [scaleSetNameOf(set), ...(set.spec.runnerScaleSetLabels ?? [])],
    queued: Math.max(0, assignedJobs - runners.filter(({ state }) => state === 'busy').length),
    ownReasons: desiredRunners({ minRunners, maxRunners, assignedJobs }).reasons,
    jobs: [],
    events: eventsAbout(store, [set, runnerSet, ...living]),
    twins: [],
    troubles: troublesOf(sources, [set, runnerSet, ...living]),
    isListening: sources.live?.()?.isListening(uid),
  };
}

/** Worst first: what is about the server, then what is about the objects, then starts and listening. */
function troublesOf(
  { live }: PoolSources,
  objects: readonly (StoredObject | undefined)[],
  place?: RegistrationPlace,
): PoolTrouble[] | undefined {
  const facts = live?.();
  if (!facts) return undefined;
  const all = objects.flatMap((object) => object ?? []);
  const server = place && facts.serverTrouble(place);
  return [
    server,
    ...all.map(({ kind, metadata: { namespace, name } }) =>
      facts.failureOf({ plural: pluralOf(kind), namespace, name }),
    ),
    ...all.map(({ metadata: { uid } }) => facts.startTrouble(uid) ?? facts.listenerTrouble(uid)),
  ].flatMap((trouble) => trouble ?? []);
}

function withTimes({ live }: PoolSources, runner: StoredObject, facts: PoolRunner): PoolRunner {
  const { asked: askedMs, started: startedMs } = live?.()?.timesOf(instanceName(runner)) ?? {};
  return { ...facts, askedMs, startedMs };
}

function placeOfPool(object: StoredObject): RegistrationPlace | undefined {
  const spec = kinds.find((one) => one.kind === object.kind)?.runnerSpec?.(object.spec)?.spec;
  return spec && placeOf(object.metadata.namespace, spec);
}

function runnerFacts(runner: Runner): PoolRunner {
  const { phase, ready } = runner.status ?? {};
  const isLeaving = isDeleting(runner) || runner.metadata.annotations?.[annotation.unregistrationRequest] !== undefined;
  const isOffline = phase === 'Idle' && ready === false && !isLeaving;
  const isIdle = phase === 'Idle' && !isOffline;
  const state = phase === 'Running' ? 'busy' : isLeaving ? 'leaving' : isIdle ? 'idle' : 'starting';
  const createdAtMs = Date.parse(runner.metadata.creationTimestamp);
  return { name: runner.metadata.name, state, createdAtMs, ...(isOffline ? { isOffline } : {}) };
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
