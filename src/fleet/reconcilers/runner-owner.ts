/** What a RunnerReplicaSet and a RunnerSet do alike: carry out what `decideReplicaSet` says of the Runners they own. */
import { placeOf } from '../credentials/place.ts';
import { isDeleting, keyText, type ObjectKey, ownerReference, type StoredObject } from '../resources/object.ts';
import { type RunnerTemplate, TEMPLATE_HASH_LABEL, templateHash } from '../resources/replicated-spec.ts';
import { annotation, RUNNER_FINALIZER, type Runner } from '../resources/runner.ts';
import type { ReconcilerContext } from './context.ts';
import { decideReplicaSet, type ReplicaSetDecision } from './decide-replica-set.ts';

export interface RunnerOwner {
  desired: number;
  template: RunnerTemplate;
  /** Of its Runners, beside those of the template. */
  labels: Record<string, string>;
  status(counts: ReplicaSetDecision['status'], runners: Runner[]): unknown;
}

export async function reconcileRunnerOwner<O extends StoredObject>(
  context: ReconcilerContext,
  key: ObjectKey,
  ownerOf: (object: O) => RunnerOwner,
): Promise<void> {
  const object = context.store.find(key) as O | undefined;
  if (!object) return;
  let decision = decide(context, object, ownerOf(object));
  if (isDeleting(object)) decision = { ...decision, create: 0, letGo: [] };
  if (decision.letGo.length > 0) {
    // What is known about busy may be seconds old: the choice of whom to let go is worth one look.
    await context.observer.look(placeOf(key.namespace, ownerOf(object).template.spec));
    const current = context.store.find(key) as O | undefined;
    if (!current || isDeleting(current)) return;
    decision = decide(context, current, ownerOf(current));
  }
  const latest = context.store.get(key) as O;
  carryOut(context, key, latest, ownerOf(latest), decision);
}

const runnersOf = ({ store }: ReconcilerContext, { metadata }: StoredObject): Runner[] =>
  store.ownedBy(metadata.uid, 'runners') as Runner[];

function decide(
  context: ReconcilerContext,
  object: StoredObject,
  { desired, template }: RunnerOwner,
): ReplicaSetDecision {
  const state = {
    desired,
    templateHash: templateHash(template),
    runners: runnersOf(context, object),
    breaker: context.startBreaker.state(object.metadata.uid),
  };
  return decideReplicaSet(state, context.clock.now());
}

function carryOut(
  context: ReconcilerContext,
  key: ObjectKey,
  object: StoredObject,
  owner: RunnerOwner,
  decision: ReplicaSetDecision,
): void {
  const { store, queue, clock } = context;
  for (const name of decision.letGo) {
    const { namespace } = key;
    if (!store.find({ plural: 'runners', namespace, name })) continue;
    const annotations = { [annotation.unregistrationRequest]: new Date(clock.now()).toISOString() };
    store.delete({ plural: 'runners', namespace, name }, { annotations });
  }
  for (let number = 0; number < decision.create; number++) createRunner(context, object, owner);
  if (decision.againAtMs !== undefined) queue.addAt(keyText(key), decision.againAtMs);
  const isUnchanged = decision.create === 0 && decision.letGo.length === 0;
  // After a change the new Runners wake their owner again, and the status is written then.
  if (!isUnchanged) return;
  store.update(key.plural, { ...object, status: owner.status(decision.status, runnersOf(context, object)) });
}

function createRunner({ store, clock }: ReconcilerContext, object: StoredObject, { template, labels }: RunnerOwner) {
  const { name, namespace } = object.metadata;
  store.create('runners', {
    apiVersion: object.apiVersion,
    kind: 'Runner',
    metadata: {
      generateName: `${name}-`,
      namespace,
      labels: { ...template.metadata?.labels, ...labels, [TEMPLATE_HASH_LABEL]: templateHash(template) },
      annotations: { ...template.metadata?.annotations, [annotation.syncTime]: new Date(clock.now()).toISOString() },
      finalizers: [RUNNER_FINALIZER],
      ownerReferences: [ownerReference(object)],
    },
    spec: template.spec,
    status: { phase: 'Pending' },
  });
}
