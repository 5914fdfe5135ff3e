/** Injects what can go wrong into a fleet, and tells by what cause it explains that nothing runs. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeBackend } from '../../src/fleet/backends/fake.ts';
import type { Backend } from '../../src/fleet/backends/types.ts';
import { type AskedJob, explainJobAtFleet } from '../../src/fleet/explain/explain-job.ts';
import { explainPool } from '../../src/fleet/explain/explain-pool.ts';
import { allPoolFacts, type PoolSources, poolFacts } from '../../src/fleet/explain/pool-facts.ts';
import type { AutoscalerSpec } from '../../src/fleet/resources/autoscaler-spec.ts';
import type { RunnerSpec } from '../../src/fleet/resources/runner-spec.ts';
import { FleetUnderTest } from '../../src/fleet/testing/fleet-under-test.ts';
import type { BadAnswer } from '../../src/fleet/testing/github-stand-in.ts';
import type { FleetJobExplanation, PoolExplanation } from '../../src/protocol/dashboard/index.ts';
import { ManualClock } from './manual-clock.ts';

export const START = '2026-03-02T09:00:00Z';
export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const POOL: RunnerSpec = { repository: 'octo/app', labels: ['gpu'] };
export const JOB: AskedJob = { repository: 'octo/app', id: 1, labels: ['self-hosted', 'gpu'] };
/** Counts jobs, so that it has to be told of them. */
export const COUNTING: AutoscalerSpec = {
  scaleTargetRef: { name: 'pool' },
  minReplicas: 0,
  maxReplicas: 2,
  metrics: [{ type: 'TotalNumberOfQueuedAndInProgressWorkflowRuns' }],
};
export const SHARE: AutoscalerSpec = { ...COUNTING, minReplicas: 1, metrics: [{ type: 'PercentageRunnersBusy' }] };

/** One fault that is injected, and the one cause that has to be named for it, by the pool, the job or both. */
export interface Fault {
  what: string;
  inject: (bench: Bench) => void | Promise<void>;
  backend?: (bench: { clock: ManualClock; folder: string }) => Backend | Promise<Backend>;
  /** Default: that of both. */
  of?: 'pool' | 'job';
  cause: string;
  says?: RegExp;
}

/** What a fault is injected into. */
export class Bench {
  readonly clock: ManualClock;
  readonly fleet: FleetUnderTest<Backend>;
  readonly fake: FakeBackend;
  job = JOB;

  private constructor(clock: ManualClock, fleet: FleetUnderTest<Backend>, fake: FakeBackend) {
    this.clock = clock;
    this.fleet = fleet;
    this.fake = fake;
  }

  /** @param backend that the fleet has in place of the fake one */
  static async start(clock = new ManualClock(Date.parse(START)), backend?: Backend): Promise<Bench> {
    const fake = new FakeBackend();
    return new Bench(clock, await FleetUnderTest.start(clock, backend ?? fake, 300), fake);
  }

  deploy(replicas = 1, spec: RunnerSpec = POOL): void {
    this.fleet.deploy('pool', replicas, spec);
  }

  scaleBy(spec: AutoscalerSpec, name = 'pool'): void {
    this.fleet.scaleBy(spec, name);
  }

  secret(data: Record<string, string>): void {
    const encoded = Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')]);
    this.fleet.store.create('secrets', {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'github', namespace: 'default' },
      data: Object.fromEntries(encoded),
    } as never);
  }

  /** Time goes by in steps, since answers over HTTP come between them. */
  pass(ms: number, stepMs = Math.max(ms / 10, 1)): Promise<void> {
    return this.fleet.pass(ms, stepMs);
  }

  /** Every runner comes online, and is given a job when `isBusy`. */
  async online(isBusy = false): Promise<void> {
    await this.fleet.everyRunner(isBusy ? 'busy' : undefined);
    await this.pass(20 * SECOND);
  }

  async failing(answer: number | BadAnswer): Promise<void> {
    this.fleet.github.failWith = answer;
    this.deploy();
    await this.fleet.controller.settled();
  }

  pool(): PoolExplanation | undefined {
    const [facts] = ['pool', 'set'].flatMap((name) => poolFacts(this.sources(), 'default', name) ?? []);
    return facts && explainPool(facts, this.clock.now());
  }

  explanation(): FleetJobExplanation {
    const known = this.fleet.demand.find(this.job.repository, this.job.id);
    const pools = allPoolFacts(this.sources());
    return explainJobAtFleet({ job: this.job, known, pools }, this.clock.now());
  }

  sources(): PoolSources {
    const { store, demand, controller } = this.fleet;
    const assignedJobs = controller.facts.assignedJobs.bind(controller.facts);
    return { store, demand, systemLabels: this.fake.systemLabels, assignedJobs, live: () => controller.facts };
  }

  async close(): Promise<void> {
    this.fake.answer();
    await this.fleet.close();
  }
}

/** Each of them is named as what it is, by a cause that the documentation knows. @param of where they lie, such as `the server` */
export function testFaults(of: string, faults: readonly Fault[]): void {
  describe(`a fault of ${of} is named as what it is`, { timeout: 30_000 }, () => {
    let folder: string;
    let bench: Bench | undefined;
    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'fleet-faults-'));
    });
    afterEach(async () => {
      await bench?.close();
      bench = undefined;
      await rm(folder, { recursive: true, force: true });
    });

    for (const { what, inject, backend, of: whose, cause, says } of faults) {
      it(`${what}: ${cause}`, async () => {
        const clock = new ManualClock(Date.parse(START));
        bench = await Bench.start(clock, await backend?.({ clock, folder }));
        await inject(bench);
        const pool = bench.pool();
        const job = bench.explanation();
        if (whose !== 'job') {
          expect(pool?.causes).toEqual([cause]);
          expect(pool?.problems[0]).toMatch(says ?? /./);
        }
        if (whose !== 'pool') {
          expect(job.cause).toMatchObject({ code: cause });
          expect(job.cause?.text).toMatch(says ?? /./);
        }
      });
    }

    it('every cause is in the documentation, with what to do about it', async () => {
      const told = await causesInDocumentation();
      expect(faults.map(({ cause }) => cause).filter((cause) => !told.has(cause))).toEqual([]);
    });
  });
}

async function causesInDocumentation(): Promise<Set<string | undefined>> {
  const text = await readFile(fileURLToPath(new URL('../../docs/explain.md', import.meta.url)), 'utf8');
  const rows = text.split('\n').filter((line) => line.startsWith('| `'));
  return new Set(
    rows.flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`([a-z-]+)`/g)].map(([, code]) => code)),
  );
}
