import type { ObjectKey } from '../resources/object.ts';
import { DEPLOYMENT_LABEL, desiredReplicas } from '../resources/replicated-spec.ts';
import type { RunnerReplicaSet } from '../resources/runner-replica-set.ts';
import type { ReconcilerContext } from './context.ts';
import { reconcileRunnerOwner } from './runner-owner.ts';

export function reconcileReplicaSet(context: ReconcilerContext, key: ObjectKey): Promise<void> {
  return reconcileRunnerOwner(context, key, ({ spec, metadata }: RunnerReplicaSet) => {
    const deployment = metadata.labels?.[DEPLOYMENT_LABEL];
    const labels: Record<string, string> = deployment === undefined ? {} : { [DEPLOYMENT_LABEL]: deployment };
    return {
      desired: desiredReplicas(spec),
      template: spec.template,
      labels,
      status: (counts) => counts,
    };
  });
}
