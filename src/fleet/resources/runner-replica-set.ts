/** Kind RunnerReplicaSet: N Runners from one template. Source: fleet-semantics 1.5. */
import { AGE, type Kind } from './kind.ts';
import { LEGACY_GROUP, type StoredObject } from './object.ts';
import { checkReplicatedSpec, ReplicatedSpec } from './replicated-spec.ts';

export interface RunnerReplicaSet extends StoredObject {
  spec: ReplicatedSpec;
  status?: { replicas: number; readyReplicas: number; availableReplicas: number };
}

export const runnerReplicaSetKind: Kind = {
  group: LEGACY_GROUP,
  kind: 'RunnerReplicaSet',
  plural: 'runnerreplicasets',
  singular: 'runnerreplicaset',
  shortNames: ['rrs'],
  spec: ReplicatedSpec,
  isScalable: true,
  columns: [
    { name: 'Desired', type: 'integer', path: ['spec', 'replicas'] },
    { name: 'Current', type: 'integer', path: ['status', 'replicas'] },
    { name: 'Ready', type: 'integer', path: ['status', 'readyReplicas'] },
    AGE,
  ],
  check: (spec) => checkReplicatedSpec(spec as ReplicatedSpec),
  runnerSpec: (spec) => ({ path: 'spec.template.spec', spec: (spec as ReplicatedSpec).template.spec }),
};
