import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { secondsTime } from '../../common/clock.ts';
import type { DemandedJob } from '../demand/types.ts';
import type { CapacityReservation } from '../resources/autoscaler-spec.ts';
import {
  newestEffectiveTime,
  nextExpiryMs,
  nextReservations,
  type ReservationChange,
  reservationDurationMs,
  reservedReplicas,
} from './reservations.ts';

const MINUTE = 60_000;
const NOW = Date.parse('2026-01-01T00:00:00Z');

const job = (id: number, attempt = 1): DemandedJob => ({
  repository: 'octo/app',
  id,
  attempt,
  labels: ['gpu'],
  status: 'queued',
  queuedAtMs: NOW,
});

/** One of a person's or of an earlier time; minutes from now. */
const entry = (name: string, from: number, to: number, replicas = 1): CapacityReservation => ({
  name,
  replicas,
  effectiveTime: secondsTime(NOW + from * MINUTE),
  expirationTime: secondsTime(NOW + to * MINUTE),
});

const next = (change: Partial<ReservationChange>, nowMs = NOW): CapacityReservation[] =>
  nextReservations(
    { existing: [], jobs: [], hasEnded: () => false, durationMs: 10 * MINUTE, maxReplicas: 10, ...change },
    nowMs,
  );
const names = (entries: CapacityReservation[]): (string | undefined)[] => entries.map(({ name }) => name);

describe('reservations', () => {
  it('BAT-3: a job that waits gets one replica from now for the trigger’s duration', () => {
    expect(next({ jobs: [job(7)] })).toEqual([entry('job/7/1', 0, 10)]);
  });

  it('D-7: a delivery that comes twice reserves once', () => {
    const once = next({ jobs: [job(7)] });
    expect(next({ existing: once, jobs: [job(7)] })).toEqual(once);
  });

  it('D-7: the end of a job releases its own reservation, whatever others ended in the same moment (#4315)', () => {
    const existing = [entry('job/1/1', -3, 7), entry('job/2/1', -2, 8), entry('job/3/1', -1, 9)];
    expect(names(next({ existing, jobs: [job(1), job(3)], hasEnded: (name) => name === 'job/2/1' }))).toEqual([
      'job/1/1',
      'job/3/1',
    ]);
  });

  it('D-7: another attempt is another job', () => {
    const existing = next({ jobs: [job(7, 1)] });
    expect(names(next({ existing, jobs: [job(7, 2)], hasEnded: (name) => name === 'job/7/1' }))).toEqual(['job/7/2']);
  });

  it('D-7: a reservation lives as long as its job, where ARC lets it expire (#2466)', () => {
    let existing = next({ jobs: [job(7)] });
    for (let minute = 1; minute < 60; minute++) {
      existing = next({ existing, jobs: [job(7)] }, NOW + minute * MINUTE);
      expect(reservedReplicas(existing, NOW + minute * MINUTE)).toBe(1);
    }
  });

  it('D-7: one whose job nobody knows of ends by its duration', () => {
    const existing = next({ jobs: [job(7)] });
    expect(next({ existing }, NOW + 10 * MINUTE - 1)).toEqual(existing);
    expect(next({ existing }, NOW + 10 * MINUTE)).toEqual([]);
  });

  it('BAT-1: what is beyond the maximum waits for a slot, so its time begins anew', () => {
    const existing = [entry('a', -9, 1), entry('b', -9, 1), entry('c', -8, 2)];
    expect(next({ existing, maxReplicas: 2 })).toEqual([existing[0], existing[1], entry('c', 0, 10)]);
    expect(next({ existing, maxReplicas: 3 })).toEqual(existing);
    const expired = [entry('a', -20, -10), entry('b', -20, -10)];
    expect(next({ existing: expired, maxReplicas: 1 })).toEqual([entry('b', 0, 10)]);
  });

  it('keeps what a person reserved, whatever is known of jobs', () => {
    const existing = [entry('warm', -1, 5, 4), entry('job/soon', -1, 5)];
    expect(next({ existing, hasEnded: () => true })).toEqual(existing);
  });

  it('BAT-2: drops what has expired, to the moment', () => {
    const existing = [entry('a', -10, 0), entry('b', -10, 1), { name: 'no end', replicas: 1 }];
    expect(names(next({ existing }))).toEqual(['b']);
  });

  it('3.6: counts everything that ends strictly later, also what a person wrote', () => {
    const existing = [entry('warm', -1, 5, 4), entry('job/1/1', -1, 5), entry('old', -5, 0, 100)];
    expect(reservedReplicas(existing, NOW)).toBe(5);
    expect(nextExpiryMs(existing, NOW)).toBe(NOW + 5 * MINUTE);
    expect(nextExpiryMs([], NOW)).toBeUndefined();
    expect(newestEffectiveTime(existing)).toBe(secondsTime(NOW - MINUTE));
  });

  it('WH-9: needs exactly one trigger, one that listens to jobs; its duration is 10 minutes unless positive', () => {
    const workflowJob = { githubEvent: { workflowJob: {} } };
    expect(reservationDurationMs([{ ...workflowJob, duration: '30m' }])).toBe(30 * MINUTE);
    expect(reservationDurationMs([workflowJob])).toBe(10 * MINUTE);
    expect(reservationDurationMs([{ ...workflowJob, duration: '-1m' }])).toBe(10 * MINUTE);
    expect(reservationDurationMs([workflowJob, workflowJob])).toBeUndefined();
    expect(reservationDurationMs([{ githubEvent: { push: {} } }])).toBeUndefined();
    expect(reservationDurationMs()).toBeUndefined();
  });

  it('reserves no more than the maximum, and for the next job when one ends', () => {
    const jobs = [job(1), job(2), job(3)];
    const existing = next({ jobs, maxReplicas: 2 });
    expect(names(existing)).toEqual(['job/1/1', 'job/2/1']);
    expect(names(next({ existing, jobs: jobs.slice(1), hasEnded: () => true, maxReplicas: 2 }))).toEqual([
      'job/2/1',
      'job/3/1',
    ]);
    const warm = next({ existing: [entry('warm', -1, 5, 4)], jobs, maxReplicas: 5 });
    expect(names(warm)).toEqual(['warm', 'job/1/1']);
  });

  it('holds one reservation per waiting job, up to the maximum, after any order of events (W1, W2)', () => {
    const step = fc.record({ id: fc.nat(5), waits: fc.boolean(), minutes: fc.nat(4) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.nat(7), (steps, maxReplicas) => {
        const waiting = new Map<number, DemandedJob>();
        let existing: CapacityReservation[] = [];
        let now = NOW;
        for (const { id, waits, minutes } of steps) {
          now += minutes * MINUTE;
          if (waits) waiting.set(id, job(id));
          else waiting.delete(id);
          const jobs = [...waiting.values()];
          const wanted = new Set(jobs.map((one) => `job/${one.id}/1`));
          existing = next({ existing, jobs, maxReplicas, hasEnded: (name) => !wanted.has(name) }, now);
          const held = names(existing).filter((name) => wanted.has(name ?? ''));
          expect(held).toEqual(names(existing));
          expect(new Set(held).size).toBe(Math.min(jobs.length, maxReplicas));
          expect(reservedReplicas(existing, now)).toBe(held.length);
        }
      }),
    );
  });
});
