/** Kind HorizontalRunnerAutoscaler: how many replicas its target is given. Source: fleet-semantics 1.8 and 1.9. */
import type { RunnerScope } from '../../protocol/github/runner-scope.ts';
import { policyProblems, targetProblem } from '../autoscaling/check-policy.ts';
import { annotationProblems, annotationWarnings } from '../autoscaling/counting-rules.ts';
import { policyWarnings } from '../autoscaling/policy-warnings.ts';
import type { Reason } from '../autoscaling/reason.ts';
import { AutoscalerSpec } from './autoscaler-spec.ts';
import { type FieldCause, invalidValue, requiredValue } from './field-errors.ts';
import type { FieldWarning, Kind } from './kind.ts';
import { LEGACY_GROUP, pluralOf, type StoredObject } from './object.ts';
import { type RunnerSpec, scopeOf } from './runner-spec.ts';

export interface AutoscalerStatus {
  desiredReplicas?: number;
  /** Starts the cool-down (HRA-12). */
  lastSuccessfulScaleOutTime?: string;
  /** Text of the SCHEDULE column (fleet-semantics 3.9). */
  scheduledOverridesSummary?: string;
  /** Ours: the next change by the schedule, however far away, in the schedule's clocks and UTC (D-12, D-13). */
  nextScheduledChange?: string;
  /** Ours: what led to `desiredReplicas`. */
  reasons?: Reason[];
  /** Ours: what can be foreseen to change it, soonest first. */
  nextChanges?: { time: string; what: string; desiredReplicas?: number }[];
  /** Ours: the last round of PercentageRunnersBusy. Its result holds until the next. */
  round?: { time: string; suggestion: number; reason: Reason };
  /** Ours: why nothing is scaled. */
  problem?: string;
}

export interface HorizontalRunnerAutoscaler extends StoredObject {
  spec: AutoscalerSpec;
  status?: AutoscalerStatus;
}

export const autoscalerKind: Kind = {
  group: LEGACY_GROUP,
  kind: 'HorizontalRunnerAutoscaler',
  plural: 'horizontalrunnerautoscalers',
  singular: 'horizontalrunnerautoscaler',
  shortNames: ['hra'],
  spec: AutoscalerSpec,
  columns: [
    { name: 'Min', type: 'integer', path: ['spec', 'minReplicas'] },
    { name: 'Max', type: 'integer', path: ['spec', 'maxReplicas'] },
    { name: 'Desired', type: 'integer', path: ['status', 'desiredReplicas'] },
    { name: 'Schedule', type: 'string', path: ['status', 'scheduledOverridesSummary'] },
    { name: 'Next Change', type: 'string', path: ['status', 'nextScheduledChange'], isWide: true },
  ],
  check: (spec, subject) => checkAutoscaler(spec as AutoscalerSpec, subject),
  checkAnnotations: annotationProblems,
  warnings: ({ name, spec, annotations }, list) => [
    ...annotationWarnings(annotations, counts(spec as AutoscalerSpec)),
    ...policyWarnings(spec as AutoscalerSpec),
    ...targetWarnings(name, spec as AutoscalerSpec, list),
  ],
};

function checkAutoscaler(spec: AutoscalerSpec, subject: string): FieldCause[] {
  return policyProblems(spec, subject).map(({ field, value, text }) =>
    value === undefined ? requiredValue(field, text) : invalidValue(field, value, text),
  );
}

const counts = ({ metrics = [] }: AutoscalerSpec): boolean =>
  metrics.some(({ type }) => type === 'TotalNumberOfQueuedAndInProgressWorkflowRuns');

/** Names what the autoscaler scales. */
export const targetOf = ({ scaleTargetRef: { kind = 'RunnerDeployment', name } }: AutoscalerSpec) => ({
  kind,
  plural: pluralOf(kind),
  name,
});

/** Told already when it is applied; the reconciler refuses it. */
function targetWarnings(name: string, spec: AutoscalerSpec, list: (plural: string) => StoredObject[]): FieldWarning[] {
  const target = targetOf(spec);
  const other = (list('horizontalrunnerautoscalers') as HorizontalRunnerAutoscaler[]).find(
    (one) =>
      one.metadata.name !== name &&
      targetOf(one.spec).plural === target.plural &&
      targetOf(one.spec).name === target.name,
  );
  const found = list(target.plural).find(({ metadata }) => metadata.name === target.name);
  const scope = found && scopeOfTarget(target.kind, found);
  const problem = scope && targetProblem(spec, scope);
  const field = 'spec.scaleTargetRef.name';
  return [
    ...(other
      ? [{ field, message: `${target.name} is already scaled by ${other.metadata.name}; the older of the two decides` }]
      : []),
    ...(problem ? [{ field: 'spec.metrics', message: problem }] : []),
  ];
}

/** A RunnerSet says where its runners register beside its pod template, a RunnerDeployment within its template. */
function scopeOfTarget(kind: string, { spec }: StoredObject): RunnerScope {
  if (kind === 'RunnerSet') return scopeOf(spec as RunnerSpec);
  return scopeOf((spec as { template: { spec: RunnerSpec } }).template.spec);
}
