import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import type { DemandedJob } from '../demand/types.ts';
import type { AutoscalerSpec } from '../resources/autoscaler-spec.ts';
import { FleetUnderTest } from '../testing/fleet-under-test.ts';
import { generateTrace } from './generate-trace.ts';
import { reportOf } from './report.ts';
import { simulate } from './simulation.ts';
import type { TraceJob } from './trace.ts';

const SECOND = 1_000;
const START_MS = 5 * SECOND;
const BEGIN = Date.parse('2026-01-05T09:00:00Z');

/** All times in whole seconds, which is the step of the live run. */
const TRACE: TraceJob[] = generateTrace({
  ...{ jobs: 40, startMs: BEGIN, spanMs: 900 * SECOND, medianMs: 60 * SECOND, labels: ['self-hosted'], seed: 3 },
}).map((job) => ({
  ...job,
  queuedAtMs: Math.ceil(job.queuedAtMs / SECOND) * SECOND,
  runMs: Math.ceil(job.runMs / SECOND) * SECOND,
}));

interface LiveJob {
  trace: TraceJob;
  job?: DemandedJob;
  startedAtMs?: number;
  runner?: { id: number; name: string };
}

/** The real controller on a clock that steps by a second, a backend without programs, a server that gives jobs out. */
class LiveRun {
  readonly #clock = new ManualClock(TRACE[0]?.queuedAtMs);
  readonly #jobs: LiveJob[] = TRACE.map((trace) => ({ trace }));
  readonly #startedAtMs = new Map<string, number>();
  #runnerMs = 0;

  async run(spec: AutoscalerSpec): Promise<{ waits: number[]; runnerMinutes: number; starts: number }> {
    const fleet = await FleetUnderTest.withFake(this.#clock);
    try {
      fleet.deploy('linux', spec.minReplicas ?? 1);
      // The fleet was there before the first job.
      await fleet.everyRunner();
      for (const name of fleet.backend.running()) this.#startedAtMs.set(name, 0);
      fleet.scaleBy(spec, 'linux');
      await this.#happen(fleet);
      while (this.#jobs.some((one) => !this.#isOver(one))) {
        this.#runnerMs += fleet.backend.running().length * SECOND;
        this.#clock.advance(SECOND);
        await this.#happen(fleet);
      }
      const waits = this.#jobs.map(({ trace, startedAtMs = 0 }) => startedAtMs - trace.queuedAtMs);
      return { waits, runnerMinutes: this.#runnerMs / 60_000, starts: fleet.backend.started.length };
    } finally {
      await fleet.close();
    }
  }

  /** What falls due at this second, and what the controller makes of it. */
  async #happen(fleet: FleetUnderTest): Promise<void> {
    const now = this.#clock.now();
    for (const one of this.#jobs) {
      if (this.#isOver(one) && one.job) this.#end(fleet, one);
      if (one.trace.queuedAtMs === now) [one.job] = fleet.demand.queue(1, { queuedAtMs: now });
    }
    await fleet.controller.settled();
    for (const name of fleet.backend.running()) {
      const startedAtMs = this.#startedAtMs.get(name) ?? now;
      this.#startedAtMs.set(name, startedAtMs);
      if (startedAtMs + START_MS <= now) fleet.github.online(fleet.github.named(name).id);
    }
    for (const one of this.#jobs) if (one.job && one.startedAtMs === undefined) this.#give(fleet, one, now);
    await fleet.controller.settled();
  }

  #isOver({ startedAtMs, trace }: LiveJob): boolean {
    return startedAtMs !== undefined && startedAtMs + trace.runMs <= this.#clock.now();
  }

  #end(fleet: FleetUnderTest, one: LiveJob): void {
    if (!one.job || !one.runner) return;
    fleet.demand.end(one.job);
    fleet.github.finish(one.runner.id);
    fleet.backend.exit(one.runner.name, { code: 0, output: '', ranMs: one.trace.runMs });
    one.job = undefined;
  }

  #give(fleet: FleetUnderTest, one: LiveJob, now: number): void {
    const free = [...fleet.github.runners.values()].find(({ status, busy }) => status === 'online' && !busy);
    if (!free || !one.job) return;
    fleet.github.assign(free.id);
    const before = one.job;
    const started: DemandedJob = { ...before, status: 'in_progress', runnerName: free.name };
    fleet.demand.set(fleet.demand.known.jobs.map((job) => (job === before ? started : job)));
    Object.assign(one, { job: started, startedAtMs: now, runner: { id: free.id, name: free.name } });
  }
}

const TARGET = { scaleTargetRef: { name: 'linux' } };
const POLICIES: Record<string, AutoscalerSpec> = {
  'the number of jobs': {
    ...{ ...TARGET, minReplicas: 0, maxReplicas: 6, scaleDownDelaySecondsAfterScaleOut: 60 },
    metrics: [{ type: 'TotalNumberOfQueuedAndInProgressWorkflowRuns' }],
  },
  'the share of busy runners': {
    ...{ ...TARGET, minReplicas: 2, maxReplicas: 8, scaleDownDelaySecondsAfterScaleOut: 120 },
    metrics: [{ type: 'PercentageRunnersBusy', scaleUpFactor: '2', scaleDownFactor: '0.5' }],
  },
  'reservations for jobs': {
    ...{ ...TARGET, minReplicas: 0, maxReplicas: 6, scaleDownDelaySecondsAfterScaleOut: 30 },
    scaleUpTriggers: [{ githubEvent: { workflowJob: {} }, duration: '10m' }],
  },
};

const sum = (numbers: number[]): number => numbers.reduce((total, number) => total + number, 0);

describe('a simulation and the live controller agree within 5 %', { timeout: 120_000 }, () => {
  it.each(Object.entries(POLICIES))('scaling by %s', async (_name, spec) => {
    const live = await new LiveRun().run(spec);
    const pool = {
      name: 'linux',
      pool: {
        scope: { kind: 'repository', owner: 'octo', name: 'app' } as const,
        labels: ['self-hosted', 'Linux', 'X64'],
      },
      isEphemeral: true,
      replicas: spec.minReplicas ?? 1,
      policy: { kind: 'autoscaler', spec } as const,
    };
    const report = reportOf(simulate({ pools: [pool], trace: TRACE, startMs: START_MS }));
    const meanWait = sum(live.waits) / live.waits.length / SECOND;
    expect(Math.abs(report.runnerMinutes - live.runnerMinutes)).toBeLessThan(live.runnerMinutes * 0.05);
    expect(Math.abs(report.queueSeconds.mean - meanWait)).toBeLessThan(Math.max(0.5, meanWait * 0.05));
    expect(Math.abs(report.starts - live.starts)).toBeLessThanOrEqual(Math.max(1, live.starts * 0.05));
  });
});
