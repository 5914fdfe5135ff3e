import type { FastifyPluginAsync } from 'fastify';
import { Counter, Gauge, Registry } from 'prom-client';
import type { RateBudget } from '../../github/index.ts';
import type { ScaleSetJob } from '../../protocol/github/scale-sets.ts';
import type { JobFact } from '../demand/job-fact.ts';
import { allPoolFacts, type PoolSources } from '../explain/pool-facts.ts';
import type { AutoscalingRunnerSet } from '../resources/autoscaling-runner-set.ts';
import { kindOfPlural } from '../resources/index.ts';
import { pluralOf } from '../resources/object.ts';
import { scopeOf } from '../resources/runner-spec.ts';
import type { EventObject } from '../store/event-recorder.ts';
import { GAUGES, type PoolSnapshot } from './gauges.ts';
import { JobMetrics } from './job-metrics.ts';

export interface MetricsSources extends PoolSources {
  budget: () => RateBudget | undefined;
}

/** `GET /metrics` in Prometheus' text format. */
export class FleetMetrics {
  readonly #registry = new Registry();
  readonly #jobs = new JobMetrics(this.#registry);
  readonly #gauges = new Map<string, Gauge<string>>();
  readonly #events: Counter<string>;
  readonly #endListening: () => void;
  readonly #sources: MetricsSources;

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
    const unowned = this.#sources.live?.()?.unownedInstances() ?? 0;
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
    const { store, assignedJobs } = this.#sources;
    return allPoolFacts(this.#sources).flatMap((facts): PoolSnapshot[] => {
      const { kind, namespace, name } = facts;
      const object = store.find({ plural: pluralOf(kind), namespace, name });
      if (!object) return [];
      if (kind !== 'AutoscalingRunnerSet') {
        return [{ facts, specReplicas: (object.spec as { replicas?: number }).replicas }];
      }
      const { status = {}, metadata } = object as AutoscalingRunnerSet;
      const { pendingEphemeralRunners: pending = 0, runningEphemeralRunners: running = 0 } = status;
      const phases = { pending, running, failed: status.failedEphemeralRunners ?? 0 };
      return [{ facts, phases, assignedJobs: assignedJobs?.(metadata.uid) }];
    });
  }
}
