/** Jobs whose messages are lost, repeated and shuffled, through book of jobs, autoscaler and replica set. */
import fc from 'fast-check';
import { expect } from 'vitest';
import { autoscale } from '../../src/fleet/autoscaling/autoscale.ts';
import { reservationName } from '../../src/fleet/autoscaling/reservations.ts';
import { JobBook } from '../../src/fleet/demand/job-book.ts';
import type { JobFact } from '../../src/fleet/demand/job-fact.ts';
import type { AutoscalerSpec } from '../../src/fleet/resources/autoscaler-spec.ts';
import type { AutoscalerStatus } from '../../src/fleet/resources/horizontal-runner-autoscaler.ts';
import type { SimulatedJob } from '../../src/fleet/simulate/jobs.ts';
import { RunnerPool, type SimulatedRunner } from '../../src/fleet/simulate/runner-pool.ts';

const SCOPE = { kind: 'repository', owner: 'octo', name: 'app' } as const;
const STEP_MS = 1_000;
/** Jobs that only a comparison can tell of are found by it: it comes so many steps after the last event. */
const COMPARED_AFTER = 5;
const LAST_STEP = 200;

const POLICIES: AutoscalerSpec[] = [
  { scaleUpTriggers: [{ githubEvent: { workflowJob: {} }, duration: '1m' }] },
  { metrics: [{ type: 'TotalNumberOfQueuedAndInProgressWorkflowRuns' as const }] },
].map((policy) => ({
  ...{ scaleTargetRef: { name: 'pool' }, minReplicas: 0, maxReplicas: 4, scaleDownDelaySecondsAfterScaleOut: 0 },
  ...policy,
}));

interface Life {
  queuedAt: number;
  runs: number;
  /** Cancelled in the queue after so many steps; undefined: it waits for a runner. */
  cancelledAfter: number | undefined;
  /** Of each of its messages: how many steps late, and how often; 0 times is lost. */
  messages: { late: number; times: number }[];
}

const life = fc.record({
  queuedAt: fc.integer({ min: 0, max: 15 }),
  runs: fc.integer({ min: 1, max: 8 }),
  cancelledAfter: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined, freq: 4 }),
  messages: fc.array(fc.record({ late: fc.integer({ min: 0, max: 12 }), times: fc.integer({ min: 0, max: 2 }) }), {
    minLength: 3,
    maxLength: 3,
  }),
});

/** The server's truth about a job. */
interface Truth extends Life {
  job: SimulatedJob;
  runner?: SimulatedRunner;
  endsAt?: number;
  fact?: JobFact;
}

class World {
  readonly #spec: AutoscalerSpec;
  readonly #jobs: Truth[];
  readonly #book = new JobBook();
  readonly #pool = new RunnerPool('pool', true);
  readonly #mail: { at: number; fact: JobFact }[] = [];
  #starting: { runner: SimulatedRunner; readyAt: number }[] = [];
  #status: AutoscalerStatus | undefined;
  #reservations: AutoscalerSpec['capacityReservations'];
  #lastEventAt = 0;

  constructor(spec: AutoscalerSpec, lives: Life[]) {
    this.#spec = spec;
    this.#jobs = lives.map((one, index) => ({ ...one, job: jobOf(index + 1, one) }));
  }

  /** @returns jobs that never ended: there should be none */
  run(): number {
    for (let step = 0; step < LAST_STEP; step++) {
      for (const truth of this.#jobs) this.#live(truth, step);
      for (const { at, fact } of this.#mail) if (at === step) this.#book.note(fact);
      if (step === this.#lastEventAt + COMPARED_AFTER) this.#compare(step);
      this.#scale(step);
      this.#start(step);
      this.#give(step);
      if (step > this.#lastEventAt + COMPARED_AFTER && this.#unended().length === 0) break;
    }
    return this.#unended().length;
  }

  #unended(): Truth[] {
    return this.#jobs.filter(({ fact }) => fact?.status !== 'completed');
  }

  #live(truth: Truth, step: number): void {
    if (step === truth.queuedAt) this.#tell(truth, 'queued', step);
    const isWaiting = truth.fact?.status === 'queued';
    if (isWaiting && truth.cancelledAfter !== undefined && step === truth.queuedAt + truth.cancelledAfter) {
      this.#tell(truth, 'completed', step);
    }
    if (truth.endsAt !== step || !truth.runner) return;
    this.#tell(truth, 'completed', step);
    this.#pool.finished(truth.runner, step * STEP_MS);
  }

  #tell(truth: Truth, status: 'queued' | 'in_progress' | 'completed', step: number): void {
    const { job, runner, messages } = truth;
    const { late, times } = messages[['queued', 'in_progress', 'completed'].indexOf(status)] ?? { late: 0, times: 1 };
    const { repository, id, attempt, labels, queuedAtMs } = job;
    truth.fact = { repository, id, attempt, labels, queuedAtMs, status, changedAtMs: step * STEP_MS };
    if (runner) truth.fact.runnerName = runner.name;
    for (let time = 0; time < times; time++) this.#mail.push({ at: step + late + time, fact: truth.fact });
    this.#lastEventAt = Math.max(this.#lastEventAt, step);
  }

  /** What the server's lists say, with the fleet's own knowledge of what they do not have any more. */
  #compare(step: number): void {
    for (const { fact } of this.#jobs) if (fact) this.#book.note({ ...fact, changedAtMs: step * STEP_MS });
  }

  #scale(step: number): void {
    const { jobs } = this.#book.inScope(SCOPE);
    const { desired, status, reservations } = autoscale(
      {
        spec: { ...this.#spec, ...(this.#reservations ? { capacityReservations: this.#reservations } : {}) },
        status: this.#status,
        target: { scope: SCOPE, replicas: this.#pool.desired, isEphemeral: true },
      },
      { jobs, reservedJobs: jobs, hasEnded: (name) => !jobs.some((job) => reservationName(job) === name) },
      step * STEP_MS,
    );
    this.#status = status;
    this.#reservations = [...reservations];
    this.#pool.desired = desired;
  }

  #start(step: number): void {
    for (const runner of this.#pool.reconcile(step * STEP_MS)) this.#starting.push({ runner, readyAt: step + 2 });
    // No two for one job: who is not at work stands for a job that is known and not over.
    expect(this.#pool.size - this.#pool.busy).toBeLessThanOrEqual(this.#book.inScope(SCOPE).jobs.length);
    for (const { runner, readyAt } of this.#starting) if (readyAt === step) this.#pool.ready(runner);
    this.#starting = this.#starting.filter(({ readyAt }) => readyAt > step);
  }

  #give(step: number): void {
    for (const truth of this.#jobs) {
      if (truth.fact?.status !== 'queued' || this.#pool.idle === 0) continue;
      truth.runner = this.#pool.give(truth.job);
      truth.endsAt = step + truth.runs;
      this.#tell(truth, 'in_progress', step);
    }
  }
}

const jobOf = (id: number, { queuedAt, runs }: Life): SimulatedJob => ({
  ...{ repository: 'octo/app', id, attempt: 1, labels: ['self-hosted'], status: 'queued' },
  ...{ queuedAtMs: queuedAt * STEP_MS, runMs: runs * STEP_MS, pools: [0] },
});

/** No job is forgotten, and no two runners are started for one. @throws when a trace shows otherwise */
export function checkTraces(count: number): void {
  fc.assert(
    fc.property(fc.constantFrom(...POLICIES), fc.array(life, { minLength: 1, maxLength: 7 }), (spec, lives) => {
      expect(new World(spec, lives).run()).toBe(0);
    }),
    { numRuns: count },
  );
}
