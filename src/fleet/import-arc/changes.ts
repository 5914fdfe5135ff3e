/** What is met in another way here, as far as an object's own YAML asks for it. Decisions: fleet-semantics 12. Pure. */
import { type ArcObject, at, type Fields, isFields, type Note, namespaceOf } from './types.ts';

export interface Changed {
  object: ArcObject;
  notes: Note[];
}

const change = (field: string, message: string): Note => ({ type: 'change', field, message });

/** @param all what is imported with it; @param isLive from a cluster, so that the spec holds state too */
export function changed(object: ArcObject, all: ArcObject[], isLive: boolean): Changed {
  switch (object.kind) {
    case 'HorizontalRunnerAutoscaler':
      return ofAutoscaler(object, all, isLive);
    case 'RunnerDeployment':
    case 'RunnerSet':
      return ofReplicated(object, all);
    case 'AutoscalingRunnerSet':
      return ofScaleSet(object);
    default:
      return { object, notes: [] };
  }
}

const MONTHS_AND_YEARS = ['Monthly', 'Yearly'];

function ofAutoscaler(object: ArcObject, all: ArcObject[], isLive: boolean): Changed {
  const { capacityReservations, ...rest } = fieldsOf(object.spec);
  const notes: Note[] = [];
  const dropsState = isLive && listOf(capacityReservations).length > 0;
  if (dropsState) {
    notes.push(change('spec.capacityReservations', 'left out: they are for jobs that the old controller was told of'));
  }
  for (const [index, metric] of listOf(rest.metrics).entries()) {
    if (at(metric, 'type') !== 'TotalNumberOfQueuedAndInProgressWorkflowRuns') continue;
    // D-4
    notes.push(
      change(`spec.metrics[${index}]`, 'jobs are counted from what is told of them, without asking every minute'),
    );
  }
  for (const [index, trigger] of listOf(rest.scaleUpTriggers).entries()) {
    if (!isFields(at(trigger, 'githubEvent', 'workflowJob'))) continue;
    // D-7, D-8
    const message =
      'a job holds its replica until it ends, and a webhook that was missed is made up for; duration counts only for jobs that nothing else is known of';
    notes.push(change(`spec.scaleUpTriggers[${index}]`, message));
  }
  for (const [index, override] of listOf(rest.scheduledOverrides).entries()) {
    const frequency = String(at(override, 'recurrenceRule', 'frequency') ?? '');
    if (!MONTHS_AND_YEARS.includes(frequency)) continue;
    // D-12
    const message = `${frequency} recurs by the calendar of the written offset; timeZone names a zone instead`;
    notes.push(change(`spec.scheduledOverrides[${index}]`, message));
  }
  return { object: dropsState ? { ...object, spec: rest } : object, notes: [...notes, ...missingTarget(object, all)] };
}

function missingTarget(object: ArcObject, all: ArcObject[]): Note[] {
  if (all.some((one) => isTarget(object, one))) return [];
  const { kind = DEFAULT_TARGET, name } = fieldsOf(at(object, 'spec', 'scaleTargetRef'));
  const message = `${String(kind)} ${String(name)} is not among what was imported`;
  return [{ type: 'missing', field: 'spec.scaleTargetRef.name', message }];
}

const DEFAULT_TARGET = 'RunnerDeployment';

function isTarget(autoscaler: ArcObject, object: ArcObject): boolean {
  if (autoscaler.kind !== 'HorizontalRunnerAutoscaler' || namespaceOf(autoscaler) !== namespaceOf(object)) return false;
  const { kind = DEFAULT_TARGET, name } = fieldsOf(at(autoscaler, 'spec', 'scaleTargetRef'));
  return object.kind === kind && object.metadata.name === name;
}

/** An autoscaler writes both fields, and ARC's has written its own. */
function ofReplicated(object: ArcObject, all: ArcObject[]): Changed {
  const { replicas, effectiveTime: _written, ...spec } = fieldsOf(object.spec);
  const autoscaler = all.find((one) => isTarget(one, object));
  if (!autoscaler) return { object, notes: [] };
  const message = `left out: ${autoscaler.metadata.name} sets it, and each apply would set it back`;
  const notes = replicas === undefined ? [] : [change('spec.replicas', message)];
  return { object: isFields(object.spec) ? { ...object, spec } : object, notes };
}

/** Of the listener's pod and its rights, and of children's. */
const LISTENER_FIELDS = /^(?:listener[A-Z]|autoscalingListener$|ephemeralRunnerConfigSecretMetadata$)/;

/** Accounts that the chart makes for runners. */
const CHART_ACCOUNT = /-gha-rs-(?:no-permission|kube-mode)$/;

function ofScaleSet(object: ArcObject): Changed {
  const spec = fieldsOf(object.spec);
  const dropped = Object.keys(spec).filter((field) => LISTENER_FIELDS.test(field));
  const kept = Object.fromEntries(Object.entries(spec).filter(([field]) => !dropped.includes(field)));
  // D-25
  const notes = dropped.map((field) => change(`spec.${field}`, 'left out: the fleet itself listens, in no pod'));
  return { object: { ...object, spec: withoutChartAccount(kept, notes) }, notes };
}

function withoutChartAccount(spec: Fields, notes: Note[]): Fields {
  const template = fieldsOf(spec.template);
  const { serviceAccountName, ...pod } = fieldsOf(template.spec);
  if (!CHART_ACCOUNT.test(String(serviceAccountName))) return spec;
  notes.push(change('spec.template.spec.serviceAccountName', 'left out: made by the chart for rights in the cluster'));
  return { ...spec, template: { ...template, spec: pod } };
}

const fieldsOf = (value: unknown): Fields => (isFields(value) ? value : {});
const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

const LEGACY_RUNNERS = ['RunnerDeployment', 'RunnerSet', 'RunnerReplicaSet', 'Runner'];

/** What is different whatever the YAML says: D-5, D-10, D-15, then D-23, D-26. */
export function changesEverywhere(objects: ArcObject[]): string[] {
  const has = (...kinds: string[]): boolean => objects.some(({ kind }) => kinds.includes(kind));
  return [
    ...(has(...LEGACY_RUNNERS)
      ? [
          'Each runner is given a configuration of its own, usable once; no registration token lies in a pod or a status.',
          "Labels are compared without regard to case; those of the operating system and the architecture are the runner's own.",
          'Idle runners go first, and never one with a job, whatever the count says.',
        ]
      : []),
    ...(has('AutoscalingRunnerSet')
      ? [
          'A runner that failed to start holds no place of its scale set.',
          'A changed template replaces idle runners at once, and busy ones after their jobs.',
        ]
      : []),
  ];
}
