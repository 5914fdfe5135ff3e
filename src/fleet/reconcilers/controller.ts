import type { Clock } from '../../common/clock.ts';
import { errorText, OutsideError, UserError } from '../../common/errors.ts';
import type { Logger } from '../../common/log.ts';
import type { GitHubClient } from '../../github/index.ts';
import type { Backend, Exit, Instance } from '../backends/types.ts';
import type { CredentialPool } from '../credentials/credential-pool.ts';
import { placeOf, placeOfConnection, type RegistrationPlace } from '../credentials/place.ts';
import { credentialUsers } from '../credentials/users.ts';
import { type DemandSource, NO_DEMAND } from '../demand/types.ts';
import { type EphemeralRunner, waitsForJob } from '../resources/ephemeral-runner.ts';
import { kinds } from '../resources/index.ts';
import {
  controllerOf,
  isDeleting,
  keyText,
  type ObjectKey,
  ownerReference,
  pluralOf,
  type StoredObject,
} from '../resources/object.ts';
import type { Runner } from '../resources/runner.ts';
import { ScaleSetConnections } from '../scale-sets/connections.ts';
import { reconcileEphemeralRunner } from '../scale-sets/ephemeral-runner-reconciler.ts';
import { reconcileRunnerSet } from '../scale-sets/runner-set-reconciler.ts';
import { reconcileScaleSet } from '../scale-sets/scale-set-reconciler.ts';
import { ScaleSets } from '../scale-sets/scale-sets.ts';
import type { EventRecorder } from '../store/event-recorder.ts';
import type { ResourceStore, StoreEvent } from '../store/resource-store.ts';
import { reconcileAutoscaler } from './autoscaler-reconciler.ts';
import { AutoscalerWakes } from './autoscaler-wakes.ts';
import { instanceName, type ReconcilerContext } from './context.ts';
import { ControllerFacts } from './controller-facts.ts';
import { reconcileDeployment } from './deployment-reconciler.ts';
import { setUidOf, startsWork } from './failed-starts.ts';
import { sayFarewell } from './farewell.ts';
import { collectGarbage } from './garbage-collector.ts';
import { RUNNER_PLURALS, unownedInstances } from './instances.ts';
import { reconcileLegacyRunnerSet } from './legacy-runner-set-reconciler.ts';
import { Observer } from './observer.ts';
import { reconcileReplicaSet } from './replica-set-reconciler.ts';
import { reconcileRunner } from './runner-reconciler.ts';
import { RunnerTimes } from './runner-times.ts';
import { Sightings } from './sightings.ts';
import { START_DELAYS_MS, StartBreaker } from './start-breaker.ts';
import { type About, Troubles } from './troubles.ts';
import { WorkQueue } from './work-queue.ts';

export interface ControllerOptions {
  store: ResourceStore;
  events: EventRecorder;
  backend: Backend;
  credentials: CredentialPool;
  /** Which jobs wait; default none is ever told of. */
  demand?: DemandSource;
  onSetJob?: ReconcilerContext['onSetJob'];
  clock: Clock;
  logger: Logger;
}

const RECONCILERS: Record<string, (context: ReconcilerContext, key: ObjectKey) => Promise<void>> = {
  runnerdeployments: reconcileDeployment,
  runnerreplicasets: reconcileReplicaSet,
  runnersets: reconcileLegacyRunnerSet,
  runners: reconcileRunner,
  horizontalrunnerautoscalers: reconcileAutoscaler,
  autoscalingrunnersets: reconcileScaleSet,
  ephemeralrunnersets: reconcileRunnerSet,
  ephemeralrunners: reconcileEphemeralRunner,
};

export interface CloseOptions {
  keepsBusy?: boolean;
}

/** Only repairs: every change and every end of a runner wakes its key by itself. */
const RESYNC_MS = 30_000;
const CONCURRENCY = 16;
/** Runners of scale sets that are younger are not looked at. */
const UNWATCHED_MS = 60_000;
/** Time for runners to leave, also a job to be cancelled, before they are killed while closing. */
const CLOSE_GRACE_MS = 10_000;

const GARBAGE_KEY = 'garbage';

/** Brings what runs in line with what the resources say. One work queue for all kinds; one worker per key. */
export class Controller {
  readonly facts: ControllerFacts;
  readonly #context: ReconcilerContext;
  readonly #ends: (() => void)[] = [];
  readonly #abort = new AbortController();
  readonly #source: DemandSource;
  readonly #wakes: AutoscalerWakes;
  #cancelResync: () => void = () => undefined;

