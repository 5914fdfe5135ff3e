/** Carries out what `decideDeployment` says. */
import { isDeleting, type ObjectKey, ownerReference } from '../resources/object.ts';
import { DEPLOYMENT_LABEL, desiredReplicas, TEMPLATE_HASH_LABEL } from '../resources/replicated-spec.ts';
import type { RunnerDeployment } from '../resources/runner-deployment.ts';
import type { RunnerReplicaSet } from '../resources/runner-replica-set.ts';
import type { ReconcilerContext } from './context.ts';
import { type DeploymentAction, decideDeployment } from './decide-deployment.ts';

export async function reconcileDeployment(context: ReconcilerContext, key: ObjectKey): Promise<void> {
  const { store } = context;
  const deployment = store.find(key) as RunnerDeployment | undefined;
  if (!deployment || isDeleting(deployment)) return;
  const sets = store.ownedBy(deployment.metadata.uid, 'runnerreplicasets') as RunnerReplicaSet[];
  const { actions, status } = decideDeployment(deployment, sets);
  for (const action of actions) carryOut(context, deployment, action);
  store.update(key.plural, { ...deployment, status });
}

function carryOut(context: ReconcilerContext, deployment: RunnerDeployment, action: DeploymentAction): void {
  const { store, events } = context;
  const { namespace } = deployment.metadata;
  const plural = 'runnerreplicasets';
  switch (action.kind) {
    case 'create-set':
      createSet(context, deployment, action.hash);
      return;
    case 'update-set':
      store.update(plural, { ...store.get({ plural, namespace, name: action.name }), spec: action.spec });
      return;
    case 'delete-set': {
      store.delete({ plural, namespace, name: action.name });
      const text = `Deleted runnerreplicaset '${action.name}'`;
      events.record(deployment, 'Normal', 'RunnerReplicaSetDeleted', text, 'runnerdeployment-controller');
    }
  }
}

function createSet({ store }: ReconcilerContext, deployment: RunnerDeployment, hash: string): void {
  const { name, namespace } = deployment.metadata;
  const { spec } = deployment;
  const own = { [DEPLOYMENT_LABEL]: name, [TEMPLATE_HASH_LABEL]: hash };
  store.create('runnerreplicasets', {
    apiVersion: deployment.apiVersion,
    kind: 'RunnerReplicaSet',
    metadata: {
      generateName: `${name}-`,
      namespace,
      labels: { ...spec.template.metadata?.labels, ...own },
      ownerReferences: [ownerReference(deployment)],
    },
    spec: { ...spec, replicas: desiredReplicas(spec) },
  });
}
