/** Kind EphemeralRunner: one runner of a scale set, for one job. Source: fleet-semantics 11.1 and 11.3. */
import { z } from 'zod';
import type { FieldCause } from './field-errors.ts';
import { AGE, type Kind } from './kind.ts';
import { isDeleting, SCALE_SET_GROUP, type StoredObject } from './object.ts';
import { checkPodTemplate, PodTemplate } from './pod-template.ts';
import { checkConfigUrl, connectionFields, connectionWarnings, ResourceMeta, runnerSpecOf } from './scale-set-spec.ts';

/** ARC puts the pod's template inline: its `metadata` and `spec` are fields of this spec. */
export const EphemeralRunnerSpec = z.looseObject({
  ...connectionFields,
  replicas: z.literal(1).optional(),
  runnerScaleSetId: z.int().positive(),
  proxySecretRef: z.string().optional(),
  ephemeralRunnerConfigSecretMetadata: ResourceMeta.optional(),
  ...PodTemplate.shape,
});
export type EphemeralRunnerSpec = z.infer<typeof EphemeralRunnerSpec>;

/** `Pending` has no job yet, started or not; `Running` has one; the others are over. */
export type EphemeralRunnerPhase = 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Outdated';

export interface EphemeralRunnerStatus {
  phase?: EphemeralRunnerPhase;
  /** Its program has been started. */
  ready?: boolean;
  reason?: string;
  message?: string;
  runnerId?: number;
  runnerName?: string;
  jobRequestId?: number;
  jobId?: string;
  jobRepositoryName?: string;
  jobWorkflowRef?: string;
  workflowRunId?: number;
  jobDisplayName?: string;
  /** How its job ended, as the service said: `succeeded`, `failed`, `canceled`. Ours. */
  jobResult?: string;
  /** When that was heard, RFC 3339. Ours. */
  jobCompletedAt?: string;
  /** It has ended, with a job that the service's statistics may still count. Ours. */
  mayHaveJob?: boolean;
}

export interface EphemeralRunner extends StoredObject {
  spec: EphemeralRunnerSpec;
  status?: EphemeralRunnerStatus;
}

export const EPHEMERAL_RUNNER_FINALIZER = 'ephemeralrunner.actions.github.com/finalizer';
/** There as long as the service may know the runner. */
export const REGISTRATION_FINALIZER = 'ephemeralrunner.actions.github.com/runner-registration-finalizer';

export const runnerAnnotation = {
  /** The evaluation of its set that it was made for. */
  patchId: 'actions.github.com/patch-id',
  /** The service's last refusal to let it go, because it holds a job. */
  refused: 'actions.github.com/unregistration-failure-message',
} as const;

export const hasEnded = ({ status }: EphemeralRunner): boolean =>
  status?.phase === 'Succeeded' || status?.phase === 'Failed' || status?.phase === 'Outdated';

/** Registered, and nothing is known of a job: it may still be lost without a loss. */
export const waitsForJob = (runner: EphemeralRunner): boolean =>
  runner.status?.runnerId !== undefined &&
  runner.status.jobRequestId === undefined &&
  runner.status.jobResult === undefined &&
  runner.metadata.annotations?.[runnerAnnotation.refused] === undefined &&
  !hasEnded(runner) &&
  !isDeleting(runner);

/** Where the pod's spec lies in this kind. */
const POD = 'spec.spec';

export const ephemeralRunnerKind: Kind = {
  group: SCALE_SET_GROUP,
  kind: 'EphemeralRunner',
  plural: 'ephemeralrunners',
  singular: 'ephemeralrunner',
  shortNames: ['er'],
  spec: EphemeralRunnerSpec,
  columns: [
    { name: 'GitHub Config URL', type: 'string', path: ['spec', 'githubConfigUrl'] },
    { name: 'RunnerId', type: 'integer', path: ['status', 'runnerId'] },
    { name: 'Phase', type: 'string', path: ['status', 'phase'] },
    { name: 'JobRepository', type: 'string', path: ['status', 'jobRepositoryName'] },
    { name: 'JobWorkflowRef', type: 'string', path: ['status', 'jobWorkflowRef'] },
    { name: 'WorkflowRunId', type: 'integer', path: ['status', 'workflowRunId'] },
    { name: 'JobDisplayName', type: 'string', path: ['status', 'jobDisplayName'] },
    { name: 'JobId', type: 'string', path: ['status', 'jobId'] },
    { name: 'Message', type: 'string', path: ['status', 'message'] },
    AGE,
  ],
  check: (spec) => checkEphemeralRunnerSpec(spec as EphemeralRunnerSpec, 'spec'),
  warnings: ({ spec }) => {
    const connection = spec as EphemeralRunnerSpec;
    return [...connectionWarnings(connection), ...runnerSpecOf(connection, connection, POD).left];
  },
  runnerSpec: (spec) => {
    const connection = spec as EphemeralRunnerSpec;
    return { path: POD, ...runnerSpecOf(connection, connection, POD) };
  },
};

/** @param path of the spec, such as `spec.ephemeralRunnerSpec` */
export function checkEphemeralRunnerSpec(spec: EphemeralRunnerSpec, path: string): FieldCause[] {
  return [
    ...checkConfigUrl(spec.githubConfigUrl, `${path}.githubConfigUrl`),
    ...checkPodTemplate(spec, `${path}.spec`),
  ];
}
