/** What the metrics suggest: HRA-3 to HRA-7 of fleet-semantics 3.3, with rounds. Pure. */
import type { DemandedJob } from '../demand/types.ts';
import type { AutoscalerSpec } from '../resources/autoscaler-spec.ts';
import { type Countable, suggestByJobs } from './jobs-counted.ts';
import { busyPolicyOf, suggestByBusy } from './percentage-runners-busy.ts';
import { counted, type Reason } from './reason.ts';

/** ARC's `--sync-period`: PercentageRunnersBusy takes one step in this time, however much happens meanwhile. */
export const ROUND_MS = 60_000;

/** What PercentageRunnersBusy said when it was last asked; its answer holds until the next round. */
export interface Round {
  atMs: number;
  suggestion: number;
  reason: Reason;
}

/** Whether the runners are measured at all. */
export const hasRounds = ({ metrics = [] }: AutoscalerSpec): boolean => metrics[0]?.type === 'PercentageRunnersBusy';

export interface Measured extends Countable {
  /** Set when there has been one. */
  round?: Round;
}

/** `suggestion` is left out when the metrics have none: then the effective minimum takes its place (HRA-7). */
export function suggest(spec: AutoscalerSpec, measured: Measured): { suggestion?: number; reasons: Reason[] } {
  const { metrics = [] } = spec;
  const [first, second] = metrics;
  if (!first) return { reasons: [{ code: 'no-metric', text: 'No metric is configured, so the minimum counts.' }] };
  const main = hasRounds(spec) ? measured.round : suggestByJobs(first, measured);
  if (main && main.suggestion > 0) return { suggestion: main.suggestion, reasons: [main.reason] };
  const reasons = main ? [main.reason] : [];
  if (second) {
    const { suggestion, reason } = suggestByJobs(second, measured);
    return { suggestion, reasons: [...reasons, reason] };
  }
  const text = 'The metric suggests nothing, so the minimum counts.';
  return { reasons: [...reasons, { code: 'no-suggestion', text }] };
}

export function measure(spec: AutoscalerSpec, before: number, busy: number, nowMs: number): Round | undefined {
  const [metric] = spec.metrics ?? [];
  return metric && hasRounds(spec)
    ? { atMs: nowMs, ...suggestByBusy(busyPolicyOf(metric), { before, busy }) }
    : undefined;
}

/**
 * D-3: where only the share of busy runners is measured, a job that waits keeps the pool from staying at zero.
 * @param wanted what the metric and the minimum come to
 */
export function reasonToLift(spec: AutoscalerSpec, wanted: number, jobs: readonly DemandedJob[]): Reason | undefined {
  const waiting = jobs.filter(({ status }) => status === 'queued').length;
  if (wanted > 0 || waiting === 0 || !hasRounds(spec) || spec.metrics?.length !== 1) return undefined;
  const wait = `${counted(waiting, 'queued job')} ${waiting === 1 ? 'waits' : 'wait'} for this pool`;
  const text = `${wait}, so there is at least one runner whose share of work can be measured.`;
  return { code: 'jobs-wait-at-zero', text };
}
