import type { FastifyPluginAsync } from 'fastify';
import { Counter, Gauge, Registry } from 'prom-client';
import type { RateBudget } from '../../github/index.ts';
import type { ScaleSetJob } from '../../protocol/github/scale-sets.ts';
import type { JobFact } from '../demand/job-fact.ts';
import { POOL_PLURALS, type PoolSources, poolFacts } from '../explain/pool-facts.ts';
import type { AutoscalingRunnerSet } from '../resources/autoscaling-runner-set.ts';
import { kindOfPlural } from '../resources/index.ts';
import { scopeOf } from '../resources/runner-spec.ts';
import type { EventObject } from '../store/event-recorder.ts';
import { GAUGES, type PoolSnapshot } from './gauges.ts';
import { JobMetrics } from './job-metrics.ts';

export interface MetricsSources extends PoolSources {
  budget: () => RateBudget | undefined;
}

/** What only the running controller knows. */
export interface ControllerFacts {
  /** Instances at the backends that no resource describes. */
  unownedInstances(): number;
  /** Of the AutoscalingRunnerSet with this uid. */
  assignedJobs(uid: string): number | undefined;
  isListening(uid: string): boolean;
}

/** `GET /metrics` in Prometheus' text format. */
export class FleetMetrics {
  readonly #registry = new Registry();
  readonly #jobs = new JobMetrics(this.#registry);
  readonly #gauges = new Map<string, Gauge<string>>();
  readonly #events: Counter<string>;
  readonly #endListening: () => void;
  readonly #sources: MetricsSources;
  /** There once it has started. */
  controller: ControllerFacts | undefined;

  constructor(sources: MetricsSources) {
    this.#sources = sources;
    this.#events = new Counter({
      name: 'switchyard_fleet_events_total',
      help: 'Events of resources, by kind and reason: starts, failed starts, scaling.',
      labelNames: ['kind', 'type', 'reason'],
      registers: [this.#registry],
    });
    this.#endListening = sources.store.onChange(({ type, plural, object }) => {
      if (plural === 'events' && type !== 'DELETED') this.#countEvent(object as EventObject);
    });
  }

  readonly routes: FastifyPluginAsync = async (app) => {
    app.get('/metrics', async (_request, reply) => {
      this.#collect();
      return reply.type(this.#registry.contentType).send(await this.#registry.metrics());
    });
  };

  fact(fact: JobFact, before: JobFact | undefined): void {
    this.#jobs.fact(fact, before);
  }

  setJob({ spec }: AutoscalingRunnerSet, job: ScaleSetJob): void {
    const runner = kindOfPlural('autoscalingrunnersets')?.runnerSpec?.(spec)?.spec;
    this.#jobs.ofScaleSet(runner && scopeOf(runner), job);
  }

  async close(): Promise<void> {
    this.#endListening();
    this.#registry.clear();
  }

  #countEvent({ involvedObject, type, reason }: EventObject): void {
    this.#events.inc({ kind: involvedObject.kind, type, reason });
  }

  #collect(): void {
    const unowned = this.controller?.unownedInstances() ?? 0;
    const { user, system } = process.cpuUsage();
    const ownProcess = { rssBytes: process.memoryUsage.rss(), cpuSeconds: (user + system) / 1e6 };
    const snapshot = { pools: this.#pools(), budget: this.#sources.budget(), unowned, process: ownProcess };
    for (const [name, { help, samples }] of Object.entries(GAUGES)) {
      const found = samples(snapshot);
      const gauge = this.#gauges.get(name) ?? this.#add(name, help, Object.keys(found[0]?.labels ?? {}), found.length);
      gauge?.reset();
      for (const { labels, value } of found) gauge?.set(labels, value);
    }
  }

  /** Its labels are known from its first sample. */
  #add(name: string, help: string, labelNames: string[], samples: number): Gauge<string> | undefined {
    if (samples === 0) return undefined;
    const gauge = new Gauge({ name, help, labelNames, registers: [this.#registry] });
    this.#gauges.set(name, gauge);
    return gauge;
  }

  #pools(): PoolSnapshot[] {
    return POOL_PLURALS.flatMap((plural) =>
      this.#sources.store.list(plural).flatMap((object): PoolSnapshot[] => {
        const { namespace, name, uid } = object.metadata;
        const facts = poolFacts(this.#sources, namespace, name);
        if (!facts) return [];
        const runner = kindOfPlural(plural)?.runnerSpec?.(object.spec)?.spec;
        const { replicas } = object.spec as { replicas?: number };
        const base = { facts, scope: runner && scopeOf(runner), specReplicas: replicas };
        return [
          facts.kind === 'AutoscalingRunnerSet'
            ? { ...base, ...this.#ofScaleSet(object as AutoscalingRunnerSet, uid) }
            : base,
        ];
      }),
    );
  }

  #ofScaleSet({ status = {} }: AutoscalingRunnerSet, uid: string) {
    const { pendingEphemeralRunners: pending = 0, runningEphemeralRunners: running = 0 } = status;
    const phases = { pending, running, failed: status.failedEphemeralRunners ?? 0 };
    const { controller } = this;
    return { phases, assignedJobs: controller?.assignedJobs(uid), isListening: controller?.isListening(uid) ?? false };
  }
}
