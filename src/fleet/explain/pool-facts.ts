/** Gathers what is known of a pool. */
import { type RunnerScope, scopePath } from '../../protocol/github/runners.ts';
import { jobsOfPool, type Pool } from '../autoscaling/pool-jobs.ts';
import { desiredRunners } from '../autoscaling/scale-set.ts';
import { placeOf, type RegistrationPlace } from '../credentials/place.ts';
import type { Demand, KnownDemand } from '../demand/types.ts';
import { autoscalersOf, runnersOf } from '../reconcilers/autoscaler-target.ts';
import { instanceName } from '../reconcilers/context.ts';
import type { Loss } from '../reconcilers/lost-runners.ts';
import type { LifeTimes } from '../reconcilers/runner-times.ts';
import type { Trouble } from '../reconcilers/troubles.ts';
import { type AutoscalingRunnerSet, scaleSetNameOf } from '../resources/autoscaling-runner-set.ts';
import { type EphemeralRunner, hasEnded } from '../resources/ephemeral-runner.ts';
import type { EphemeralRunnerSet } from '../resources/ephemeral-runner-set.ts';
import { kindOfPlural } from '../resources/index.ts';
import { labelOwnerKey } from '../resources/label-owners.ts';
import { about } from '../resources/links.ts';
import { isDeleting, type ObjectKey, pluralOf, type StoredObject } from '../resources/object.ts';
import { annotation, isOver, type Runner } from '../resources/runner.ts';
import { type RunnerSpec, scopeOf } from '../resources/runner-spec.ts';
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
  /** Instances at the backends that no resource describes. */
  unownedInstances(): number;
  failureOf(key: ObjectKey): Trouble | undefined;
  startTrouble(uid: string): PoolTrouble | undefined;
  listenerTrouble(uid: string): Trouble | undefined;
  isListening(uid: string): boolean;
  serverTrouble(place: RegistrationPlace): Trouble | undefined;
  paceTrouble(place: RegistrationPlace): Trouble | undefined;
  timesOf(instanceName: string): LifeTimes;
  lossOf(runner: StoredObject): Loss | undefined;
}

const SCALED = ['RunnerDeployment', 'RunnerSet'] as const;
/** Resources that are pools. */
const POOL_PLURALS = [...SCALED.map(pluralOf), 'autoscalingrunnersets'];

/** Of every pool, by namespace and name. Where two kinds have one of a name, of the one that `poolFacts` finds. */
export function allPoolFacts(sources: PoolSources): PoolFacts[] {
  const keys = new Map<string, { namespace: string; name: string }>();
  for (const { metadata } of POOL_PLURALS.flatMap((plural) => sources.store.list(plural))) {
    keys.set(`${metadata.namespace}/${metadata.name}`, metadata);
  }
  const byName = [...keys].sort(([a], [b]) => (a < b ? -1 : 1));
  const known = gather(sources);
  return byName.flatMap(([, { namespace, name }]) => factsOf(known, namespace, name) ?? []);
}

/** Undefined when there is no pool of this name. */
export const poolFacts = (sources: PoolSources, namespace: string, name: string): PoolFacts | undefined =>
  factsOf(gather(sources), namespace, name);

/** With what is the same for many pools: to find it anew for each would cost the square of their number. */
interface Gathered extends Omit<PoolSources, 'live'> {
  live: LiveFacts | undefined;
  demandIn: (scope: RunnerScope) => KnownDemand;
  /** Pools whose runners take the same jobs, each group by its `labelOwnerKey`. */
  byLabels: ReadonlyMap<string, readonly StoredObject[]>;
}

function gather(sources: PoolSources): Gathered {
  const demands = new Map<string, KnownDemand>();
  const demandIn = (scope: RunnerScope): KnownDemand => {
    const path = scopePath(scope);
    const known = demands.get(path) ?? sources.demand.inScope(scope);
    demands.set(path, known);
    return known;
  };
  const byLabels = new Map<string, StoredObject[]>();
  for (const object of SCALED.flatMap((kind) => sources.store.list(pluralOf(kind)))) {
    const spec = runnerSpecOf(object);
    if (!spec) continue;
    const key = labelOwnerKey(spec);
    const alike = byLabels.get(key);
    if (alike) alike.push(object);
    else byLabels.set(key, [object]);
  }
  return { ...sources, live: sources.live?.(), demandIn, byLabels };
}

function factsOf(known: Gathered, namespace: string, name: string): PoolFacts | undefined {
  for (const kind of SCALED) {
    const object = known.store.find({ plural: pluralOf(kind), namespace, name });
    if (object) return scaledFacts(known, kind, object);
  }
  const set = known.store.find({ plural: 'autoscalingrunnersets', namespace, name });
  return set && scaleSetFacts(known, set as AutoscalingRunnerSet);
}

