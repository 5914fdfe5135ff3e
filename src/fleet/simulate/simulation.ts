/**
 * Demand against a policy on a virtual clock: fleet-semantics 3 and 11.2 by the very functions that run live
 * (`autoscale`, `desiredRunners`, `decideReplicaSet`, the label matcher), with a server that gives the job which has
 * waited longest to the runner with the fewest labels to spare.
 */
import { autoscale, isRoundDue } from '../autoscaling/autoscale.ts';
import type { Reason } from '../autoscaling/reason.ts';
import { reservationDurationMs, reservationName } from '../autoscaling/reservations.ts';
import { type ReservingPool, reservedJobs } from '../autoscaling/reserving-pool.ts';
import { desiredRunners } from '../autoscaling/scale-set.ts';
import type { AutoscalerSpec, CapacityReservation } from '../resources/autoscaler-spec.ts';
import type { AutoscalerStatus } from '../resources/horizontal-runner-autoscaler.ts';
import { JobMaker, type SimulatedJob } from './jobs.ts';
import type { SimulatedPool } from './pools.ts';
import { RunnerPool, type SimulatedRunner } from './runner-pool.ts';
import { TimeLine } from './time-line.ts';
import type { TraceJob } from './trace.ts';

export interface SimulationOptions {
  pools: readonly SimulatedPool[];
  trace: readonly TraceJob[];
  /** From the decision to start a runner until it is online. */
  startMs: number;
}

/** How a pool stood from this time on. */
export interface Sample {
  atMs: number;
  desired: number;
  runners: number;
  busy: number;
  /** Jobs that wait and that it could take. */
  queued: number;
}

export interface Change {
  atMs: number;
  from: number;
  to: number;
  reasons: readonly Reason[];
}

export interface PoolOutcome {
  pool: SimulatedPool;
  samples: Sample[];
  changes: Change[];
  starts: number;
  peak: number;
  /** Time in which its runners existed, and in which they had a job; ms. */
  paidMs: number;
  busyMs: number;
}

export interface Simulation {
  startMs: number;
  endMs: number;
  jobs: SimulatedJob[];
  /** Jobs that no pool may take: they are not replayed. */
  nobodys: TraceJob[];
  pools: PoolOutcome[];
}

type Event =
  | { kind: 'ready'; pool: number; runner: SimulatedRunner }
  | { kind: 'finished'; pool: number; runner: SimulatedRunner }
  | { kind: 'look'; pool: number };

/** GitHub ends a job that has waited for a day. */
const LONGEST_WAIT_MS = 24 * 3_600_000;

export function simulate({ pools, trace, startMs }: SimulationOptions): Simulation {
  return new Replay(pools, trace, startMs).run();
}

class Replay {
  readonly #pools: PoolState[];
  readonly #jobs: SimulatedJob[];
  readonly #nobodys: TraceJob[] = [];
  readonly #startMs: number;
  readonly #timeLine = new TimeLine<Event>();
  readonly #ended = new Set<string>();
  /** Not over, oldest first. */
  readonly #active = new Set<SimulatedJob>();
  #waiting: SimulatedJob[] = [];
  #left: number;
  #nowMs: number;

