/** Carries out what `decideReplicaSet` says. */
import { placeOf } from '../credentials/place.ts';
import { isDeleting, keyText, type ObjectKey, ownerReference } from '../resources/object.ts';
import { DEPLOYMENT_LABEL, desiredReplicas, TEMPLATE_HASH_LABEL, templateHash } from '../resources/replicated-spec.ts';
import { annotation, RUNNER_FINALIZER, type Runner } from '../resources/runner.ts';
import type { RunnerReplicaSet } from '../resources/runner-replica-set.ts';
import type { ReconcilerContext } from './context.ts';
import { decideReplicaSet, type ReplicaSetDecision } from './decide-replica-set.ts';

export async function reconcileReplicaSet(context: ReconcilerContext, key: ObjectKey): Promise<void> {
  const set = context.store.find(key) as RunnerReplicaSet | undefined;
  if (!set) return;
  let decision = decide(context, set);
  if (isDeleting(set)) decision = { ...decision, create: 0, letGo: [] };
  if (decision.letGo.length > 0) {
    // What is known about busy may be seconds old: the choice of whom to let go is worth one look.
    await context.observer.look(placeOf(key.namespace, set.spec.template.spec));
    const current = context.store.find(key) as RunnerReplicaSet | undefined;
    if (!current || isDeleting(current)) return;
    decision = decide(context, current);
  }
  carryOut(context, key, decision);
}

function decide({ store, startBackOff, clock }: ReconcilerContext, set: RunnerReplicaSet): ReplicaSetDecision {
  const state = {
    desired: desiredReplicas(set.spec),
    templateHash: templateHash(set.spec.template),
    runners: store.ownedBy(set.metadata.uid, 'runners') as Runner[],
    createNotBeforeMs: startBackOff.notBeforeMs(set.metadata.uid),
  };
  return decideReplicaSet(state, clock.now());
}

function carryOut(context: ReconcilerContext, key: ObjectKey, decision: ReplicaSetDecision): void {
  const { store, queue, clock } = context;
  const set = store.get(key) as RunnerReplicaSet;
  for (const name of decision.letGo) {
    const { namespace } = key;
    if (!store.find({ plural: 'runners', namespace, name })) continue;
    const annotations = { [annotation.unregistrationRequest]: new Date(clock.now()).toISOString() };
    store.delete({ plural: 'runners', namespace, name }, { annotations });
  }
  for (let number = 0; number < decision.create; number++) createRunner(context, set);
  if (decision.againAtMs !== undefined) queue.addAt(keyText(key), decision.againAtMs);
  const isUnchanged = decision.create === 0 && decision.letGo.length === 0;
  // After a change the new Runners wake this set again, and the status is written then.
  if (isUnchanged) store.update(key.plural, { ...set, status: decision.status });
}

function createRunner({ store, clock }: ReconcilerContext, set: RunnerReplicaSet): void {
  const { template } = set.spec;
  const deployment = set.metadata.labels?.[DEPLOYMENT_LABEL];
  store.create('runners', {
    apiVersion: set.apiVersion,
    kind: 'Runner',
    metadata: {
      generateName: `${set.metadata.name}-`,
      namespace: set.metadata.namespace,
      labels: {
        ...template.metadata?.labels,
        ...(deployment === undefined ? {} : { [DEPLOYMENT_LABEL]: deployment }),
        [TEMPLATE_HASH_LABEL]: templateHash(template),
      },
      annotations: { ...template.metadata?.annotations, [annotation.syncTime]: new Date(clock.now()).toISOString() },
      finalizers: [RUNNER_FINALIZER],
      ownerReferences: [ownerReference(set)],
    },
    spec: template.spec,
    status: { phase: 'Pending' },
  });
}
