/** Kind EphemeralRunnerSet: as many EphemeralRunners as the listener of its scale set wants. Source: fleet-semantics 11.1. */
import { z } from 'zod';
import { checkEphemeralRunnerSpec, EphemeralRunnerSpec } from './ephemeral-runner.ts';
import type { Kind } from './kind.ts';
import { SCALE_SET_GROUP, type StoredObject } from './object.ts';
import { connectionWarnings, ResourceMeta, runnerSpecOf } from './scale-set-spec.ts';

export const EphemeralRunnerSetSpec = z.looseObject({
  replicas: z.int().min(0).optional(),
  /** Counts the evaluations of the set: it grows whenever new statistics were heard. */
  patchID: z.int().min(0).optional(),
  ephemeralRunnerSpec: EphemeralRunnerSpec,
  ephemeralRunnerMetadata: ResourceMeta.optional(),
});
export type EphemeralRunnerSetSpec = z.infer<typeof EphemeralRunnerSetSpec>;

export interface EphemeralRunnerSetStatus {
  currentReplicas?: number;
  pendingEphemeralRunners?: number;
  runningEphemeralRunners?: number;
  failedEphemeralRunners?: number;
  finishedEphemeralRunners?: number;
  deletingEphemeralRunners?: number;
  phase?: 'Running' | 'Outdated';
  /** Hash of the runners' spec that the server takes no more; the set is outdated while it is the current one. Ours. */
  outdatedHash?: string;
}

export interface EphemeralRunnerSet extends StoredObject {
  spec: EphemeralRunnerSetSpec;
  status?: EphemeralRunnerSetStatus;
}

export const RUNNER_SET_FINALIZER = 'ephemeralrunnerset.actions.github.com/finalizer';

export const ephemeralRunnerSetKind: Kind = {
  group: SCALE_SET_GROUP,
  kind: 'EphemeralRunnerSet',
  plural: 'ephemeralrunnersets',
  singular: 'ephemeralrunnerset',
  shortNames: ['ers'],
  spec: EphemeralRunnerSetSpec,
  columns: [
    { name: 'DesiredReplicas', type: 'integer', path: ['spec', 'replicas'] },
    { name: 'CurrentReplicas', type: 'integer', path: ['status', 'currentReplicas'] },
    { name: 'Pending Runners', type: 'integer', path: ['status', 'pendingEphemeralRunners'] },
    { name: 'Running Runners', type: 'integer', path: ['status', 'runningEphemeralRunners'] },
    { name: 'Finished Runners', type: 'integer', path: ['status', 'finishedEphemeralRunners'] },
    { name: 'Deleting Runners', type: 'integer', path: ['status', 'deletingEphemeralRunners'] },
    { name: 'Phase', type: 'string', path: ['status', 'phase'] },
  ],
  check: (spec) =>
    checkEphemeralRunnerSpec((spec as EphemeralRunnerSetSpec).ephemeralRunnerSpec, 'spec.ephemeralRunnerSpec'),
  warnings: ({ spec }) => {
    const { ephemeralRunnerSpec: inner } = spec as EphemeralRunnerSetSpec;
    return [...connectionWarnings(inner), ...runnerSpecOf(inner, inner, POD).left];
  },
  runnerSpec: (spec) => {
    const { ephemeralRunnerSpec: inner } = spec as EphemeralRunnerSetSpec;
    return { path: POD, ...runnerSpecOf(inner, inner, POD) };
  },
};

const POD = 'spec.ephemeralRunnerSpec.spec';