  constructor(pools: readonly SimulatedPool[], trace: readonly TraceJob[], startMs: number) {
    const maker = new JobMaker(pools);
    this.#jobs = trace.flatMap((job) => {
      const made = maker.make(job);
      if (made.pools.length > 0) return [made];
      this.#nobodys.push(job);
      return [];
    });
    this.#pools = pools.map((pool) => new PoolState(pool));
    this.#startMs = startMs;
    this.#left = this.#jobs.length;
    this.#nowMs = this.#jobs[0]?.queuedAtMs ?? 0;
  }

  run(): Simulation {
    const beginMs = this.#nowMs;
    // The fleet was there before the first job.
    for (const [index, state] of this.#pools.entries()) {
      state.runners.desired = state.pool.replicas;
      for (const runner of state.runners.reconcile(beginMs)) state.runners.ready(runner);
      this.#look(index);
    }
    let next = 0;
    while (this.#left > 0) {
      const queuedMs = this.#jobs[next]?.queuedAtMs ?? Number.POSITIVE_INFINITY;
      const atMs = Math.min(queuedMs, this.#timeLine.nextMs ?? Number.POSITIVE_INFINITY);
      if (atMs === Number.POSITIVE_INFINITY || this.#hasGivenUp(atMs)) break;
      this.#nowMs = atMs;
      const touched = new Set<number>();
      for (let job = this.#jobs[next]; job && job.queuedAtMs <= atMs; job = this.#jobs[++next])
        this.#queue(job, touched);
      while (this.#timeLine.nextMs === atMs) this.#happen(this.#timeLine.take(), touched);
      this.#dispatch();
      for (const index of touched) this.#look(index);
    }
    return this.#outcome(beginMs);
  }

  /** Whether every job that is left has waited longer than any server lets it. */
  #hasGivenUp(atMs: number): boolean {
    const last = this.#jobs.at(-1);
    return last !== undefined && atMs > last.queuedAtMs + LONGEST_WAIT_MS && this.#active.size === this.#waiting.length;
  }

  #queue(job: SimulatedJob, touched: Set<number>): void {
    this.#active.add(job);
    this.#waiting.push(job);
    for (const index of job.pools) {
      touched.add(index);
      this.#countQueued(index, 1);
    }
  }

  #happen(event: Event | undefined, touched: Set<number>): void {
    const state = event && this.#pools[event.pool];
    if (!event || !state) return;
    // That a runner is online changes nothing about how many there are to be.
    if (event.kind === 'ready') state.runners.ready(event.runner);
    else touched.add(event.pool);
    if (event.kind === 'finished') this.#finish(state, event.runner, touched);
  }

  #finish(state: PoolState, runner: SimulatedRunner, touched: Set<number>): void {
    const { job } = runner;
    state.runners.finished(runner, this.#nowMs);
    if (!job) return;
    this.#left--;
    this.#active.delete(job);
    this.#ended.add(reservationName(job));
    for (const index of job.pools) touched.add(index);
  }

  /** A start changes no decision: the job was demand before, and the share of busy runners is measured by the clock. */
  #dispatch(): void {
    if (!this.#pools.some(({ runners }) => runners.idle > 0)) return;
    this.#waiting = this.#waiting.filter((job) => {
      const index = this.#poolFor(job);
      if (index === undefined) return true;
      this.#start(job, index);
      return false;
    });
  }

  /** Of the pools with an idle runner the one with the fewest labels to spare. */
  #poolFor({ pools }: SimulatedJob): number | undefined {
    const idle = pools.filter((index) => (this.#pools[index]?.runners.idle ?? 0) > 0);
    const labels = (index: number): number => this.#pools[index]?.pool.pool.labels.length ?? 0;
    return idle.length < 2 ? idle[0] : idle.sort((a, b) => labels(a) - labels(b))[0];
  }

  #start(job: SimulatedJob, index: number): void {
    const state = this.#pools[index];
    const runner = state?.runners.give(job);
    if (!state || !runner) return;
    job.status = 'in_progress';
    job.runnerName = runner.name;
    job.startedAtMs = this.#nowMs;
    state.busyMs += job.runMs;
    for (const one of job.pools) this.#countQueued(one, -1);
    this.#timeLine.add(this.#nowMs + job.runMs, { kind: 'finished', pool: index, runner });
  }

  #countQueued(index: number, change: number): void {
    const state = this.#pools[index];
    if (!state) return;
    state.queued += change;
    state.sample(this.#nowMs);
  }

  /** Decides how many runners the pool is to have, and begins to start them. */
  #look(index: number): void {
    const state = this.#pools[index];
    if (!state) return;
    const jobs = [...this.#active].filter(({ pools }) => pools.includes(index));
    const { desired, reasons, againAtMs } = this.#decide(state, jobs);
    state.change(this.#nowMs, desired, reasons);
    for (const runner of state.runners.reconcile(this.#nowMs)) {
      this.#timeLine.add(this.#nowMs + this.#startMs, { kind: 'ready', pool: index, runner });
    }
    if (againAtMs !== undefined && againAtMs > this.#nowMs && againAtMs !== state.lookAtMs) {
      state.lookAtMs = againAtMs;
      this.#timeLine.add(againAtMs, { kind: 'look', pool: index });
    }
    state.sample(this.#nowMs);
  }

  #decide(state: PoolState, jobs: SimulatedJob[]): { desired: number; reasons: Reason[]; againAtMs?: number } {
    const { policy } = state.pool;
    if (policy.kind === 'fixed') return { desired: state.pool.replicas, reasons: [] };
    if (policy.kind === 'scale-set') return desiredRunners({ ...policy, assignedJobs: jobs.length });
    const { pool, ownLabels: labels, isEphemeral } = state.pool;
    const target = { scope: pool.scope, labels, replicas: state.runners.desired, isEphemeral };
    const scaling = { spec: state.spec(policy.spec), status: state.status, rules: policy.rules, target };
    const decision = autoscale(
      scaling,
      {
        busy: isRoundDue(scaling, this.#nowMs) ? state.runners.busy : undefined,
        jobs,
        reservedJobs: this.#reservedBy(state),
        hasEnded: (name) => this.#ended.has(name),
      },
      this.#nowMs,
    );
    state.status = decision.status;
    state.reservations = decision.reservations;
    return { desired: decision.desired, reasons: decision.reasons, againAtMs: decision.next[0]?.atMs };
  }

  #reservedBy(state: PoolState): SimulatedJob[] {
    const reserving = this.#pools.flatMap((one) => one.reserving());
    if (!reserving.some(({ key }) => key === state.pool.name)) return [];
    return (reservedJobs(reserving, [...this.#active]).get(state.pool.name) ?? []) as SimulatedJob[];
  }

  #outcome(startMs: number): Simulation {
    const endMs = this.#nowMs;
    const pools = this.#pools.map(({ pool, samples, changes, runners, busyMs }) => {
      const { starts, peak } = runners;
      return { pool, samples, changes, starts, peak, paidMs: runners.paidMs(endMs), busyMs };
    });
    return { startMs, endMs, jobs: this.#jobs, nobodys: this.#nobodys, pools };
  }
}

class PoolState {
  readonly pool: SimulatedPool;
  readonly runners: RunnerPool;
  readonly samples: Sample[] = [];
  readonly changes: Change[] = [];
  status: AutoscalerStatus | undefined;
  reservations: readonly CapacityReservation[] | undefined;
  lookAtMs: number | undefined;
  busyMs = 0;
  /** Jobs that wait and that it could take. */
  queued = 0;

  constructor(pool: SimulatedPool) {
    this.pool = pool;
    this.runners = new RunnerPool(pool.name, pool.isEphemeral);
  }

  spec(spec: AutoscalerSpec): AutoscalerSpec {
    return this.reservations ? { ...spec, capacityReservations: [...this.reservations] } : spec;
  }

  change(atMs: number, to: number, reasons: readonly Reason[]): void {
    const from = this.runners.desired;
    if (from !== to) this.changes.push({ atMs, from, to, reasons });
    this.runners.desired = to;
  }

  sample(atMs: number): void {
    const { desired, size, busy } = this.runners;
    const sample = { atMs, desired, runners: size, busy, queued: this.queued };
    if (this.samples.at(-1)?.atMs === atMs) this.samples.pop();
    this.samples.push(sample);
  }

  /** Itself, when its autoscaler reserves for jobs. */
  reserving(): ReservingPool[] {
    const { policy, pool, name } = this.pool;
    if (policy.kind !== 'autoscaler' || reservationDurationMs(policy.spec.scaleUpTriggers) === undefined) return [];
    const reserved = new Set((this.spec(policy.spec).capacityReservations ?? []).flatMap((entry) => entry.name ?? []));
    return [{ ...pool, key: name, reserved, hasRunner: (runner) => this.runners.has(runner) }];
  }
}
