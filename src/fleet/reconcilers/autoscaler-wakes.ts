/** Wakes autoscalers when what they look at changes, and says whose demand is to be kept current. */
import { isDeepStrictEqual } from 'node:util';
import { type RunnerScope, scopeName } from '../../protocol/github/runners.ts';
import { usesDemand } from '../autoscaling/autoscale.ts';
import { countingRules } from '../autoscaling/counting-rules.ts';
import type { WatchedPlace } from '../demand/demand-service.ts';
import type { DemandSource } from '../demand/types.ts';
import type { HorizontalRunnerAutoscaler } from '../resources/horizontal-runner-autoscaler.ts';
import { keyText, type ObjectKey, type StoredObject } from '../resources/object.ts';
import type { ResourceStore, StoreEvent } from '../store/resource-store.ts';
import { AUTOSCALERS, type AutoscalerTarget, autoscalersOf, findTarget, targetKey } from './autoscaler-target.ts';
import type { WorkQueue } from './work-queue.ts';

const TARGETS = ['runnerdeployments', 'runnersets'];

export class AutoscalerWakes {
  readonly #store: ResourceStore;
  readonly #queue: WorkQueue;
  readonly #source: DemandSource;
  readonly #systemLabels: readonly string[];
  /** Generation and rules by uid. A status changes with every runner, and says nothing new to an autoscaler. */
  readonly #known = new Map<string, string>();
  readonly #endListening: () => void;
  #watched: WatchedPlace[] | undefined;

  constructor(store: ResourceStore, queue: WorkQueue, source: DemandSource, systemLabels: readonly string[]) {
    this.#systemLabels = systemLabels;
    this.#store = store;
    this.#queue = queue;
    this.#source = source;
    this.#endListening = source.demand.onChange((repository) => this.#demandChanged(repository));
    this.#watch();
  }

  /** After every change in the store. */
  changed({ type, plural, object }: StoreEvent): void {
    if (plural === 'secrets') this.#secretChanged(object);
    if (plural !== AUTOSCALERS && !TARGETS.includes(plural)) return;
    const { uid, generation, annotations, namespace, name } = object.metadata;
    const version = JSON.stringify([generation, plural === AUTOSCALERS ? countingRules(annotations) : null]);
    if (type !== 'DELETED' && this.#known.get(uid) === version) return;
    if (type === 'DELETED') this.#known.delete(uid);
    else this.#known.set(uid, version);
    const target =
      plural === AUTOSCALERS ? targetKey(object as HorizontalRunnerAutoscaler) : { plural, namespace, name };
    this.#wake(autoscalersOf(this.#store, target));
    this.#watch();
  }

  close(): void {
    this.#endListening();
  }

  #secretChanged({ metadata: { namespace, name } }: StoredObject): void {
    const isUsed = this.#watched?.some(({ credentials }) =>
      credentials.some((one) => one.namespace === namespace && one.secretName === name),
    );
    if (isUsed) this.#source.credentialsChanged();
  }

  #demandChanged(repository: string): void {
    this.#wake(this.#demanding().flatMap(({ autoscaler, place }) => (sees(place.scope, repository) ? autoscaler : [])));
  }

  /** Reservations change the spec with every job; the places stay. */
  #watch(): void {
    const places = this.#demanding().map(({ place }) => place);
    if (isDeepStrictEqual(places, this.#watched)) return;
    this.#watched = places;
    this.#source.watch(places);
  }

  /** Autoscalers that count jobs, with where they count them. */
  #demanding(): { autoscaler: HorizontalRunnerAutoscaler; place: WatchedPlace }[] {
    return (this.#store.list(AUTOSCALERS) as HorizontalRunnerAutoscaler[]).flatMap((autoscaler) => {
      if (!usesDemand(autoscaler.spec)) return [];
      const target = findTarget(this.#store, autoscaler, this.#systemLabels);
      return 'problem' in target ? [] : [{ autoscaler, place: watchedPlace(autoscaler, target) }];
    });
  }

  #wake(autoscalers: HorizontalRunnerAutoscaler[]): void {
    for (const autoscaler of autoscalers) this.#queue.add(keyText(keyOf(autoscaler)));
  }
}

function watchedPlace(autoscaler: HorizontalRunnerAutoscaler, target: AutoscalerTarget): WatchedPlace {
  const { scope, pool, place, ownPlace } = target;
  const { namespace, name } = autoscaler.metadata;
  const names = autoscaler.spec.metrics?.flatMap(({ repositoryNames = [] }) => repositoryNames) ?? [];
  const own = scope.kind === 'repository' ? [scopeName(scope)] : [];
  const named = scope.kind === 'organization' ? names.map((repository) => `${scope.name}/${repository}`) : [];
  // Its own are for reading (AUTH-2); where they are refused, those do that register the runners.
  const credentials = ownPlace ? [ownPlace, place] : [place];
  return { name: `${namespace}/${name}`, scope, labels: pool.labels, repositories: [...own, ...named], credentials };
}

/** Whether runners of the scope could be asked for jobs of this repository (OWNER/NAME). */
function sees(scope: RunnerScope, repository: string): boolean {
  const name = scopeName(scope).toLowerCase();
  const asked = repository.toLowerCase();
  return (
    scope.kind === 'enterprise' || asked === name || (scope.kind === 'organization' && asked.startsWith(`${name}/`))
  );
}

const keyOf = ({ metadata: { namespace, name } }: StoredObject): ObjectKey => ({
  plural: AUTOSCALERS,
  namespace,
  name,
});
