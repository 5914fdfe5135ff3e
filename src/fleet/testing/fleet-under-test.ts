import type { Clock } from '../../common/clock.ts';
import { type Logger, silentLogger } from '../../common/log.ts';
import { GitHubClient } from '../../github/index.ts';
import { FakeBackend } from '../backends/fake.ts';
import type { Backend } from '../backends/types.ts';
import { CredentialPool } from '../credentials/credential-pool.ts';
import { Controller } from '../reconcilers/controller.ts';
import type { AutoscalerSpec } from '../resources/autoscaler-spec.ts';
import type { AutoscalingRunnerSetSpec } from '../resources/autoscaling-runner-set.ts';
import type { EphemeralRunner } from '../resources/ephemeral-runner.ts';
import type { HorizontalRunnerAutoscaler } from '../resources/horizontal-runner-autoscaler.ts';
import { groupVersion, LEGACY_VERSION, SCALE_SET_GROUP, type StoredObject } from '../resources/object.ts';
import type { Runner } from '../resources/runner.ts';
import type { RunnerDeployment } from '../resources/runner-deployment.ts';
import type { RunnerSpec } from '../resources/runner-spec.ts';
import { type EventObject, EventRecorder } from '../store/event-recorder.ts';
import { ResourceStore } from '../store/resource-store.ts';
import { GitHubStandIn, STAND_IN_TOKEN } from './github-stand-in.ts';
import { InMemoryDemand } from './in-memory-demand.ts';

/** The clock of a test, which goes on only when it is told to. */
export type TestClock = Clock & { advance(ms: number): void };

/** Store, controller, fake backend and stand-in server, wired as `startFleet` does, without the API. */
export class FleetUnderTest<B extends Backend = FakeBackend> {
  readonly store: ResourceStore;
  readonly github: GitHubStandIn;
  readonly backend: B;
  readonly clock: TestClock;
  /** What the fleet is told of waiting jobs. */
  readonly demand: InMemoryDemand;
  readonly #logger: Logger;
  controller: Controller;

  private constructor(
    github: GitHubStandIn,
    backend: B,
    store: ResourceStore,
    clock: TestClock,
    demand: InMemoryDemand,
    controller: Controller,
  ) {
    this.demand = demand;
    this.github = github;
    this.backend = backend;
    this.store = store;
    this.clock = clock;
    this.controller = controller;
    this.#logger = silentLogger;
  }

  /** @param timeoutMs of calls to the stand-in */
  static async start<B extends Backend>(clock: TestClock, backend: B, timeoutMs?: number): Promise<FleetUnderTest<B>> {
    const github = await GitHubStandIn.start();
    const store = new ResourceStore(':memory:', clock);
    const demand = new InMemoryDemand();
    const controller = await startController(github, backend, store, clock, demand, silentLogger, timeoutMs);
    return new FleetUnderTest(github, backend, store, clock, demand, controller);
  }

  static withFake(clock: TestClock): Promise<FleetUnderTest> {
    return FleetUnderTest.start(clock, new FakeBackend());
  }

  /** As after `kill -9`: the old controller's effects end, a new one begins on the same store and backend. */
  async restart(): Promise<void> {
    this.controller.abandon();
    this.controller = await startController(
      this.github,
      this.backend,
      this.store,
      this.clock,
      this.demand,
      this.#logger,
    );
  }

  deploy(name: string, replicas: number, spec: RunnerSpec = { repository: 'octo/app' }): StoredObject {
    return this.store.create('runnerdeployments', {
      apiVersion: LEGACY_VERSION,
      kind: 'RunnerDeployment',
      metadata: { name, namespace: 'default' },
      spec: { replicas, template: { spec } },
    });
  }

  scaleBy(spec: AutoscalerSpec, name = 'pool'): StoredObject {
    return this.store.create('horizontalrunnerautoscalers', {
      apiVersion: LEGACY_VERSION,
      kind: 'HorizontalRunnerAutoscaler',
      metadata: { name, namespace: 'default' },
      spec,
    });
  }

  /** A scale set at the stand-in. */
  listen(name: string, spec: Partial<AutoscalingRunnerSetSpec> = {}): StoredObject {
    return this.store.create('autoscalingrunnersets', {
      apiVersion: groupVersion(SCALE_SET_GROUP),
      kind: 'AutoscalingRunnerSet',
      metadata: { name, namespace: 'default' },
      spec: { githubConfigUrl: `${this.github.url}/octo/app`, ...spec },
    });
  }

  /** All registered runners come online, and get a job or lose it where `work` says so. */
  async everyRunner(work?: 'busy' | 'idle'): Promise<void> {
    await this.controller.settled();
    for (const runner of this.github.runners.values()) {
      this.github.online(runner.id);
      if (work === 'busy' && !runner.busy) this.github.assign(runner.id);
      if (work === 'idle') runner.busy = false;
    }
  }

  /** Lets time go by, and the controller do what falls due. @param stepMs where answers over HTTP have to come between */
  async pass(ms: number, stepMs = ms): Promise<void> {
    let passed = 0;
    do {
      this.clock.advance(stepMs);
      await this.controller.settled();
      passed += stepMs;
    } while (passed < ms);
  }

  ephemeralRunners(): EphemeralRunner[] {
    return this.store.list('ephemeralrunners') as EphemeralRunner[];
  }

  /** Changes a deployment's spec, if it is still there. */
  change(name: string, change: (spec: Record<string, unknown>) => Record<string, unknown>): void {
    const found = this.store.find({ plural: 'runnerdeployments', namespace: 'default', name });
    if (found)
      this.store.update('runnerdeployments', { ...found, spec: change(found.spec as Record<string, unknown>) });
  }

  runners(): Runner[] {
    return this.store.list('runners') as Runner[];
  }

  deployment(): RunnerDeployment {
    return this.store.get({ plural: 'runnerdeployments', namespace: 'default', name: 'pool' }) as RunnerDeployment;
  }

  autoscaler(name = 'pool'): HorizontalRunnerAutoscaler {
    const key = { plural: 'horizontalrunnerautoscalers', namespace: 'default', name };
    return this.store.get(key) as HorizontalRunnerAutoscaler;
  }

  /** What was reported, or only what was for this reason. */
  events(reason?: string): EventObject[] {
    const events = this.store.list('events') as EventObject[];
    return reason === undefined ? events : events.filter((event) => event.reason === reason);
  }

  async close(): Promise<void> {
    await this.controller.close();
    this.store.close();
    await this.github.close();
  }
}

function startController(
  { url }: GitHubStandIn,
  backend: Backend,
  store: ResourceStore,
  clock: Clock,
  demand: InMemoryDemand,
  logger: Logger,
  timeoutMs?: number,
): Promise<Controller> {
  const github = new GitHubClient({ url, token: STAND_IN_TOKEN, timeoutMs, clock });
  const credentials = new CredentialPool(store, github, clock);
  const events = new EventRecorder(store, clock);
  return Controller.start({ store, events, backend, credentials, demand, clock, logger });
}
