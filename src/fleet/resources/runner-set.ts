/**
 * Kind RunnerSet: ARC's other way to keep runners, by StatefulSets, for volumes that outlive runners. Source:
 * fleet-semantics 1.7. Runners here are the same as a RunnerDeployment's; what a StatefulSet adds is told to be without
 * effect.
 */
import { z } from 'zod';
import { type FieldCause, invalidValue } from './field-errors.ts';
import { AGE, type FieldWarning, type Kind } from './kind.ts';
import { LEGACY_GROUP, type StoredObject } from './object.ts';
import { type CarriedPod, carryPod, checkPodTemplate, PodTemplate } from './pod-template.ts';
import { LabelSelector, type RunnerTemplate } from './replicated-spec.ts';
import { checkRunnerSpec, RunnerConfig, RunnerSpec } from './runner-spec.ts';

/** Fields of an apps/v1 StatefulSetSpec that say how pods and volumes are kept. */
const statefulFields = {
  serviceName: z.string().optional(),
  volumeClaimTemplates: z.array(z.record(z.string(), z.unknown())).optional(),
  podManagementPolicy: z.string().optional(),
  updateStrategy: z.record(z.string(), z.unknown()).optional(),
  revisionHistoryLimit: z.int().optional(),
  minReadySeconds: z.int().optional(),
  persistentVolumeClaimRetentionPolicy: z.record(z.string(), z.unknown()).optional(),
  ordinals: z.record(z.string(), z.unknown()).optional(),
};

/** Demanded by ARC's schema, and harmless: nobody expects a Service of it. */
const SILENT = ['serviceName'];

const RunnerSetSpec = z.looseObject({
  ...RunnerConfig,
  ...statefulFields,
  serviceAccountName: RunnerSpec.shape.serviceAccountName,
  workVolumeClaimTemplate: RunnerSpec.shape.workVolumeClaimTemplate,
  replicas: z.int().min(0).optional(),
  /** Written by an autoscaler: when it last changed `replicas`. */
  effectiveTime: z.iso.datetime({ offset: true }).optional(),
  selector: LabelSelector.optional(),
  template: PodTemplate.optional(),
});
export type RunnerSetSpec = z.infer<typeof RunnerSetSpec>;

export interface RunnerSetStatus {
  replicas: number;
  updatedReplicas: number;
  desiredReplicas: number;
  availableReplicas: number;
  readyReplicas: number;
}

export interface RunnerSet extends StoredObject {
  spec: RunnerSetSpec;
  status?: RunnerSetStatus;
}

export const RUNNER_SET_LABEL = 'runnerset-name';

const POD = 'spec.template.spec';

/** The container of Docker in Docker, whose settings a RunnerSpec has in fields of its own. */
const DOCKER_CONTAINER = 'docker';

/** What every runner of the set is. */
export function runnerTemplateOf(spec: RunnerSetSpec): RunnerTemplate {
  return { metadata: spec.template?.metadata, spec: runnerSpecOf(spec).spec };
}

function runnerSpecOf(spec: RunnerSetSpec): CarriedPod {
  const { spec: pod = {}, ...template } = spec.template ?? {};
  const containers = pod.containers?.filter(({ name }) => name !== DOCKER_CONTAINER);
  const carried = carryPod({ ...template, spec: { ...pod, ...(containers && { containers }) } }, POD);
  // Whether there is Docker, and the mode, are fields of the set itself.
  const { dockerEnabled, containerMode, ...fromPod } = carried.spec;
  const runner = { ...fromPod, ...dockerSettings(spec), ...own(spec) };
  return {
    ...carried,
    spec: runner,
    pathOf: (field) => (isOwn(spec, field) ? `spec.${field}` : carried.pathOf(field)),
  };
}

const OWN_FIELDS = [...Object.keys(RunnerConfig), 'serviceAccountName', 'workVolumeClaimTemplate'];

const isOwn = (spec: RunnerSetSpec, field: string): boolean => {
  const [name = ''] = field.split(/[.[]/);
  return OWN_FIELDS.includes(name) && spec[name] !== undefined;
};

const own = (spec: RunnerSetSpec): Partial<RunnerSpec> =>
  Object.fromEntries(OWN_FIELDS.filter((name) => spec[name] !== undefined).map((name) => [name, spec[name]]));

function dockerSettings({ template }: RunnerSetSpec): Partial<RunnerSpec> {
  const docker = template?.spec?.containers?.find(({ name }) => name === DOCKER_CONTAINER);
  if (!docker) return {};
  const { resources, env, volumeMounts } = docker;
  const settings = { dockerdContainerResources: resources, dockerEnv: env, dockerVolumeMounts: volumeMounts };
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}

export const runnerSetKind: Kind = {
  group: LEGACY_GROUP,
  kind: 'RunnerSet',
  plural: 'runnersets',
  singular: 'runnerset',
  shortNames: [],
  spec: RunnerSetSpec,
  isScalable: true,
  columns: [
    { name: 'Desired', type: 'integer', path: ['spec', 'replicas'] },
    { name: 'Current', type: 'integer', path: ['status', 'replicas'] },
    { name: 'Up-To-Date', type: 'integer', path: ['status', 'updatedReplicas'] },
    { name: 'Available', type: 'integer', path: ['status', 'availableReplicas'] },
    AGE,
  ],
  check: (spec) => check(spec as RunnerSetSpec),
  warnings: ({ spec }) => warningsOf(spec as RunnerSetSpec),
  runnerSpec: (spec) => ({ path: POD, ...runnerSpecOf(spec as RunnerSetSpec) }),
};

function check(spec: RunnerSetSpec): FieldCause[] {
  const labels = spec.template?.metadata?.labels ?? {};
  const wanted = Object.entries(spec.selector?.matchLabels ?? {});
  const hasRunner = spec.template?.spec?.containers?.some(({ name }) => name === 'runner') ?? false;
  const causes = [
    ...checkRunnerSpec(runnerSpecOf(spec).spec, 'spec'),
    // Unlike a scale set's, the runner's own container may be left out.
    ...(hasRunner ? checkPodTemplate(spec.template ?? {}, POD) : []),
  ];
  if (wanted.every(([name, value]) => labels[name] === value)) return causes;
  const problem = 'spec.selector.matchLabels must be among these labels';
  return [...causes, invalidValue('spec.template.metadata.labels', labels, problem)];
}

function warningsOf(spec: RunnerSetSpec): FieldWarning[] {
  const ofStatefulSet = Object.keys(statefulFields)
    .filter((field) => spec[field] !== undefined && !SILENT.includes(field))
    .map((field) => ({
      field: `spec.${field}`,
      message:
        'has no effect: there is no StatefulSet; a volume that outlives its runner is a persistentVolumeClaim in `volumes`',
    }));
  return [...ofStatefulSet, ...runnerSpecOf(spec).left];
}