  private constructor(options: ControllerOptions, instances: Instance[]) {
    const { credentials, clock, logger } = options;
    const githubFor = (place: RegistrationPlace): GitHubClient => credentials.githubFor(place);
    this.#source = options.demand ?? NO_DEMAND;
    const signal = this.#abort.signal;
    const queue = new WorkQueue({
      clock,
      concurrency: CONCURRENCY,
      work: (key) => this.#work(key),
      onError: (key, error, retryInMs) => this.#logFailure(key, error, retryInMs),
    });
    const troubles = new Troubles(clock, options.events);
    const runnerTimes = new RunnerTimes(clock);
    for (const { name, exit } of instances) if (!exit) runnerTimes.note(name, 'adopted');
    const sightings = new Sightings();
    const observer = new Observer({
      ...options,
      githubFor,
      troubles,
      runnerTimes,
      sightings,
      signal,
      wake: (plural, runner) => this.#wake(plural, runner),
      onSeen: (runner, isBusy) => this.#seen(runner, isBusy),
    });
    this.#context = {
      ...options,
      githubFor,
      queue,
      observer,
      troubles,
      runnerTimes,
      sightings,
      signal,
      instances: new Map(instances.map((instance) => [instance.name, instance])),
      startBreaker: new StartBreaker(START_DELAYS_MS.runners),
      scaleSets: new ScaleSets(
        new ScaleSetConnections(credentials.clientFor, clock),
        new StartBreaker(START_DELAYS_MS.scaleSets),
      ),
      askAgainAtMs: new Map(),
      demand: this.#source.demand,
      seenJobs: new Map(),
    };
    this.facts = new ControllerFacts(this.#context);
    this.#wakes = new AutoscalerWakes(options.store, queue, this.#source, options.backend.systemLabels);
    this.#ends.push(() => this.#wakes.close());
    this.#ends.push(options.store.onChange((event) => this.#changed(event)));
    this.#ends.push(options.backend.onExit((name, exit) => this.#ended(name, exit)));
    logger.info({ instances: instances.length }, 'the controller has started');
  }

  /** Finds the runners of an earlier start, and begins. */
  static async start(options: ControllerOptions): Promise<Controller> {
    const controller = new Controller(options, await options.backend.list());
    await controller.#tidyUp();
    controller.#resync();
    return controller;
  }

  /** Resolves when nothing is left to do now; what waits for a time or for a runner does not count. */
  async settled(): Promise<void> {
    const { queue, observer } = this.#context;
    do {
      await queue.idle();
    } while (await observer.idle());
  }

