import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DemandedJob } from '../demand/types.ts';
import type { AutoscalerSpec } from '../resources/autoscaler-spec.ts';
import type { AutoscalerStatus } from '../resources/horizontal-runner-autoscaler.ts';
import { SEED_METRIC, SEED_POLICY } from '../testing/seed-policy.ts';
import {
  type AutoscalingDecision,
  type AutoscalingState,
  autoscale,
  isRoundDue,
  type Observations,
} from './autoscale.ts';

const MINUTE = 60_000;
const START = Date.parse('2023-07-12T00:00:00Z');

const nothing: Observations = { busy: 0, jobs: [], reservedJobs: [], hasEnded: () => false };

let lastId = 0;
const jobs = (count: number, status: DemandedJob['status'] = 'queued'): DemandedJob[] =>
  Array.from({ length: count }, () => ({
    repository: 'octo/app',
    id: ++lastId,
    attempt: 1,
    labels: ['t3a.large'],
    status,
    queuedAtMs: START,
  }));

/** A pool whose target takes what is decided, as the live one does. */
class Pool {
  state: AutoscalingState;
  nowMs = START;

  constructor(spec: AutoscalerSpec, replicas?: number, status?: AutoscalerStatus) {
    const target = { scope: { kind: 'enterprise' as const, name: 'all' }, replicas, isEphemeral: true };
    this.state = { spec, status, target };
  }

  decide(observations: Partial<Observations> = {}): AutoscalingDecision {
    const decision = autoscale(this.state, { ...nothing, ...observations }, this.nowMs);
    this.state = {
      spec: { ...this.state.spec, capacityReservations: [...decision.reservations] },
      status: decision.status,
      target: { ...this.state.target, replicas: decision.desired },
    };
    return decision;
  }

  after(ms: number, observations: Partial<Observations> = {}): AutoscalingDecision {
    this.nowMs += ms;
    return this.decide(observations);
  }

  get replicas(): number {
    return this.state.target.replicas ?? 1;
  }
}

const codes = ({ reasons }: AutoscalingDecision): string[] => reasons.map(({ code }) => code);

describe('the worked timeline of the seed configuration (3.11)', () => {
  it('3.11: doubles while all are busy, holds for 300 seconds, and halves a round at a time', () => {
    const pool = new Pool(SEED_POLICY, 2);
    const sizes: [number, number][] = [];
    for (let minute = 0; minute <= 10; minute++) {
      const busy = minute < 5 ? pool.replicas : 0;
      if (minute === 0) pool.decide({ busy });
      else pool.after(MINUTE, { busy });
      sizes.push([minute, pool.replicas]);
    }
    expect(sizes).toEqual([
      [0, 4],
      [1, 8],
      [2, 16],
      [3, 16],
      [4, 16],
      [5, 16],
      [6, 16],
      [7, 8],
      [8, 4],
      [9, 2],
      [10, 2],
    ]);
  });

  it('3.11: goes to 1 at the weekend, where half of one is no suggestion', () => {
    const pool = new Pool(SEED_POLICY, 2, { desiredReplicas: 2 });
    pool.nowMs = Date.parse('2023-07-15T00:00:00+09:00');
    expect(pool.decide().desired).toBe(1);
    const again = pool.after(MINUTE);
    expect(again.desired).toBe(1);
    expect(codes(again)).toEqual(['schedule', 'busy-low', 'no-suggestion']);
    expect(again.status.scheduledOverridesSummary).toBe('min=2 time=2023-07-16 15:00:00 +0000 UTC');
    expect(again.next.at(-1)).toEqual({
      atMs: Date.parse('2023-07-17T00:00:00+09:00'),
      what: 'the schedule sets minReplicas 2 instead of 1 (at 2023-07-17 00:00 +09:00)',
      desired: 2,
    });
  });

  it('says why at every step', () => {
    const pool = new Pool(SEED_POLICY, 2);
    expect(pool.decide({ busy: 2 }).reasons.map(({ text }) => text)).toEqual([
      '2 of 2 runners were busy, at least 75 %: 2 × 2, rounded up, is 4.',
    ]);
    const held = pool.after(MINUTE, { busy: 0 });
    expect(held.reasons.map(({ text }) => text)).toEqual([
      '0 of 4 runners were busy, less than 25 %: 4 × 0.5, rounded down, is 2.',
      '4 are kept instead of 2 until 2023-07-12 00:05 UTC: 300 seconds must pass between an increase and a decrease.',
    ]);
    expect(held.next).toEqual([
      { atMs: START + 2 * MINUTE, what: 'the next round of PercentageRunnersBusy' },
      { atMs: START + 5 * MINUTE, what: 'the time in which nothing is taken away after an increase ends', desired: 2 },
      {
        atMs: Date.parse('2023-07-15T00:00:00+09:00'),
        what: 'the schedule sets minReplicas 1 instead of 2 (at 2023-07-15 00:00 +09:00)',
        desired: 2,
      },
    ]);
  });
});

