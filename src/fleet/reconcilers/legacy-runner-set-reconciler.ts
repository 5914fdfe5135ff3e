/** A RunnerSet owns its Runners directly: there are no StatefulSets and no volumes between them (fleet-semantics 2.6). */
import type { ObjectKey } from '../resources/object.ts';
import { desiredReplicas, TEMPLATE_HASH_LABEL, templateHash } from '../resources/replicated-spec.ts';
import { isOver } from '../resources/runner.ts';
import { RUNNER_SET_LABEL, type RunnerSet, type RunnerSetStatus, runnerTemplateOf } from '../resources/runner-set.ts';
import type { ReconcilerContext } from './context.ts';
import { reconcileRunnerOwner } from './runner-owner.ts';

export function reconcileLegacyRunnerSet(context: ReconcilerContext, key: ObjectKey): Promise<void> {
  return reconcileRunnerOwner(context, key, ({ spec, metadata }: RunnerSet) => {
    const template = runnerTemplateOf(spec);
    const hash = templateHash(template);
    return {
      desired: desiredReplicas(spec),
      template,
      labels: { [RUNNER_SET_LABEL]: metadata.name },
      status: (counts, runners): RunnerSetStatus => ({
        ...counts,
        updatedReplicas: runners.filter(
          (runner) => !isOver(runner) && runner.metadata.labels?.[TEMPLATE_HASH_LABEL] === hash,
        ).length,
        desiredReplicas: desiredReplicas(spec),
      }),
    };
  });
}
