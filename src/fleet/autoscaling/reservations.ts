/**
 * Capacity reservations: a replica for each job that a webhook told of. fleet-semantics 3.6 and 4.4 (BAT-1 to BAT-4),
 * but keyed by job and attempt (D-7): the end of a job releases its own reservation, and a repeat does nothing.
 */
import { secondsTime } from '../../common/clock.ts';
import type { DemandedJob } from '../demand/types.ts';
import type { CapacityReservation, ScaleUpTrigger } from '../resources/autoscaler-spec.ts';
import { parseGoDuration } from './go-duration.ts';

/** When the trigger gives none that is positive. */
const DEFAULT_DURATION_MS = 10 * 60_000;

/** Name of the reservation for a job. Ids of jobs are unique at a server. Other names are those that people gave. */
export const reservationName = ({ id, attempt }: Pick<DemandedJob, 'id' | 'attempt'>): string => `job/${id}/${attempt}`;

const NAME_OF_JOB = /^job\/\d+\/\d+$/;

/** WH-9: exactly one trigger, and one that listens to jobs. How long its reservations last, else undefined. */
export function reservationDurationMs(triggers: readonly ScaleUpTrigger[] = []): number | undefined {
  const [trigger] = triggers;
  if (triggers.length !== 1 || !trigger?.githubEvent?.workflowJob) return undefined;
  const ms = parseGoDuration(trigger.duration ?? '') ?? 0;
  return ms > 0 ? ms : DEFAULT_DURATION_MS;
}

export interface ReservationChange {
  existing: readonly CapacityReservation[];
  /** Jobs that this pool is to have a runner for, longest waiting first. */
  jobs: readonly DemandedJob[];
  /** Whether the job of this reservation is known to be over, or another pool's. */
  hasEnded: (name: string) => boolean;
  durationMs: number;
  maxReplicas: number;
}

/**
 * What the reservations become. Those of known jobs live as long as the jobs, whatever the duration says; that counts
 * for jobs of which nothing is known, such as after a restart, and for reservations that people wrote.
 */
export function nextReservations(change: ReservationChange, nowMs: number): CapacityReservation[] {
  const { existing, jobs, hasEnded, durationMs, maxReplicas } = change;
  const waiting = new Map(jobs.map((job) => [reservationName(job), job]));
  const kept = existing.flatMap((entry, index) => {
    const name = entry.name ?? '';
    if (waiting.delete(name)) return [extended(entry, durationMs, nowMs)];
    if (NAME_OF_JOB.test(name) && hasEnded(name)) return [];
    // BAT-1: what is beyond the maximum waits for a slot, so its time does not run.
    const next = existing.length > maxReplicas && index >= maxReplicas ? restarted(entry, nowMs) : entry;
    return isExpired(next, nowMs) ? [] : [next];
  });
  // More than the maximum would change nothing: a job beyond it is reserved for when another ends.
  const free = Math.max(0, maxReplicas - reservedReplicas(kept, nowMs));
  const added = [...waiting.keys()].slice(0, free).map((name) => ({
    name,
    replicas: 1,
    effectiveTime: secondsTime(nowMs),
    expirationTime: secondsTime(nowMs + durationMs),
  }));
  return [...kept, ...added];
}

/** 3.6: every reservation whose end is strictly ahead counts, whoever wrote it. */
export function reservedReplicas(reservations: readonly CapacityReservation[], nowMs: number): number {
  let sum = 0;
  for (const entry of reservations) if (!isExpired(entry, nowMs)) sum += entry.replicas ?? 0;
  return sum;
}

export function nextExpiryMs(reservations: readonly CapacityReservation[], nowMs: number): number | undefined {
  const times = reservations.map(expiryMs).filter((ms) => ms > nowMs);
  return times.length === 0 ? undefined : Math.min(...times);
}

/** HRA-11: when the newest reservation began. */
export function newestEffectiveTime(reservations: readonly CapacityReservation[]): string | undefined {
  let newest: string | undefined;
  let newestMs = Number.NEGATIVE_INFINITY;
  for (const { effectiveTime } of reservations) {
    const ms = effectiveTime === newest ? newestMs : Date.parse(effectiveTime ?? '');
    if (ms > newestMs) [newest, newestMs] = [effectiveTime, ms];
  }
  return newest;
}

/** In steps of half the duration, so that a job that lasts is not a write per second. */
function extended(entry: CapacityReservation, durationMs: number, nowMs: number): CapacityReservation {
  if (expiryMs(entry) - nowMs > durationMs / 2) return entry;
  return { ...entry, expirationTime: secondsTime(nowMs + durationMs) };
}

function restarted(entry: CapacityReservation, nowMs: number): CapacityReservation {
  const lengthMs = expiryMs(entry) - Date.parse(entry.effectiveTime ?? '');
  if (!(lengthMs > 0)) return entry;
  return { ...entry, effectiveTime: secondsTime(nowMs), expirationTime: secondsTime(nowMs + lengthMs) };
}

const isExpired = (entry: CapacityReservation, nowMs: number): boolean => expiryMs(entry) <= nowMs;

/** Every decision asks several times for the ends of the same entries. */
const expiries = new WeakMap<CapacityReservation, number>();

/** One without an end has long ended. */
function expiryMs(entry: CapacityReservation): number {
  const known = expiries.get(entry);
  if (known !== undefined) return known;
  const { expirationTime } = entry;
  const ms = expirationTime === undefined ? Number.NEGATIVE_INFINITY : Date.parse(expirationTime);
  expiries.set(entry, ms);
  return ms;
}
