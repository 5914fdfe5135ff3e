/** Kind RunnerDeployment: what people write; rolls from one RunnerReplicaSet to the next. Source: fleet-semantics 1.6. */
import { AGE, type Kind, scopeColumns } from './kind.ts';
import { LEGACY_GROUP, type StoredObject } from './object.ts';
import { checkReplicatedSpec, ReplicatedSpec } from './replicated-spec.ts';

export interface RunnerDeploymentStatus {
  replicas: number;
  updatedReplicas: number;
  availableReplicas: number;
  readyReplicas: number;
  desiredReplicas: number;
}

export interface RunnerDeployment extends StoredObject {
  spec: ReplicatedSpec;
  status?: RunnerDeploymentStatus;
}

export const runnerDeploymentKind: Kind = {
  group: LEGACY_GROUP,
  kind: 'RunnerDeployment',
  plural: 'runnerdeployments',
  singular: 'runnerdeployment',
  shortNames: ['rdeploy'],
  spec: ReplicatedSpec,
  isScalable: true,
  columns: [
    ...scopeColumns('spec', 'template', 'spec'),
    { name: 'Desired', type: 'integer', path: ['spec', 'replicas'] },
    { name: 'Current', type: 'integer', path: ['status', 'replicas'] },
    { name: 'Up-To-Date', type: 'integer', path: ['status', 'updatedReplicas'] },
    { name: 'Available', type: 'integer', path: ['status', 'availableReplicas'] },
    AGE,
  ],
  check: (spec) => checkReplicatedSpec(spec as ReplicatedSpec),
  runnerSpec: (spec) => ({ path: 'spec.template.spec', spec: (spec as ReplicatedSpec).template.spec }),
};