  /** Stops deciding and leaves everything else as it is, like a crash. `close` begins with it. */
  abandon(): void {
    this.#abort.abort();
    this.#cancelResync();
    this.#context.scaleSets.abandon();
    for (const end of this.#ends) end();
  }

  /**
   * Stops deciding, then the runners: those the server lets go leave for good, a busy one's job is cancelled by its
   * runner; what has not ended after ten seconds is killed. Registrations that outlive jobs stay for the next start.
   * @param keepsBusy runners that have a job, or may have one, go on; the next start finds them
   */
  async close({ keepsBusy = false }: CloseOptions = {}): Promise<void> {
    const { queue, observer, backend, scaleSets, instances, logger } = this.#context;
    this.abandon();
    await Promise.all([queue.close(), observer.close(), scaleSets.close()]);
    // A backend that is away must not keep the fleet from closing: what it runs is found by the next start.
    const known = await backend.list().catch((error: unknown) => {
      logger.warn({ problem: errorText(error) }, 'a backend cannot be asked what runs while closing');
      return [...instances.values()];
    });
    const running = known.filter(({ exit }) => !exit).map(({ name }) => name);
    const free = await sayFarewell(this.#context);
    const kept = keepsBusy ? running.filter((name) => !free.has(name)) : [];
    if (kept.length > 0) logger.info({ runners: kept }, 'runners with a job go on without the fleet');
    const stops = await Promise.allSettled(
      running.filter((name) => !kept.includes(name)).map((name) => backend.stop(name, CLOSE_GRACE_MS)),
    );
    const failed = stops.find((stop) => stop.status === 'rejected');
    if (failed) logger.warn({ problem: errorText(failed.reason) }, 'a runner could not be stopped');
    await backend.close();
  }

  async #work(key: string): Promise<void> {
    if (key === GARBAGE_KEY) return collectGarbage(this.#context.store);
    const [plural = '', namespace = '', name = ''] = key.split('/');
    await RECONCILERS[plural]?.(this.#context, { plural, namespace, name });
    const { store, troubles } = this.#context;
    if (store.find({ plural, namespace, name })) troubles.worked(key);
    else troubles.forget(key);
  }

  #changed(event: StoreEvent): void {
    const { queue } = this.#context;
    const { type, plural, object } = event;
    this.#wakes.changed(event);
    if (plural === 'namespaces') queue.add(GARBAGE_KEY);
    if (plural === 'secrets') for (const user of credentialUsers(this.#context.store, object)) queue.add(keyText(user));
    if (!RECONCILERS[plural]) return;
    this.#wake(plural, object);
    if (type === 'DELETED' || isDeleting(object)) queue.add(GARBAGE_KEY);
  }

  /** It and its owner are looked at. */
  #wake(plural: string, object: StoredObject): void {
    const { queue } = this.#context;
    queue.add(keyOf(plural, object));
    const owner = controllerOf(object);
    const { namespace } = object.metadata;
    if (owner) queue.add(keyText({ plural: pluralOf(owner.kind), namespace, name: owner.name }));
  }

  #ended(name: string, exit: Exit): void {
    const { instances, queue, store } = this.#context;
    const instance = instances.get(name);
    if (instance) instances.set(name, { ...instance, exit });
    this.#source.runnerChanged();
    const [namespace, runner] = name.includes('_') ? name.split('_', 2) : ['default', name];
    const keys = RUNNER_PLURALS.map((plural) => ({ plural, namespace: namespace ?? '', name: runner ?? '' }));
    const known = keys.filter((key) => store.find(key));
    for (const key of known) queue.add(keyText(key));
    if (known.length === 0) void this.#removeOrphan(name);
  }

  /** Nobody else would, and a start later would find it ended. */
  async #removeOrphan(name: string): Promise<void> {
    const { backend, instances, logger } = this.#context;
    try {
      await backend.remove(name, { keepLog: false });
      instances.delete(name);
    } catch (error) {
      logger.warn({ runner: name, problem: errorText(error) }, 'what is left of a runner could not be removed');
    }
  }

  #seen(runner: Runner, isBusy: boolean): void {
    const { startBreaker, askAgainAtMs } = this.#context;
    if (isBusy && runner.status?.phase !== 'Running') this.#source.runnerChanged();
    if (!isBusy) askAgainAtMs.delete(runner.metadata.uid);
    startsWork(this.#context, { uid: setUidOf(runner), breaker: startBreaker });
  }

  /** Files of runners whose resources are gone, as after a crash between the two removals. */
  async #tidyUp(): Promise<void> {
    const { instances, store, logger } = this.#context;
    for (const { name, exit } of unownedInstances(store, instances)) {
      if (!exit) {
        logger.warn({ runner: name }, 'a runner is running that no resource describes; it is left to end by itself');
        continue;
      }
      await this.#removeOrphan(name);
    }
  }

  #resync(): void {
    const { queue, store, events, clock, observer } = this.#context;
    events.prune();
    queue.add(GARBAGE_KEY);
    for (const { plural } of kinds) {
      for (const object of store.list(plural)) queue.add(keyOf(plural, object));
    }
    for (const runner of store.list('runners') as Runner[])
      observer.watch(placeOf(runner.metadata.namespace, runner.spec));
    this.#watchSets();
    this.#cancelResync = clock.after(RESYNC_MS, () => this.#resync());
  }

  /** Only where runners have waited for long: usually a job takes them at once, and the server need not be asked. */
  #watchSets(): void {
    const { store, clock, observer, runnerTimes } = this.#context;
    for (const runner of store.list('ephemeralrunners') as EphemeralRunner[]) {
      const { started, adopted } = runnerTimes.of(instanceName(runner));
      const startedMs = started ?? adopted;
      if (startedMs === undefined || clock.now() - startedMs < UNWATCHED_MS || !waitsForJob(runner)) continue;
      observer.watch(placeOfConnection(runner.metadata.namespace, runner.spec));
    }
  }

  /** Undefined for what people were not told of, and for autoscalers, which tell their own problems and their end. */
  #toldOf(key: string, error: unknown): About | undefined {
    const [plural = '', namespace = '', name = ''] = key.split('/');
    const object = this.#context.store.find({ plural, namespace, name });
    if (!object || plural === 'horizontalrunnerautoscalers') return undefined;
    return error instanceof UserError && error.code === 'conflict'
      ? undefined
      : { namespace, object: ownerReference(object) };
  }

  #logFailure(key: string, error: unknown, retryInMs: number): void {
    if (this.#abort.signal.aborted) return;
    this.#context.troubles.failed(key, error, this.#toldOf(key, error));
    const isOurs = !(error instanceof UserError) && !(error instanceof OutsideError);
    const details = isOurs ? { err: error } : { problem: errorText(error) };
    this.#context.logger[isOurs ? 'error' : 'warn']({ key, retryInMs, ...details }, 'reconciling failed');
  }
}

const keyOf = (plural: string, { metadata: { namespace, name } }: StoredObject): string =>
  keyText({ plural, namespace, name });
