/** Kind AutoscalingRunnerSet: what people write for a runner scale set. Source: fleet-semantics 11.1. */
import { z } from 'zod';
import { type FieldCause, invalidValue } from './field-errors.ts';
import type { FieldWarning, Kind } from './kind.ts';
import { SCALE_SET_GROUP, type StoredObject } from './object.ts';
import { checkPodTemplate, PodTemplate } from './pod-template.ts';
import { checkConfigUrl, connectionFields, connectionWarnings, ResourceMeta, runnerSpecOf } from './scale-set-spec.ts';

/** Of the listener's pod, which does not exist here. */
const listenerFields = {
  autoscalingListener: ResourceMeta.optional(),
  listenerMetrics: z.record(z.string(), z.unknown()).optional(),
  listenerTemplate: PodTemplate.optional(),
  listenerServiceAccountMetadata: ResourceMeta.optional(),
  listenerRoleMetadata: ResourceMeta.optional(),
  listenerRoleBindingMetadata: ResourceMeta.optional(),
  listenerConfigSecretMetadata: ResourceMeta.optional(),
  ephemeralRunnerConfigSecretMetadata: ResourceMeta.optional(),
};

export const AutoscalingRunnerSetSpec = z.looseObject({
  ...connectionFields,
  ...listenerFields,
  runnerGroup: z.string().optional(),
  runnerScaleSetName: z.string().min(1).max(128).optional(),
  runnerScaleSetLabels: z.array(z.string().min(1).max(256)).max(99).optional(),
  template: PodTemplate.optional(),
  ephemeralRunnerSetMetadata: ResourceMeta.optional(),
  ephemeralRunnerMetadata: ResourceMeta.optional(),
  minRunners: z.int().min(0).optional(),
  maxRunners: z.int().min(0).optional(),
});
export type AutoscalingRunnerSetSpec = z.infer<typeof AutoscalingRunnerSetSpec>;

export interface AutoscalingRunnerSetStatus {
  /** `Pending` has no listener yet, `Outdated` has runners of a version that the server takes no more (NEW-11). */
  phase?: 'Pending' | 'Running' | 'Outdated';
  currentRunners?: number;
  pendingEphemeralRunners?: number;
  runningEphemeralRunners?: number;
  failedEphemeralRunners?: number;
  finishedEphemeralRunners?: number;
  deletingEphemeralRunners?: number;
}

export interface AutoscalingRunnerSet extends StoredObject {
  spec: AutoscalingRunnerSetSpec;
  status?: AutoscalingRunnerSetStatus;
}

export const SET_FINALIZER = 'autoscalingrunnerset.actions.github.com/finalizer';

export const setAnnotation = {
  /** Id at the service. */
  id: 'runner-scale-set-id',
  group: 'actions.github.com/runner-group-name',
  name: 'actions.github.com/runner-scale-set-name',
  /** Of the session that the listener has, so that the next one can end it after a crash. */
  session: 'actions.github.com/session-id',
} as const;

/** ARC's values for what is left out. */
export const minRunnersOf = ({ minRunners }: AutoscalingRunnerSetSpec): number => minRunners ?? 0;
export const maxRunnersOf = ({ maxRunners }: AutoscalingRunnerSetSpec): number => maxRunners ?? 2_147_483_647;
export const scaleSetNameOf = ({ spec, metadata }: AutoscalingRunnerSet): string =>
  spec.runnerScaleSetName ?? metadata.name;

const POD = 'spec.template.spec';

export const autoscalingRunnerSetKind: Kind = {
  group: SCALE_SET_GROUP,
  kind: 'AutoscalingRunnerSet',
  plural: 'autoscalingrunnersets',
  singular: 'autoscalingrunnerset',
  shortNames: ['ars'],
  spec: AutoscalingRunnerSetSpec,
  columns: [
    { name: 'Minimum Runners', type: 'integer', path: ['spec', 'minRunners'] },
    { name: 'Maximum Runners', type: 'integer', path: ['spec', 'maxRunners'] },
    { name: 'Current Runners', type: 'integer', path: ['status', 'currentRunners'] },
    { name: 'Phase', type: 'string', path: ['status', 'phase'] },
    { name: 'Pending Runners', type: 'integer', path: ['status', 'pendingEphemeralRunners'] },
    { name: 'Running Runners', type: 'integer', path: ['status', 'runningEphemeralRunners'] },
    { name: 'Finished Runners', type: 'integer', path: ['status', 'finishedEphemeralRunners'] },
    { name: 'Deleting Runners', type: 'integer', path: ['status', 'deletingEphemeralRunners'] },
  ],
  check: (spec) => check(spec as AutoscalingRunnerSetSpec),
  checkChange: ({ spec: before }, { spec: after }) => {
    const { githubConfigUrl: old } = before as AutoscalingRunnerSetSpec;
    const { githubConfigUrl: url } = after as AutoscalingRunnerSetSpec;
    return old === url ? [] : [invalidValue('spec.githubConfigUrl', url, 'field is immutable')];
  },
  warnings: ({ name, spec }, list) => [
    ...warningsOf(spec as AutoscalingRunnerSetSpec),
    ...twinWarnings(name, spec as AutoscalingRunnerSetSpec, list),
  ],
  runnerSpec: (spec) => {
    const { template = {}, ...connection } = spec as AutoscalingRunnerSetSpec;
    return { path: POD, ...runnerSpecOf(connection, template, POD) };
  },
};

function check(spec: AutoscalingRunnerSetSpec): FieldCause[] {
  const causes = checkConfigUrl(spec.githubConfigUrl, 'spec.githubConfigUrl');
  if (minRunnersOf(spec) > maxRunnersOf(spec)) {
    causes.push(invalidValue('spec.maxRunners', spec.maxRunners, 'must be at least minRunners'));
  }
  return [...causes, ...checkPodTemplate(spec.template ?? {}, POD)];
}

/** The service has one scale set of a name at a place and in a group, and lets one listen for it. */
function twinWarnings(
  name: string,
  spec: AutoscalingRunnerSetSpec,
  list: (plural: string) => StoredObject[],
): FieldWarning[] {
  const keyOf = (objectName: string, { githubConfigUrl, runnerGroup, runnerScaleSetName }: AutoscalingRunnerSetSpec) =>
    [githubConfigUrl, runnerGroup || 'default', runnerScaleSetName ?? objectName].join(' ').toLowerCase();
  const twin = (list('autoscalingrunnersets') as AutoscalingRunnerSet[]).find(
    (one) => one.metadata.name !== name && keyOf(one.metadata.name, one.spec) === keyOf(name, spec),
  );
  if (!twin) return [];
  const message = `${twin.metadata.name} is the same scale set at the same place: only one of the two can listen for its jobs`;
  return [{ field: 'spec.runnerScaleSetName', message }];
}

function warningsOf(spec: AutoscalingRunnerSetSpec): FieldWarning[] {
  const ofListener = Object.keys(listenerFields)
    .filter((field) => spec[field] !== undefined)
    .map((field) => ({
      field: `spec.${field}`,
      message: 'has no effect: the fleet itself listens, in no pod and with no objects of its own',
    }));
  return [...connectionWarnings(spec), ...ofListener, ...runnerSpecOf(spec, spec.template ?? {}, POD).left];
}
