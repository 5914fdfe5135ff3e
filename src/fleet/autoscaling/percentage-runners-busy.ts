/** The metric PercentageRunnersBusy: fleet-semantics 3.4, with IEEE arithmetic (D-2). */
import type { Metric } from '../resources/autoscaler-spec.ts';
import { counted, type Reason } from './reason.ts';

interface Direction {
  threshold: number;
  factor: number;
  /** Takes the factor's place when it is not 0. */
  adjustment: number;
}

export interface BusyPolicy {
  up: Direction;
  down: Direction;
}

/** A field of the metric that ARC refuses, with ARC's sentence. */
export interface MetricProblem {
  field: keyof Metric & string;
  text: string;
}

const DEFAULTS = { up: { threshold: 0.8, factor: 1.3 }, down: { threshold: 0.3, factor: 0.7 } };

/** Empty when `busyPolicyOf` can read the metric. */
export function busyPolicyProblems(metric: Metric): MetricProblem[] {
  const { scaleUpFactor, scaleDownFactor, scaleUpAdjustment, scaleDownAdjustment } = metric;
  return [
    ...decimalProblem(metric, 'scaleUpThreshold'),
    ...decimalProblem(metric, 'scaleDownThreshold'),
    ...adjustmentProblem('scaleUpAdjustment', scaleUpAdjustment, 'scaleUpFactor', scaleUpFactor),
    ...decimalProblem(metric, 'scaleUpFactor'),
    ...adjustmentProblem('scaleDownAdjustment', scaleDownAdjustment, 'scaleDownFactor', scaleDownFactor),
    ...decimalProblem(metric, 'scaleDownFactor'),
  ];
}

type DecimalField = 'scaleUpThreshold' | 'scaleDownThreshold' | 'scaleUpFactor' | 'scaleDownFactor';

/** An empty text is one left out, as in Go. */
function decimalProblem(metric: Metric, field: DecimalField): MetricProblem[] {
  const text = metric[field];
  if (!text || /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text)) return [];
  return [
    {
      field,
      text: `validating autoscaling metrics: spec.autoscaling.metrics[].${field} cannot be parsed into a float64`,
    },
  ];
}

function adjustmentProblem(
  field: 'scaleUpAdjustment' | 'scaleDownAdjustment',
  adjustment: number | undefined,
  factorField: DecimalField,
  factor: string | undefined,
): MetricProblem[] {
  const metrics = 'validating autoscaling metrics: spec.autoscaling.metrics[]';
  if (adjustment && adjustment < 0) return [{ field, text: `${metrics}.${field} cannot be lower than 0` }];
  if (!adjustment || !factor) return [];
  return [{ field, text: `${metrics}: ${field} and ${factorField} cannot be specified together` }];
}

export function busyPolicyOf(metric: Metric): BusyPolicy {
  const { scaleUpThreshold, scaleUpFactor, scaleUpAdjustment = 0 } = metric;
  const { scaleDownThreshold, scaleDownFactor, scaleDownAdjustment = 0 } = metric;
  const { up, down } = DEFAULTS;
  return {
    up: {
      threshold: Number(scaleUpThreshold || up.threshold),
      factor: Number(scaleUpFactor || up.factor),
      adjustment: scaleUpAdjustment,
    },
    down: {
      threshold: Number(scaleDownThreshold || down.threshold),
      factor: Number(scaleDownFactor || down.factor),
      adjustment: scaleDownAdjustment,
    },
  };
}

export interface BusyCount {
  /** The replicas last asked for, not those that live (PRB-3). */
  before: number;
  busy: number;
}

/** Before the bounds; zero or less means that the metric has nothing to say (PRB-4, HRA-6). */
export function suggestByBusy(
  { up, down }: BusyPolicy,
  { before, busy }: BusyCount,
): {
  suggestion: number;
  reason: Reason;
} {
  const fraction = busy / before;
  const seen = `${busy} of ${counted(before, 'runner')} ${before === 1 ? 'was' : 'were'} busy`;
  if (fraction >= up.threshold) {
    const suggestion = up.adjustment ? before + up.adjustment : Math.ceil(before * up.factor);
    const sum = up.adjustment ? `${before} + ${up.adjustment}` : `${before} × ${up.factor}, rounded up,`;
    return {
      suggestion,
      reason: { code: 'busy-high', text: `${seen}, at least ${percent(up)}: ${sum} is ${suggestion}.` },
    };
  }
  if (fraction < down.threshold) {
    const suggestion = down.adjustment ? before - down.adjustment : Math.trunc(before * down.factor);
    const sum = down.adjustment ? `${before} - ${down.adjustment}` : `${before} × ${down.factor}, rounded down,`;
    return {
      suggestion,
      reason: { code: 'busy-low', text: `${seen}, less than ${percent(down)}: ${sum} is ${suggestion}.` },
    };
  }
  if (before === 0) {
    const text = 'There are no runners whose share of busy ones could be measured.';
    return { suggestion: 0, reason: { code: 'nothing-measured', text } };
  }
  const text = `${seen}, between ${percent(down)} and ${percent(up)}: ${before} stay.`;
  return { suggestion: before, reason: { code: 'busy-between', text } };
}

const percent = ({ threshold }: Direction): string => `${Number((threshold * 100).toFixed(4))} %`;
