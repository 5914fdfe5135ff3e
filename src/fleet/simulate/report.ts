/** What a simulation comes to, in the numbers that people choose a policy by. */
import type { PoolOutcome, Simulation } from './simulation.ts';

export interface PoolReport {
  name: string;
  jobs: number;
  starts: number;
  peak: number;
  /** Of their existence, and with a job. */
  runnerMinutes: number;
  busyMinutes: number;
  cost?: number;
}

export interface SimulationReport {
  /** ISO 8601. */
  start: string;
  end: string;
  jobs: number;
  /** Waited longer than GitHub lets a job wait, or until the end of the trace's time. */
  neverRan: number;
  /** No pool may take them; by their labels. */
  nobodys: { labels: string; jobs: number }[];
  /** From queued to started, seconds. */
  queueSeconds: { p50: number; p90: number; p95: number; p99: number; max: number; mean: number };
  runnerMinutes: number;
  busyMinutes: number;
  starts: number;
  cost?: number;
  pools: PoolReport[];
}

/** Price of a runner-minute by the pool's name or one of its labels; `default` for all others. */
export type PriceTable = Readonly<Record<string, number>>;

export function reportOf(simulation: Simulation, prices?: PriceTable): SimulationReport {
  const { jobs, nobodys, startMs, endMs } = simulation;
  const waits = jobs.flatMap(({ queuedAtMs, startedAtMs }) =>
    startedAtMs === undefined ? [] : startedAtMs - queuedAtMs,
  );
  const pools = simulation.pools.map((pool) => poolReport(simulation, pool, prices));
  const cost = prices ? { cost: sum(pools, (pool) => pool.cost ?? 0) } : {};
  return {
    start: new Date(startMs).toISOString(),
    end: new Date(endMs).toISOString(),
    jobs: jobs.length,
    neverRan: jobs.length - waits.length,
    nobodys: byLabels(nobodys),
    queueSeconds: distribution(waits),
    runnerMinutes: sum(pools, (pool) => pool.runnerMinutes),
    busyMinutes: sum(pools, (pool) => pool.busyMinutes),
    starts: sum(pools, (pool) => pool.starts),
    ...cost,
    pools,
  };
}

function poolReport(simulation: Simulation, outcome: PoolOutcome, prices: PriceTable | undefined): PoolReport {
  const { pool, starts, peak, paidMs, busyMs } = outcome;
  const runnerMinutes = paidMs / 60_000;
  const jobs = simulation.jobs.filter(({ runnerName = '' }) => isOf(pool.name, runnerName)).length;
  const price = prices && priceOf(outcome, prices);
  const cost = price === undefined ? {} : { cost: runnerMinutes * price };
  return { name: pool.name, jobs, starts, peak, runnerMinutes, busyMinutes: busyMs / 60_000, ...cost };
}

/** Simulated runners are named by their pool and a number. */
const isOf = (pool: string, runner: string): boolean => runner.slice(0, runner.lastIndexOf('-')) === pool;

function priceOf({ pool }: PoolOutcome, prices: PriceTable): number {
  const key = [pool.name, ...pool.pool.labels].find((name) => Object.hasOwn(prices, name));
  return prices[key ?? 'default'] ?? 0;
}

function byLabels(jobs: Simulation['nobodys']): SimulationReport['nobodys'] {
  const counts = new Map<string, number>();
  for (const { labels } of jobs) counts.set(labels.join(', '), (counts.get(labels.join(', ')) ?? 0) + 1);
  return [...counts].map(([labels, count]) => ({ labels, jobs: count })).sort((a, b) => b.jobs - a.jobs);
}

function distribution(waitsMs: number[]): SimulationReport['queueSeconds'] {
  const sorted = waitsMs.sort((a, b) => a - b);
  const at = (share: number): number => (sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0) / 1_000;
  const mean = sorted.length === 0 ? 0 : sum(sorted, (ms) => ms) / sorted.length / 1_000;
  return { p50: at(0.5), p90: at(0.9), p95: at(0.95), p99: at(0.99), max: at(1), mean };
}

function sum<T>(items: readonly T[], numberOf: (item: T) => number): number {
  let total = 0;
  for (const item of items) total += numberOf(item);
  return total;
}
