/** Kind EphemeralRunnerSet: carries out what `decideRunnerSet` says. */
import { instanceName, type ReconcilerContext } from '../reconcilers/context.ts';
import { startsWork } from '../reconcilers/failed-starts.ts';
import {
  EPHEMERAL_RUNNER_FINALIZER,
  type EphemeralRunner,
  REGISTRATION_FINALIZER,
  runnerAnnotation,
} from '../resources/ephemeral-runner.ts';
import { type EphemeralRunnerSet, RUNNER_SET_FINALIZER } from '../resources/ephemeral-runner-set.ts';
import { isDeleting, keyText, type ObjectKey, ownerReference } from '../resources/object.ts';
import { TEMPLATE_HASH_LABEL } from '../resources/replicated-spec.ts';
import { label, scopeLabels, specHash } from '../resources/scale-set-spec.ts';
import { decideRunnerSet, type RunnerSetDecision } from './decide-runner-set.ts';

const COMPONENT = 'ephemeralrunnerset-controller';

export async function reconcileRunnerSet(context: ReconcilerContext, key: ObjectKey): Promise<void> {
  const { store, clock, scaleSets, sightings } = context;
  const set = store.find(key) as EphemeralRunnerSet | undefined;
  if (!set) return;
  const runners = store.ownedBy(set.metadata.uid, 'ephemeralrunners') as EphemeralRunner[];
  if (isDeleting(set)) {
    finish(context, set, runners);
    return;
  }
  const decision = decideRunnerSet(
    {
      desired: set.spec.replicas ?? 0,
      hash: specHash(set.spec.ephemeralRunnerSpec),
      outdatedHash: set.status?.outdatedHash,
      runners,
      isOnline: (runner) => sightings.of(instanceName(runner))?.wasOnline === true,
      breaker: scaleSets.breaker.state(set.metadata.uid),
    },
    clock.now(),
  );
  carryOut(context, set, decision);
}

function carryOut(context: ReconcilerContext, set: EphemeralRunnerSet, decision: RunnerSetDecision): void {
  const { store, queue, scaleSets } = context;
  const { namespace, name } = set.metadata;
  if (decision.isProven) startsWork(context, { uid: set.metadata.uid, breaker: scaleSets.breaker });
  for (const runner of decision.letGo) letGo(context, namespace, runner);
  for (let number = 0; number < decision.create; number++) createRunner(context, set);
  const key = { plural: 'ephemeralrunnersets', namespace, name };
  if (decision.againAtMs !== undefined) queue.addAt(keyText(key), decision.againAtMs);
  tellOutdated(context, set, decision);
  const isUnchanged = decision.create === 0 && decision.letGo.length === 0;
  // After a change the runners wake this set again, and the counts are written then.
  const status = isUnchanged ? decision.status : { ...set.status, ...outdatedOf(decision) };
  const current = store.find(key) as EphemeralRunnerSet | undefined;
  if (current) store.update('ephemeralrunnersets', { ...current, status });
}

const outdatedOf = ({ status: { phase, outdatedHash } }: RunnerSetDecision) => ({ phase, outdatedHash });

function tellOutdated({ events }: ReconcilerContext, set: EphemeralRunnerSet, { status }: RunnerSetDecision): void {
  if (status.phase !== 'Outdated' || set.status?.phase === 'Outdated') return;
  const text = "The runner's version is no longer taken by the server. Nothing is started until the spec changes.";
  events.record(set, 'Warning', 'RunnerOutdated', text, COMPONENT);
}

function finish(context: ReconcilerContext, set: EphemeralRunnerSet, runners: EphemeralRunner[]): void {
  const { store, queue } = context;
  for (const { metadata } of runners) {
    letGo(context, metadata.namespace, metadata.name);
    queue.add(keyText({ plural: 'ephemeralrunners', namespace: metadata.namespace, name: metadata.name }));
  }
  const { namespace, name } = set.metadata;
  if (store.ownedBy(set.metadata.uid, 'ephemeralrunners').length > 0) return;
  const current = store.find({ plural: 'ephemeralrunnersets', namespace, name });
  if (!current) return;
  const finalizers = current.metadata.finalizers?.filter((finalizer) => finalizer !== RUNNER_SET_FINALIZER);
  context.scaleSets.breaker.worked(set.metadata.uid);
  context.troubles.forget(`start:${set.metadata.uid}`);
  store.update('ephemeralrunnersets', { ...current, metadata: { ...current.metadata, finalizers } });
}

/** A deletion, which the finalizers make a drain. */
function letGo({ store }: ReconcilerContext, namespace: string, name: string): void {
  const key = { plural: 'ephemeralrunners', namespace, name };
  const runner = store.find(key);
  if (runner && !isDeleting(runner)) store.delete(key);
}

function createRunner({ store }: ReconcilerContext, set: EphemeralRunnerSet): void {
  const { ephemeralRunnerSpec: spec, ephemeralRunnerMetadata: own, patchID = 0 } = set.spec;
  const { name, namespace, labels = {} } = set.metadata;
  store.create('ephemeralrunners', {
    apiVersion: set.apiVersion,
    kind: 'EphemeralRunner',
    metadata: {
      generateName: `${name}-runner-`,
      namespace,
      labels: {
        ...spec.metadata?.labels,
        ...own?.labels,
        ...scopeLabels(spec.githubConfigUrl),
        ...pick(labels, [label.partOf, label.scaleSetName, label.scaleSetNamespace]),
        [label.component]: 'runner',
        [TEMPLATE_HASH_LABEL]: specHash(spec),
      },
      annotations: { ...spec.metadata?.annotations, ...own?.annotations, [runnerAnnotation.patchId]: String(patchID) },
      finalizers: [EPHEMERAL_RUNNER_FINALIZER, REGISTRATION_FINALIZER],
      ownerReferences: [ownerReference(set)],
    },
    spec,
    status: { phase: 'Pending', ready: false },
  });
}

const pick = (labels: Record<string, string>, names: string[]): Record<string, string> =>
  Object.fromEntries(Object.entries(labels).filter(([name]) => names.includes(name)));
