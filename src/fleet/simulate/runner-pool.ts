import { decideReplicaSet } from '../reconcilers/decide-replica-set.ts';
import { NO_FAILURES } from '../reconcilers/start-breaker.ts';
import { TEMPLATE_HASH_LABEL } from '../resources/replicated-spec.ts';
import type { Runner, RunnerPhase } from '../resources/runner.ts';
import type { SimulatedJob } from './jobs.ts';

const HASH = 'simulated';

export interface SimulatedRunner {
  name: string;
  phase: Extract<RunnerPhase, 'Registering' | 'Idle' | 'Running'>;
  /** Let go while it had a job: it ends with the job. */
  isLeaving: boolean;
  startedAtMs: number;
  job?: SimulatedJob;
}

/** The runners of one pool, created and let go by the decision that a RunnerReplicaSet takes. */
export class RunnerPool {
  readonly #name: string;
  readonly #isEphemeral: boolean;
  readonly #runners = new Map<string, SimulatedRunner>();
  readonly #idle = new Set<SimulatedRunner>();
  desired = 0;
  starts = 0;
  peak = 0;
  busy = 0;
  /** Of runners that are gone, or counted so far; ms. */
  #paidMs = 0;

  constructor(name: string, isEphemeral: boolean) {
    this.#name = name;
    this.#isEphemeral = isEphemeral;
  }

  get size(): number {
    return this.#runners.size;
  }

  get idle(): number {
    return this.#idle.size;
  }

  /** Time in which runners existed up to now, ms. */
  paidMs(nowMs: number): number {
    let sum = this.#paidMs;
    for (const { startedAtMs } of this.#runners.values()) sum += nowMs - startedAtMs;
    return sum;
  }

  /** @returns the runners that begin to start */
  reconcile(nowMs: number): SimulatedRunner[] {
    const runners = [...this.#runners.values()].map(asResource);
    const state = { desired: this.desired, templateHash: HASH, runners, breaker: NO_FAILURES };
    const { create, letGo } = decideReplicaSet(state, nowMs);
    for (const name of letGo) this.#letGo(name, nowMs);
    return Array.from({ length: create }, () => this.#start(nowMs));
  }

  /** It is online; nothing when it was let go meanwhile. */
  ready(runner: SimulatedRunner): void {
    if (!this.#runners.has(runner.name)) return;
    runner.phase = 'Idle';
    this.#idle.add(runner);
  }

  /** The idle runner that has waited longest gets the job. */
  give(job: SimulatedJob): SimulatedRunner | undefined {
    const [runner] = this.#idle;
    if (!runner) return undefined;
    this.#idle.delete(runner);
    runner.phase = 'Running';
    runner.job = job;
    this.busy++;
    return runner;
  }

  finished(runner: SimulatedRunner, nowMs: number): void {
    this.busy--;
    runner.job = undefined;
    if (this.#isEphemeral || runner.isLeaving) {
      this.#remove(runner, nowMs);
      return;
    }
    runner.phase = 'Idle';
    this.#idle.add(runner);
  }

  has(name: string): boolean {
    return this.#runners.has(name);
  }

  #start(nowMs: number): SimulatedRunner {
    const name = `${this.#name}-${++this.starts}`;
    const runner: SimulatedRunner = { name, phase: 'Registering', isLeaving: false, startedAtMs: nowMs };
    this.#runners.set(name, runner);
    this.peak = Math.max(this.peak, this.#runners.size);
    return runner;
  }

  #letGo(name: string, nowMs: number): void {
    const runner = this.#runners.get(name);
    if (!runner) return;
    if (runner.phase === 'Running') runner.isLeaving = true;
    else this.#remove(runner, nowMs);
  }

  #remove(runner: SimulatedRunner, nowMs: number): void {
    this.#idle.delete(runner);
    this.#runners.delete(runner.name);
    this.#paidMs += nowMs - runner.startedAtMs;
  }
}

/** As much of it as the decision looks at. */
function asResource({ name, phase, isLeaving }: SimulatedRunner): Runner {
  const metadata = {
    name,
    labels: { [TEMPLATE_HASH_LABEL]: HASH },
    ...(isLeaving ? { deletionTimestamp: 'set' } : {}),
  };
  return { metadata, status: { phase } } as unknown as Runner;
}