describe('rounds', () => {
  it('PRB-6: takes one step per minute, however often it is asked in between', () => {
    const pool = new Pool(SEED_POLICY, 2);
    pool.decide({ busy: 2 });
    for (let second = 1; second < 60; second++) {
      expect(isRoundDue(pool.state, pool.nowMs + 1_000)).toBe(false);
      expect(pool.after(1_000, { busy: pool.replicas }).desired).toBe(4);
    }
    expect(isRoundDue(pool.state, pool.nowMs + 1_000)).toBe(true);
    expect(pool.after(1_000, { busy: 4 }).desired).toBe(8);
  });

  it('a cool-down that ends between two rounds begins one, so that its decrease is a step of its own', () => {
    const pool = new Pool({ ...SEED_POLICY, scaleDownDelaySecondsAfterScaleOut: 90 }, 8);
    pool.decide({ busy: 8 });
    expect(pool.after(MINUTE).desired).toBe(16);
    expect(isRoundDue(pool.state, pool.nowMs + 30_000)).toBe(true);
    expect(pool.after(30_000).desired).toBe(8);
    expect(pool.after(30_000).desired).toBe(8);
    expect(pool.after(30_000).desired).toBe(4);
  });

  it('a schedule changes the number between rounds', () => {
    const pool = new Pool({ ...SEED_POLICY, scaleDownDelaySecondsAfterScaleOut: 0 }, 1);
    pool.nowMs = Date.parse('2023-07-17T00:00:00+09:00') - 30_000;
    expect(pool.decide().desired).toBe(1);
    expect(pool.after(30_000).desired).toBe(2);
  });

  it('works with a target that says nothing about replicas, where ARC crashes (D-2)', () => {
    const pool = new Pool({ ...SEED_POLICY, minReplicas: 1 });
    expect(pool.decide({ busy: 1 }).desired).toBe(2);
    expect(
      new Pool({
        ...SEED_POLICY,
        minReplicas: 1,
        metrics: [{ type: 'PercentageRunnersBusy', scaleDownThreshold: '0' }],
      }).decide().desired,
    ).toBe(1);
  });
});

describe('scale from zero', () => {
  const zero: AutoscalerSpec = {
    ...SEED_POLICY,
    minReplicas: 0,
    scheduledOverrides: [],
    scaleDownDelaySecondsAfterScaleOut: 0,
  };

  it('PRB-5, D-3: at 0 replicas a waiting job starts one runner at once, between rounds too', () => {
    const pool = new Pool(zero, 0);
    expect(pool.decide().desired).toBe(0);
    const lifted = pool.after(10_000, { jobs: jobs(3) });
    expect(lifted.desired).toBe(1);
    expect(lifted.reasons.map(({ text }) => text)).toContain(
      '3 queued jobs wait for this pool, so there is at least one runner whose share of work can be measured.',
    );
  });

  it('D-3: the one is not taken away while the job waits, and the metric grows the pool from it', () => {
    const pool = new Pool(zero, 0);
    const waiting = jobs(5);
    pool.decide({ jobs: waiting });
    expect(pool.after(MINUTE, { busy: 0, jobs: waiting }).desired).toBe(1);
    expect(pool.after(MINUTE, { busy: 1, jobs: waiting }).desired).toBe(2);
    expect(pool.after(MINUTE, { busy: 0 }).desired).toBe(1);
    expect(pool.after(MINUTE, { busy: 0 }).desired).toBe(0);
  });

  it('D-3: a maximum of 0 stays 0, and running jobs alone start nothing', () => {
    expect(new Pool({ ...zero, maxReplicas: 0 }, 0).decide({ jobs: jobs(1) }).desired).toBe(0);
    expect(new Pool(zero, 0).decide({ jobs: jobs(1, 'in_progress') }).desired).toBe(0);
  });

  it('HRA-6: with a second metric that one counts when the first has nothing to say, also 0', () => {
    const metrics = [SEED_METRIC, { type: 'TotalNumberOfQueuedAndInProgressWorkflowRuns' as const }];
    const pool = new Pool({ ...zero, metrics }, 0);
    expect(pool.decide({ jobs: jobs(5) }).desired).toBe(5);
    expect(pool.after(1_000).desired).toBe(0);
    expect(pool.after(MINUTE, { busy: 0, jobs: jobs(2) }).desired).toBe(2);
  });
});

