import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { codes, DecidedPool, jobs, MINUTE, START } from '../testing/decided-pool.ts';
import { SEED_POLICY } from '../testing/seed-policy.ts';
import { isRoundDue } from './autoscale.ts';

describe('the worked timeline of the seed configuration (3.11)', () => {
  it('3.11: doubles while all are busy, holds for 300 seconds, and halves a round at a time', () => {
    const pool = new DecidedPool(SEED_POLICY, 2);
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
    const pool = new DecidedPool(SEED_POLICY, 2, { desiredReplicas: 2 });
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
    const pool = new DecidedPool(SEED_POLICY, 2);
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
    const pool = new DecidedPool(SEED_POLICY, 2);
    pool.decide({ busy: 2 });
    for (let second = 1; second < 60; second++) {
      expect(isRoundDue(pool.state, pool.nowMs + 1_000)).toBe(false);
      expect(pool.after(1_000, { busy: pool.replicas }).desired).toBe(4);
    }
    expect(isRoundDue(pool.state, pool.nowMs + 1_000)).toBe(true);
    expect(pool.after(1_000, { busy: 4 }).desired).toBe(8);
  });

  it('a cool-down that ends between two rounds begins one, so that its decrease is a step of its own', () => {
    const pool = new DecidedPool({ ...SEED_POLICY, scaleDownDelaySecondsAfterScaleOut: 90 }, 8);
    pool.decide({ busy: 8 });
    expect(pool.after(MINUTE).desired).toBe(16);
    expect(isRoundDue(pool.state, pool.nowMs + 30_000)).toBe(true);
    expect(pool.after(30_000).desired).toBe(8);
    expect(pool.after(30_000).desired).toBe(8);
    expect(pool.after(30_000).desired).toBe(4);
  });

  it('a schedule changes the number between rounds', () => {
    const pool = new DecidedPool({ ...SEED_POLICY, scaleDownDelaySecondsAfterScaleOut: 0 }, 1);
    pool.nowMs = Date.parse('2023-07-17T00:00:00+09:00') - 30_000;
    expect(pool.decide().desired).toBe(1);
    expect(pool.after(30_000).desired).toBe(2);
  });

  it('works with a target that says nothing about replicas, where ARC crashes (D-2)', () => {
    const pool = new DecidedPool({ ...SEED_POLICY, minReplicas: 1 });
    expect(pool.decide({ busy: 1 }).desired).toBe(2);
    expect(
      new DecidedPool({
        ...SEED_POLICY,
        minReplicas: 1,
        metrics: [{ type: 'PercentageRunnersBusy', scaleDownThreshold: '0' }],
      }).decide().desired,
    ).toBe(1);
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
      const pool = new DecidedPool(spec, min);
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
