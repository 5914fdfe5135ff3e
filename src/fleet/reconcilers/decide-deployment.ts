/** What a RunnerDeployment does to its RunnerReplicaSets: RD-1 to RD-7 of fleet-semantics 2.1, pure. */
import { isDeepStrictEqual } from 'node:util';
import { isDeleting } from '../resources/object.ts';
import {
  desiredReplicas,
  type ReplicatedSpec,
  TEMPLATE_HASH_LABEL,
  templateHash,
} from '../resources/replicated-spec.ts';
import type { RunnerDeployment, RunnerDeploymentStatus } from '../resources/runner-deployment.ts';
import type { RunnerReplicaSet } from '../resources/runner-replica-set.ts';

export type DeploymentAction =
  | { kind: 'create-set'; hash: string }
  | { kind: 'update-set'; name: string; spec: ReplicatedSpec }
  | { kind: 'delete-set'; name: string };

export interface DeploymentDecision {
  actions: DeploymentAction[];
  status: RunnerDeploymentStatus;
}

/** @param sets its sets, oldest first (RD-1) */
export function decideDeployment(deployment: RunnerDeployment, sets: RunnerReplicaSet[]): DeploymentDecision {
  const live = sets.filter((set) => !isDeleting(set));
  return { actions: decideActions(deployment, live), status: statusOf(deployment, live) };
}

function decideActions({ spec }: RunnerDeployment, sets: RunnerReplicaSet[]): DeploymentAction[] {
  const newest = sets.at(-1);
  const hash = templateHash(spec.template);
  if (newest?.metadata.labels?.[TEMPLATE_HASH_LABEL] !== hash || !newest) return [{ kind: 'create-set', hash }]; // RD-3
  const { replicas, effectiveTime, selector, template } = newest.spec;
  const next = { ...spec, replicas: desiredReplicas(spec), template };
  const differs = !isDeepStrictEqual(
    [replicas, effectiveTime, selector],
    [next.replicas, next.effectiveTime, next.selector],
  );
  if (differs) return [{ kind: 'update-set', name: newest.metadata.name, spec: next }]; // RD-4, RD-5
  return drainOldSets(newest, sets.slice(0, -1));
}

/** RD-6: old runners stay until as many new ones are ready; then their sets are drained, and go when empty. */
function drainOldSets(newest: RunnerReplicaSet, old: RunnerReplicaSet[]): DeploymentAction[] {
  if ((newest.status?.readyReplicas ?? 0) < desiredReplicas(newest.spec)) return [];
  return old.flatMap((set): DeploymentAction[] => {
    const { name } = set.metadata;
    if (set.spec.replicas !== 0) return [{ kind: 'update-set', name, spec: { ...set.spec, replicas: 0 } }];
    return set.status?.replicas === 0 ? [{ kind: 'delete-set', name }] : [];
  });
}

/** RD-7. */
function statusOf({ spec }: RunnerDeployment, sets: RunnerReplicaSet[]): RunnerDeploymentStatus {
  const available = sum(sets, (set) => set.status?.availableReplicas);
  return {
    replicas: sum(sets, (set) => set.status?.replicas),
    updatedReplicas: sets.at(-1)?.status?.replicas ?? 0,
    availableReplicas: available,
    readyReplicas: available,
    desiredReplicas: desiredReplicas(spec),
  };
}

function sum(sets: RunnerReplicaSet[], count: (set: RunnerReplicaSet) => number | undefined): number {
  let total = 0;
  for (const set of sets) total += count(set) ?? 0;
  return total;
}
