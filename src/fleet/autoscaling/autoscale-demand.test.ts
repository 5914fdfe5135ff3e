import { describe, expect, it } from 'vitest';
import type { AutoscalerSpec } from '../resources/autoscaler-spec.ts';
import { codes, DecidedPool, jobs, MINUTE } from '../testing/decided-pool.ts';
import { SEED_METRIC, SEED_POLICY } from '../testing/seed-policy.ts';

describe('scale from zero', () => {
  const zero: AutoscalerSpec = {
    ...SEED_POLICY,
    minReplicas: 0,
    scheduledOverrides: [],
    scaleDownDelaySecondsAfterScaleOut: 0,
  };

  it('PRB-5, D-3: at 0 replicas a waiting job starts one runner at once, between rounds too', () => {
    const pool = new DecidedPool(zero, 0);
    expect(pool.decide().desired).toBe(0);
    const lifted = pool.after(10_000, { jobs: jobs(3) });
    expect(lifted.desired).toBe(1);
    expect(lifted.reasons.map(({ text }) => text)).toContain(
      '3 queued jobs wait for this pool, so there is at least one runner whose share of work can be measured.',
    );
  });

  it('D-3: the one is not taken away while the job waits, and the metric grows the pool from it', () => {
    const pool = new DecidedPool(zero, 0);
    const waiting = jobs(5);
    pool.decide({ jobs: waiting });
    expect(pool.after(MINUTE, { busy: 0, jobs: waiting }).desired).toBe(1);
    expect(pool.after(MINUTE, { busy: 1, jobs: waiting }).desired).toBe(2);
    expect(pool.after(MINUTE, { busy: 0 }).desired).toBe(1);
    expect(pool.after(MINUTE, { busy: 0 }).desired).toBe(0);
  });

  it('D-3: a maximum of 0 stays 0, and running jobs alone start nothing', () => {
    expect(new DecidedPool({ ...zero, maxReplicas: 0 }, 0).decide({ jobs: jobs(1) }).desired).toBe(0);
    expect(new DecidedPool(zero, 0).decide({ jobs: jobs(1, 'in_progress') }).desired).toBe(0);
  });

  it('HRA-6: with a second metric that one counts when the first has nothing to say, also 0', () => {
    const metrics = [SEED_METRIC, { type: 'TotalNumberOfQueuedAndInProgressWorkflowRuns' as const }];
    const pool = new DecidedPool({ ...zero, metrics }, 0);
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
    const decision = new DecidedPool(counting, 1).decide({ jobs: jobs(count) });
    expect(decision.desired).toBe(desired);
    expect(codes(decision)).toEqual(expected);
  });

  it('HRA-4: without metrics the minimum and the reservations count (D-7)', () => {
    const triggers: AutoscalerSpec = {
      ...counting,
      metrics: undefined,
      scaleUpTriggers: [{ githubEvent: { workflowJob: {} }, duration: '30m' }],
    };
    const pool = new DecidedPool(triggers, 1);
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
    const pool = new DecidedPool(reserved, 1);
    expect(pool.decide().effectiveTime).toBe(expirationTime);
    pool.state = { ...pool.state, target: { ...pool.state.target, isEphemeral: false } };
    expect(pool.decide().effectiveTime).toBeUndefined();
  });

  it('tells a demand that is not sure only where it counts', () => {
    const demandProblem = 'GitHub answered 403.';
    const reason = { code: 'demand-uncertain', text: 'Jobs may be missing: GitHub answered 403.' };
    expect(new DecidedPool(counting).decide({ demandProblem }).reasons).toContainEqual(reason);
    expect(new DecidedPool(SEED_POLICY).decide({ demandProblem }).reasons).not.toContainEqual(reason);
  });

  it('HRA-14: a maximum that was lowered during the hold waits for its end', () => {
    const pool = new DecidedPool({ ...SEED_POLICY, scheduledOverrides: [] }, 8);
    expect(pool.decide({ busy: 8 }).desired).toBe(16);
    pool.state = { ...pool.state, spec: { ...pool.state.spec, maxReplicas: 4 } };
    expect(pool.after(MINUTE, { busy: 16 }).desired).toBe(16);
    expect(pool.after(4 * MINUTE, { busy: 16 }).desired).toBe(4);
  });
});
