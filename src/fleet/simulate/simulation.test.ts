import { describe, expect, it } from 'vitest';
import type { AutoscalerSpec } from '../resources/autoscaler-spec.ts';
import { SEED_POLICY } from '../testing/seed-policy.ts';
import { generateTrace } from './generate-trace.ts';
import type { SimulatedPool } from './pools.ts';
import { reportOf } from './report.ts';
import { simulate } from './simulation.ts';
import type { TraceJob } from './trace.ts';

const START = Date.parse('2026-01-05T09:00:00Z');
const MINUTE = 60_000;

const job = (atSecond: number, seconds: number, labels = ['self-hosted']): TraceJob => ({
  queuedAtMs: START + atSecond * 1_000,
  runMs: seconds * 1_000,
  labels,
  repository: undefined,
});

const base = {
  name: 'linux',
  pool: { scope: { kind: 'organization', name: 'octo' } as const, labels: ['self-hosted', 'Linux', 'X64'] },
  isEphemeral: true,
};
const fixed = (replicas: number): SimulatedPool => ({ ...base, replicas, policy: { kind: 'fixed' } });
const scaled = (spec: Partial<AutoscalerSpec>): SimulatedPool => ({
  ...base,
  replicas: spec.minReplicas ?? 1,
  policy: { kind: 'autoscaler', spec: { ...spec, scaleTargetRef: { name: 'linux' } } },
});

describe('a simulation', () => {
  it('makes jobs wait for a fixed number of runners, each replaced after its job', () => {
    const trace = [job(0, 60), job(0, 60), job(0, 60)];
    const { queueSeconds, starts, neverRan } = reportOf(simulate({ pools: [fixed(2)], trace, startMs: 5_000 }));
    expect(queueSeconds).toMatchObject({ p50: 0, max: 65 });
    expect(starts).toBeGreaterThanOrEqual(4);
    expect(neverRan).toBe(0);
  });

  it('wakes a scale set from zero, with a runner for each job', () => {
    const pool: SimulatedPool = {
      ...base,
      pool: { ...base.pool, labels: ['big'] },
      replicas: 0,
      policy: { kind: 'scale-set', minRunners: 0, maxRunners: 10 },
    };
    const trace = [job(0, 60, ['big']), job(10, 60, ['big'])];
    const { queueSeconds, starts, runnerMinutes } = reportOf(simulate({ pools: [pool], trace, startMs: 5_000 }));
    expect(queueSeconds).toMatchObject({ p50: 5, max: 5 });
    expect(starts).toBe(2);
    expect(runnerMinutes).toBeCloseTo(130 / 60, 5);
  });

  it('grows as the worked timeline of fleet-semantics 3.11 says: 2, 4, 8, 16', () => {
    const pool = scaled({ ...SEED_POLICY, scheduledOverrides: [] });
    const trace = [...Array.from({ length: 400 }, () => job(0, 50)), job(3_000, 1)];
    const { pools } = simulate({ pools: [pool], trace, startMs: 1_000 });
    const [outcome] = pools;
    expect(outcome?.changes.map(({ from, to }) => `${from}-${to}`).slice(0, 3)).toEqual(['2-4', '4-8', '8-16']);
    expect(outcome?.peak).toBe(16);
    expect(outcome?.changes.at(-1)?.to).toBe(2);
    const [up, down] = [outcome?.changes[2], outcome?.changes[3]];
    expect((down?.atMs ?? 0) - (up?.atMs ?? 0)).toBeGreaterThanOrEqual(300_000);
  });

  it('counts jobs that no pool may take, by their labels, and replays the others', () => {
    const trace = [job(0, 1), job(0, 1, ['gpu']), job(1, 1, ['gpu'])];
    const report = reportOf(simulate({ pools: [fixed(1)], trace, startMs: 0 }));
    expect(report).toMatchObject({ jobs: 1, nobodys: [{ labels: 'gpu', jobs: 2 }] });
  });

  it('ends when a pool never gets a runner, and says that the jobs never ran', () => {
    const report = reportOf(
      simulate({ pools: [scaled({ minReplicas: 0, maxReplicas: 0 })], trace: [job(0, 1)], startMs: 0 }),
    );
    expect(report.neverRan).toBe(1);
  });

  it('gives a job to the pool with the fewest labels to spare', () => {
    const big = { ...fixed(1), name: 'big', pool: { ...base.pool, labels: [...base.pool.labels, 'big'] } };
    const { pools } = reportOf(simulate({ pools: [big, fixed(1)], trace: [job(0, 1)], startMs: 0 }));
    expect(pools.map(({ name, jobs }) => `${name} ${jobs}`)).toEqual(['big 0', 'linux 1']);
  });

  it('prices the minutes of runners by pool, label or default', () => {
    const trace = [job(0, 600)];
    const simulation = simulate({ pools: [fixed(1)], trace, startMs: 0 });
    expect(reportOf(simulation, { Linux: 0.5, default: 9 }).cost).toBeCloseTo(5, 5);
    expect(reportOf(simulation, { linux: 2 }).cost).toBeCloseTo(20, 5);
    expect(reportOf(simulation, { default: 1 }).cost).toBeCloseTo(10, 5);
  });

  it('reserves a replica for each job that a webhook tells of, and releases it with its end', () => {
    const pool = scaled({
      minReplicas: 0,
      maxReplicas: 5,
      scaleDownDelaySecondsAfterScaleOut: 0,
      scaleUpTriggers: [{ githubEvent: { workflowJob: {} }, duration: '5m' }],
    });
    const trace = [job(0, 30), job(0, 30), job(100, 30)];
    const simulation = simulate({ pools: [pool], trace, startMs: 2_000 });
    expect(simulation.pools[0]?.changes.map(({ to }) => to)).toEqual([2, 0, 1, 0]);
    expect(reportOf(simulation).queueSeconds.max).toBe(2);
  });

  it('makes the same of the same', () => {
    const demand = {
      jobs: 300,
      startMs: START,
      spanMs: 60 * MINUTE,
      medianMs: 40_000,
      labels: ['self-hosted'],
      seed: 7,
    };
    const run = (): string =>
      JSON.stringify(reportOf(simulate({ pools: [fixed(4)], trace: generateTrace(demand), startMs: 500 })));
    expect(run()).toBe(run());
  });
});
