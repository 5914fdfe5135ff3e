/** What is allowed in an autoscaler and still not what its author means. Pure. */
import type {
  AutoscalerSpec,
  CapacityReservation,
  Metric,
  ScaleUpTrigger,
  ScheduledOverride,
} from '../resources/autoscaler-spec.ts';
import type { FieldWarning } from '../resources/kind.ts';
import { DAY_MS } from './calendar.ts';
import { busyPolicyOf } from './percentage-runners-busy.ts';
import { recurrenceOf } from './recurrence.ts';

export function policyWarnings(spec: AutoscalerSpec): FieldWarning[] {
  const { metrics = [], scaleUpTriggers = [], capacityReservations = [], scheduledOverrides = [] } = spec;
  return [
    ...fromZeroWarning(spec),
    ...nothingRaisesWarning(spec),
    ...nothingRunsWarning(spec),
    ...metrics.flatMap(metricWarnings),
    ...capacityReservations.flatMap(reservationWarnings),
    ...triggersWarning(scaleUpTriggers),
    ...scaleUpTriggers.flatMap(triggerWarnings),
    ...scheduledOverrides.flatMap(overrideWarnings),
  ];
}

/** D-3, PRB-5. */
function fromZeroWarning({ minReplicas, metrics = [], scaleUpTriggers = [], scheduledOverrides = [] }: AutoscalerSpec) {
  const zero = [minReplicas, ...scheduledOverrides.map((override) => override.minReplicas)].indexOf(0);
  const measuresOnly =
    metrics.length === 1 && metrics[0]?.type === 'PercentageRunnersBusy' && scaleUpTriggers.length === 0;
  if (zero < 0 || !measuresOnly) return [];
  const field = zero === 0 ? 'spec.minReplicas' : `spec.scheduledOverrides[${zero - 1}].minReplicas`;
  const message =
    'PercentageRunnersBusy cannot measure anything at 0 replicas (ARC stays at 0 for ever); ' +
    'here one runner is started when a job waits for this pool, and the metric goes on from there';
  return [{ field, message }];
}

function nothingRaisesWarning({ minReplicas, maxReplicas, metrics = [], scaleUpTriggers = [] }: AutoscalerSpec) {
  if (metrics.length > 0 || scaleUpTriggers.length > 0 || minReplicas === maxReplicas) return [];
  const message = 'without metrics and scaleUpTriggers nothing but overrides and reservations changes the number';
  return [{ field: 'spec.metrics', message }];
}

function nothingRunsWarning({ maxReplicas, scheduledOverrides = [] }: AutoscalerSpec): FieldWarning[] {
  if (maxReplicas !== 0 || scheduledOverrides.some((override) => (override.maxReplicas ?? 0) > 0)) return [];
  return [{ field: 'spec.maxReplicas', message: 'is 0, so no runner is ever started' }];
}

const OF_BUSY = [
  ...['scaleUpThreshold', 'scaleDownThreshold', 'scaleUpFactor'],
  ...['scaleDownFactor', 'scaleUpAdjustment', 'scaleDownAdjustment'],
];

function metricWarnings(metric: Metric, index: number): FieldWarning[] {
  const path = `spec.metrics[${index}]`;
  const isBusy = metric.type === 'PercentageRunnersBusy';
  const foreign = (isBusy ? ['repositoryNames'] : OF_BUSY).filter((field) => metric[field] !== undefined);
  const without = foreign.map((field) => ({ field: `${path}.${field}`, message: `has no effect on ${metric.type}` }));
  return isBusy ? [...without, ...directionWarnings(metric, path)] : without;
}

/** ARC follows such numbers into a pool that never grows, never shrinks, or does both for ever. */
function directionWarnings(metric: Metric, path: string): FieldWarning[] {
  const { up, down } = busyPolicyOf(metric);
  const warnings: FieldWarning[] = [];
  if (down.threshold > up.threshold) {
    const message = `is above scaleUpThreshold (${up.threshold}): between the two the pool grows, and is never left as it is`;
    warnings.push({ field: `${path}.scaleDownThreshold`, message });
  }
  if (!up.adjustment && up.factor <= 1) {
    warnings.push({ field: `${path}.scaleUpFactor`, message: `is ${up.factor}, which raises nothing` });
  }
  if (!down.adjustment && down.factor >= 1) {
    warnings.push({ field: `${path}.scaleDownFactor`, message: `is ${down.factor}, which lowers nothing` });
  }
  return warnings;
}

/** Also the autoscaler's own have both times. */
function reservationWarnings(reservation: CapacityReservation, index: number): FieldWarning[] {
  const { effectiveTime, expirationTime } = reservation;
  const field = `spec.capacityReservations[${index}].expirationTime`;
  if (expirationTime === undefined) return [{ field, message: 'is missing, so the reservation never counts' }];
  if (effectiveTime === undefined || Date.parse(effectiveTime) < Date.parse(expirationTime)) return [];
  return [{ field, message: 'is not later than effectiveTime, so the reservation never counts' }];
}

/** WH-9. */
function triggersWarning(triggers: readonly ScaleUpTrigger[]): FieldWarning[] {
  if (triggers.length < 2) return [];
  return [{ field: 'spec.scaleUpTriggers', message: 'has no effect: there must be exactly one trigger' }];
}

const WITHOUT_EFFECT = ['checkRun', 'pullRequest', 'push'] as const;

function triggerWarnings({ githubEvent, amount }: ScaleUpTrigger, index: number): FieldWarning[] {
  const path = `spec.scaleUpTriggers[${index}]`;
  const others = WITHOUT_EFFECT.filter((event) => githubEvent?.[event]).map((event) => ({
    field: `${path}.githubEvent.${event}`,
    message: 'has no effect: only workflowJob scales, as in ARC since 0.27',
  }));
  const none =
    githubEvent?.workflowJob || others.length > 0
      ? []
      : [{ field: `${path}.githubEvent`, message: 'has no effect without workflowJob' }];
  const isCounted = amount === undefined || amount === 0 || amount === 1;
  const ignored = isCounted ? [] : [{ field: `${path}.amount`, message: 'has no effect: each job is one replica' }];
  return [...others, ...none, ...ignored];
}

/** No shorter period comes. */
const SHORTEST_MS: Record<string, number> = { Monthly: 28 * DAY_MS, Yearly: 365 * DAY_MS };

function overrideWarnings(override: ScheduledOverride, index: number): FieldWarning[] {
  const { frequency = '', untilTime } = override.recurrenceRule ?? {};
  const { localStart, localEnd } = recurrenceOf(override);
  const path = `spec.scheduledOverrides[${index}]`;
  const overlaps = localEnd - localStart > (SHORTEST_MS[frequency] ?? Number.POSITIVE_INFINITY);
  const setsNothing = override.minReplicas === undefined && override.maxReplicas === undefined;
  const neverHolds = untilTime !== undefined && Date.parse(untilTime) < Date.parse(override.startTime);
  return [
    ...(overlaps
      ? [
          {
            field: `${path}.endTime`,
            message: 'is beyond the next start in short periods; ARC fails then, here it holds on',
          },
        ]
      : []),
    // SCH-7
    ...(setsNothing
      ? [{ field: path, message: 'sets nothing, and keeps later overrides from holding meanwhile' }]
      : []),
    ...(neverHolds
      ? [{ field: `${path}.recurrenceRule.untilTime`, message: 'is before startTime, so the override never holds' }]
      : []),
  ];
}