function scaledFacts(sources: Gathered, kind: (typeof SCALED)[number], object: StoredObject): PoolFacts {
  const { store, live } = sources;
  const { namespace, name } = object.metadata;
  const plural = pluralOf(kind);
  const runners = runnersOf(store, { plural, namespace, name }).filter((runner) => !isOver(runner));
  const [autoscaler, ...others] = autoscalersOf(store, { plural, namespace, name });
  const pool = poolOf(sources, object);
  const place = placeOfPool(object);
  const { replicas } = object.spec as { replicas?: number };
  const bounds = { min: autoscaler?.spec.minReplicas, max: autoscaler?.spec.maxReplicas };
  const known = pool && sources.demandIn(pool.scope);
  const jobs = pool && known ? jobsOfPool(pool, known.jobs) : [];
  const owned = store.ownedBy(object.metadata.uid, 'runnerreplicasets');
  return {
    ...{ kind, namespace, name, autoscaler, ...bounds, jobs },
    ...{ scope: pool?.scope, group: pool?.group, labels: pool?.labels ?? [] },
    otherAutoscalers: others.map(({ metadata }) => metadata.name),
    desired: replicas ?? 1,
    runners: runners.map((runner) => runnerFacts(runner, live)),
    queued: jobs.filter(({ status }) => status === 'queued').length,
    events: eventsAbout(store, [object, autoscaler, ...runners]),
    twins: twinsOf(sources, object),
    troubles: troublesOf(sources, [object, autoscaler, ...owned, ...runners], place),
    observedRarely: place && live?.paceTrouble(place)?.text,
    ...{ demandProblem: known?.problem, comparedAtMs: known?.comparedAtMs },
  };
}

function scaleSetFacts(sources: Gathered, set: AutoscalingRunnerSet): PoolFacts {
  const { store, live } = sources;
  const { namespace, name, uid } = set.metadata;
  const { minRunners = 0, maxRunners } = set.spec;
  const [runnerSet] = store.ownedBy(set.metadata.uid, 'ephemeralrunnersets') as EphemeralRunnerSet[];
  const owned = runnerSet ? (store.ownedBy(runnerSet.metadata.uid, 'ephemeralrunners') as EphemeralRunner[]) : [];
  const living = owned.filter((runner) => !hasEnded(runner));
  const runners = living.map((runner) => ephemeralRunnerFacts(runner, live));
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
    isListening: live?.isListening(uid),
  };
}

/** Worst first: what is about the server, then what is about the objects, then starts and listening. */
function troublesOf(
  { live }: Gathered,
  objects: readonly (StoredObject | undefined)[],
  place?: RegistrationPlace,
): PoolTrouble[] | undefined {
  if (!live) return undefined;
  const all = objects.flatMap((object) => object ?? []);
  const server = place && live.serverTrouble(place);
  return [
    server,
    ...all.map(({ kind, metadata: { namespace, name } }) =>
      live.failureOf({ plural: pluralOf(kind), namespace, name }),
    ),
    ...all.map(({ metadata: { uid } }) => live.startTrouble(uid) ?? live.listenerTrouble(uid)),
  ].flatMap((trouble) => trouble ?? []);
}

function placeOfPool(object: StoredObject): RegistrationPlace | undefined {
  const spec = runnerSpecOf(object);
  return spec && placeOf(object.metadata.namespace, spec);
}

function runnerFacts(runner: Runner, live: LiveFacts | undefined): PoolRunner {
  const { phase, ready } = runner.status ?? {};
  const isLeaving = isDeleting(runner) || runner.metadata.annotations?.[annotation.unregistrationRequest] !== undefined;
  const isOffline = phase === 'Idle' && ready === false && !isLeaving;
  const isIdle = phase === 'Idle' && !isOffline;
  const state = phase === 'Running' ? 'busy' : isLeaving ? 'leaving' : isIdle ? 'idle' : 'starting';
  return poolRunner(runner, state, live, isOffline);
}

function ephemeralRunnerFacts(runner: EphemeralRunner, live: LiveFacts | undefined): PoolRunner {
  const { phase, ready } = runner.status ?? {};
  const state = phase === 'Running' ? 'busy' : isDeleting(runner) ? 'leaving' : ready ? 'idle' : 'starting';
  return poolRunner(runner, state, live, false);
}

function poolRunner(
  runner: StoredObject,
  state: PoolRunner['state'],
  live: LiveFacts | undefined,
  isOffline: boolean,
): PoolRunner {
  const { name, creationTimestamp } = runner.metadata;
  const { asked: askedMs, started, adopted } = live?.timesOf(instanceName(runner)) ?? {};
  const loss = live?.lossOf(runner);
  return {
    ...{ name, askedMs, startedMs: started ?? adopted, isOffline, loss },
    // Of a scale set's runner its status says only that its program runs.
    state: state === 'idle' && loss?.seen !== undefined ? 'starting' : state,
    createdAtMs: Date.parse(creationTimestamp),
  };
}

function poolOf({ systemLabels }: Gathered, object: StoredObject): Pool | undefined {
  const spec = runnerSpecOf(object);
  return spec && { scope: scopeOf(spec), group: spec.group, labels: [...systemLabels, ...(spec.labels ?? [])] };
}

const runnerSpecOf = (object: StoredObject): RunnerSpec | undefined =>
  kindOfPlural(pluralOf(object.kind))?.runnerSpec?.(object.spec)?.spec;

function twinsOf({ byLabels }: Gathered, object: StoredObject): string[] {
  const spec = runnerSpecOf(object);
  const alike = spec ? (byLabels.get(labelOwnerKey(spec)) ?? []) : [];
  return alike.flatMap(({ metadata: { uid, name } }) => (uid === object.metadata.uid ? [] : name));
}

/** Also about its replica sets, whose runners may be gone. */
function eventsAbout(store: ResourceStore, objects: (StoredObject | undefined)[]): EventObject[] {
  const [pool] = objects;
  const sets = pool ? store.ownedBy(pool.metadata.uid) : [];
  const uids = new Set([...objects, ...sets].flatMap((object) => object?.metadata.uid ?? []));
  return [...uids].flatMap((uid) => store.linked(about(uid)) as EventObject[]);
}