describe('metrics and reservations', () => {
  const counting: AutoscalerSpec = {
    scaleTargetRef: { name: 'pool' },
    minReplicas: 1,
    maxReplicas: 5,
    scaleDownDelaySecondsAfterScaleOut: 0,
    metrics: [{ type: 'TotalNumberOfQueuedAndInProgressWorkflowRuns' }],
  };

  it.each([
    [0, 1, ['jobs-counted', 'no-suggestion']],
    [3, 3, ['jobs-counted']],
    [9, 5, ['jobs-counted', 'maximum']],
  ])('TOT-7, HRA-5: %s jobs want %s replicas', (count, desired, expected) => {
    const decision = new Pool(counting, 1).decide({ jobs: jobs(count) });
    expect(decision.desired).toBe(desired);
    expect(codes(decision)).toEqual(expected);
  });

  it('HRA-4: without metrics the minimum and the reservations count (D-7)', () => {
    const triggers: AutoscalerSpec = {
      ...counting,
      metrics: undefined,
      scaleUpTriggers: [{ githubEvent: { workflowJob: {} }, duration: '30m' }],
    };
    const pool = new Pool(triggers, 1);
    const [first, second] = jobs(2);
    if (!first || !second) throw new Error('two jobs');
    const two = pool.decide({ reservedJobs: [first, second] });
    expect(two.desired).toBe(3);
    expect(two.reasons.map(({ text }) => text)).toEqual([
      'No metric is configured, so the minimum counts.',
      '2 replicas are reserved on top, which makes 3.',
    ]);
    expect(two.effectiveTime).toBe('2023-07-12T00:00:00Z');
    const hasEnded = (name: string): boolean => name === `job/${first.id}/1`;
    expect(pool.after(1_000, { reservedJobs: [second], hasEnded }).desired).toBe(2);
    expect(pool.after(60 * MINUTE, { reservedJobs: [second] }).desired).toBe(2);
    const unknown = pool.after(1_000);
    expect(unknown.desired).toBe(2);
    expect(unknown.next).toEqual([{ atMs: pool.nowMs + 30 * MINUTE - 1_000, what: 'a reservation ends', desired: 1 }]);
    expect(pool.after(30 * MINUTE).desired).toBe(1);
  });

  it('HRA-11: a target that is not ephemeral gets no effectiveTime', () => {
    const expirationTime = '2023-07-12T01:00:00Z';
    const reserved = {
      ...counting,
      capacityReservations: [{ replicas: 1, effectiveTime: expirationTime, expirationTime }],
    };
    const pool = new Pool(reserved, 1);
    expect(pool.decide().effectiveTime).toBe(expirationTime);
    pool.state = { ...pool.state, target: { ...pool.state.target, isEphemeral: false } };
    expect(pool.decide().effectiveTime).toBeUndefined();
  });

  it('tells a demand that is not sure only where it counts', () => {
    const demandProblem = 'GitHub answered 403.';
    const reason = { code: 'demand-uncertain', text: 'Jobs may be missing: GitHub answered 403.' };
    expect(new Pool(counting).decide({ demandProblem }).reasons).toContainEqual(reason);
    expect(new Pool(SEED_POLICY).decide({ demandProblem }).reasons).not.toContainEqual(reason);
  });

  it('HRA-14: a maximum that was lowered during the hold waits for its end', () => {
    const pool = new Pool({ ...SEED_POLICY, scheduledOverrides: [] }, 8);
    expect(pool.decide({ busy: 8 }).desired).toBe(16);
    pool.state = { ...pool.state, spec: { ...pool.state.spec, maxReplicas: 4 } };
    expect(pool.after(MINUTE, { busy: 16 }).desired).toBe(16);
    expect(pool.after(4 * MINUTE, { busy: 16 }).desired).toBe(4);
  });
});

it('stays within its bounds, never sinks within the delay after an increase, and goes on alike from a stored status', () => {
  const step = fc.record({ busy: fc.double({ min: 0, max: 1, noNaN: true }), seconds: fc.nat(200), jobs: fc.nat(4) });
  fc.assert(
    fc.property(fc.nat(5), fc.nat(10), fc.nat(400), fc.array(step, { maxLength: 30 }), (min, more, delay, steps) => {
      const spec = {
        ...SEED_POLICY,
        minReplicas: min,
        maxReplicas: min + more,
        scheduledOverrides: [],
        scaleDownDelaySecondsAfterScaleOut: delay,
      };
      const pool = new Pool(spec, min);
      let lastIncreaseMs = Number.NEGATIVE_INFINITY;
      for (const { busy, seconds, jobs: count } of steps) {
        const before = pool.state.status?.desiredReplicas;
        const { desired, status } = pool.after(seconds * 1_000, {
          busy: Math.round(busy * pool.replicas),
          jobs: jobs(count),
        });
        expect(desired).toBeGreaterThanOrEqual(min);
        expect(desired).toBeLessThanOrEqual(min + more);
        if (before !== undefined && desired < before)
          expect(pool.nowMs).toBeGreaterThanOrEqual(lastIncreaseMs + delay * 1_000);
        if (before === undefined ? desired > 1 : desired > before) lastIncreaseMs = pool.nowMs;
        pool.state = { ...pool.state, status: JSON.parse(JSON.stringify(status)) };
      }
    }),
  );
});
