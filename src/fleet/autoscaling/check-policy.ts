/** What an autoscaler cannot be used with, told before it is used (D-22), in ARC's words where it has some. Pure. */
import { isTimezone } from '../../common/time-zone.ts';
import type { RunnerScope } from '../../protocol/github/runner-scope.ts';
import type { AutoscalerSpec, Metric, ScaleUpTrigger, ScheduledOverride } from '../resources/autoscaler-spec.ts';
import { DAY_MS } from './calendar.ts';
import { parseGoDuration } from './go-duration.ts';
import { countingProblem } from './jobs-counted.ts';
import { busyPolicyProblems } from './percentage-runners-busy.ts';
import { recurrenceOf } from './recurrence.ts';

export interface PolicyProblem {
  /** From the object's root, such as `spec.metrics[0].scaleUpFactor`. */
  field: string;
  text: string;
  /** What stands there; left out when the field itself is missing. */
  value?: unknown;
}

/** @param subject `NAMESPACE/NAME`, which ARC's sentences name */
export function policyProblems(spec: AutoscalerSpec, subject: string): PolicyProblem[] {
  const { minReplicas, maxReplicas, metrics = [], scaleUpTriggers = [], scheduledOverrides = [] } = spec;
  return [
    ...missingProblem('minReplicas', minReplicas, subject),
    ...missingProblem('maxReplicas', maxReplicas, subject),
    ...orderProblem(minReplicas, maxReplicas),
    ...metrics.flatMap(metricProblems),
    ...combinationProblem(metrics),
    ...scaleUpTriggers.flatMap(triggerProblems),
    ...scheduledOverrides.flatMap((override, index) => overrideProblems(spec, override, index)),
  ];
}

/** What only shows with the target's scope (TOT-1). */
export function targetProblem({ metrics = [] }: AutoscalerSpec, scope: RunnerScope): string | undefined {
  const counting = metrics.find(({ type }) => type === 'TotalNumberOfQueuedAndInProgressWorkflowRuns');
  return counting && countingProblem(counting, scope);
}

/** HRA-3. */
function missingProblem(field: string, value: number | undefined, subject: string): PolicyProblem[] {
  if (value !== undefined) return [];
  return [{ field: `spec.${field}`, text: `horizontalrunnerautoscaler ${subject} is missing ${field}` }];
}

function orderProblem(min: number | undefined, max: number | undefined): PolicyProblem[] {
  if (min === undefined || max === undefined || min <= max) return [];
  return [{ field: 'spec.minReplicas', value: min, text: `must not be larger than maxReplicas, which is ${max}` }];
}

function metricProblems(metric: Metric, index: number): PolicyProblem[] {
  if (metric.type !== 'PercentageRunnersBusy') return [];
  return busyPolicyProblems(metric).map(({ field, text }) => ({
    field: `spec.metrics[${index}].${field}`,
    value: metric[field],
    text,
  }));
}

/** HRA-4 and HRA-6; ARC notices a wrong pair only when the first metric has nothing to suggest. */
function combinationProblem(metrics: Metric[]): PolicyProblem[] {
  const value = metrics.map(({ type }) => type);
  const [first, second] = value;
  if (metrics.length > 2) {
    const text = `too many autoscaling metrics configured: It must be 0 to 2, but got ${metrics.length}`;
    return [{ field: 'spec.metrics', value, text }];
  }
  const isAllowed = first === 'PercentageRunnersBusy' && second === 'TotalNumberOfQueuedAndInProgressWorkflowRuns';
  if (metrics.length < 2 || isAllowed) return [];
  const text = `invalid HRA Spec: Metrics[0] of ${first} cannot be combined with Metrics[1] of ${second}: The only allowed combination is 0=PercentageRunnersBusy and 1=TotalNumberOfQueuedAndInProgressWorkflowRuns`;
  return [{ field: 'spec.metrics', value, text }];
}

function triggerProblems({ duration }: ScaleUpTrigger, index: number): PolicyProblem[] {
  if (duration === undefined || parseGoDuration(duration) !== undefined) return [];
  return [
    { field: `spec.scaleUpTriggers[${index}].duration`, value: duration, text: 'must be a duration such as 30m' },
  ];
}

/** The longest that a period can be; longer windows overlap themselves always (SCH-2). */
const LONGEST_MS: Record<string, number> = {
  Daily: DAY_MS,
  Weekly: 7 * DAY_MS,
  Monthly: 31 * DAY_MS,
  Yearly: 366 * DAY_MS,
};

function overrideProblems(spec: AutoscalerSpec, override: ScheduledOverride, index: number): PolicyProblem[] {
  const path = `spec.scheduledOverrides[${index}]`;
  const { startTime, endTime, timeZone, recurrenceRule } = override;
  if (timeZone !== undefined && !isTimezone(timeZone)) {
    return [{ field: `${path}.timeZone`, value: timeZone, text: 'must be a name such as Europe/Berlin' }];
  }
  if (Date.parse(endTime) <= Date.parse(startTime)) {
    return [{ field: `${path}.endTime`, value: endTime, text: `must be later than startTime, which is ${startTime}` }];
  }
  const frequency = recurrenceRule?.frequency ?? '';
  const { localStart, localEnd } = recurrenceOf(override);
  const isTooLong = localEnd - localStart > (LONGEST_MS[frequency] ?? Number.POSITIVE_INFINITY);
  const tooLong = `the time from startTime to endTime is longer than the period of the frequency ${frequency}`;
  return [
    ...(isTooLong ? [{ field: `${path}.endTime`, value: endTime, text: tooLong }] : []),
    ...overriddenOrderProblem(spec, override, path),
  ];
}

/** HRA-14: ARC's clamp goes wrong both ways then. */
function overriddenOrderProblem(spec: AutoscalerSpec, override: ScheduledOverride, path: string): PolicyProblem[] {
  const { minReplicas: min = spec.minReplicas, maxReplicas: max = spec.maxReplicas } = override;
  const isOwn = override.minReplicas !== undefined || override.maxReplicas !== undefined;
  if (!isOwn || min === undefined || max === undefined || min <= max) return [];
  const field = override.minReplicas === undefined ? 'maxReplicas' : 'minReplicas';
  const text = `while this override holds, minReplicas ${min} would be larger than maxReplicas ${max}`;
  return [{ field: `${path}.${field}`, value: override[field], text }];
}
