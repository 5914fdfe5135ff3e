/** Kind AutoscalingRunnerSet: its scale set at the service, its EphemeralRunnerSet, and the listener between them. */
import { errorText, UserError } from '../../common/errors.ts';
import {
  createScaleSet,
  deleteScaleSet,
  findScaleSet,
  getScaleSet,
  isAsWanted,
  type ScaleSetConnection,
  scaleSetGroupId,
  updateScaleSet,
} from '../../github/scale-sets/index.ts';
import type { ReconcilerContext } from '../reconcilers/context.ts';
import {
  type AutoscalingRunnerSet,
  type AutoscalingRunnerSetStatus,
  maxRunnersOf,
  SET_FINALIZER,
  scaleSetNameOf,
  setAnnotation,
} from '../resources/autoscaling-runner-set.ts';
import { type EphemeralRunnerSet, RUNNER_SET_FINALIZER } from '../resources/ephemeral-runner-set.ts';
import { controllerOf, isDeleting, keyText, type ObjectKey, ownerReference } from '../resources/object.ts';
import { label, PART_OF, scopeLabels } from '../resources/scale-set-spec.ts';
import { endedRunners, noteEvaluation, writeDesired } from './heard.ts';
import type { ListenerHome } from './listener.ts';

const PLURAL = 'autoscalingrunnersets';
const RUNNER_SETS = 'ephemeralrunnersets';
const COMPONENT = 'autoscalingrunnerset-controller';

export async function reconcileScaleSet(context: ReconcilerContext, key: ObjectKey): Promise<void> {
  const set = context.store.find(key) as AutoscalingRunnerSet | undefined;
  if (!set) return;
  try {
    if (isDeleting(set)) await tearDown(context, set);
    else await bringUp(context, set);
  } catch (error) {
    if (!context.signal.aborted) {
      context.events.record(set, 'Warning', 'ScaleSetFailed', errorText(error), COMPONENT);
    }
    throw error;
  }
}

async function bringUp(context: ReconcilerContext, set: AutoscalingRunnerSet): Promise<void> {
  const { store, scaleSets } = context;
  if (!set.metadata.finalizers?.includes(SET_FINALIZER)) {
    const finalizers = [...(set.metadata.finalizers ?? []), SET_FINALIZER];
    store.update(PLURAL, { ...set, metadata: { ...set.metadata, finalizers }, status: { phase: 'Pending' } });
    return;
  }
  const connection = await scaleSets.connections.get(set.metadata.namespace, set.spec);
  const id = await ensureAtService(context, connection, set);
  const current = find(context, set);
  if (!current || isDeleting(current)) return;
  const runnerSet = ensureRunnerSet(context, current, id);
  if (runnerSet.status?.phase === 'Outdated') await scaleSets.silence(set.metadata.uid);
  else await listen(context, current, connection, id);
  writeStatus(context, current, runnerSet);
}

/** @returns the scale set's id; asks the service only when something is new */
async function ensureAtService(
  context: ReconcilerContext,
  connection: ScaleSetConnection,
  set: AutoscalingRunnerSet,
): Promise<number> {
  const { store, scaleSets, signal } = context;
  const { runnerGroup, runnerScaleSetLabels = [], githubConfigUrl } = set.spec;
  const name = scaleSetNameOf(set);
  const labels = [...new Set([name, ...runnerScaleSetLabels])];
  const text = JSON.stringify([githubConfigUrl, runnerGroup, labels]);
  const noted = Number(set.metadata.annotations?.[setAnnotation.id] ?? 0);
  if (noted > 0 && scaleSets.ensured.get(set.metadata.uid) === text) return noted;
  const wanted = { name, runnerGroupId: await scaleSetGroupId(connection, runnerGroup, signal), labels };
  const known = noted > 0 ? await getScaleSet(connection, noted, signal) : undefined;
  // A service that lost its data may have given the id to another.
  const ours = [name, set.metadata.annotations?.[setAnnotation.name]].map((one) => one?.toLowerCase());
  const isOurs = known !== undefined && ours.includes(known.name.toLowerCase());
  const found = isOurs ? known : await findScaleSet(connection, wanted, signal);
  const { id } = found ?? (await createScaleSet(connection, wanted, signal));
  if (found && !isAsWanted(found, wanted)) await updateScaleSet(connection, id, wanted, signal);
  scaleSets.ensured.set(set.metadata.uid, text);
  const current = find(context, set);
  if (!current) return id;
  const annotations = {
    ...current.metadata.annotations,
    [setAnnotation.id]: String(id),
    [setAnnotation.group]: runnerGroup ?? 'Default',
    [setAnnotation.name]: name,
  };
  store.update(PLURAL, { ...current, metadata: { ...current.metadata, annotations } });
  return id;
}

/** D-26: a changed spec is written into the one set in place; it replaces idle runners and lets busy ones finish. */
function ensureRunnerSet(context: ReconcilerContext, set: AutoscalingRunnerSet, id: number): EphemeralRunnerSet {
  const { store } = context;
  const { namespace, name } = set.metadata;
  const { githubConfigUrl, githubConfigSecret, githubServerTLS, proxy, vaultConfig, template } = set.spec;
  const ephemeralRunnerSpec = {
    githubConfigUrl,
    githubConfigSecret,
    githubServerTLS,
    proxy,
    vaultConfig,
    runnerScaleSetId: id,
    ...template,
  };
  const fixed = { ephemeralRunnerSpec, ephemeralRunnerMetadata: set.spec.ephemeralRunnerMetadata };
  const existing = store.find({ plural: RUNNER_SETS, namespace, name }) as EphemeralRunnerSet | undefined;
  if (!existing) return createRunnerSet(context, set, fixed);
  if (controllerOf(existing)?.uid !== set.metadata.uid) {
    throw new UserError('already-exists', `The EphemeralRunnerSet ${name} belongs to something else.`, { status: 409 });
  }
  const spec = { ...existing.spec, ...fixed };
  const updated = store.update(RUNNER_SETS, { ...existing, spec }) as EphemeralRunnerSet;
  writeDesired(context, set, updated.spec);
  return store.get({ plural: RUNNER_SETS, namespace, name }) as EphemeralRunnerSet;
}

function createRunnerSet(
  { store }: ReconcilerContext,
  set: AutoscalingRunnerSet,
  fixed: Pick<EphemeralRunnerSet['spec'], 'ephemeralRunnerSpec' | 'ephemeralRunnerMetadata'>,
): EphemeralRunnerSet {
  const { namespace, name } = set.metadata;
  const own = set.spec.ephemeralRunnerSetMetadata;
  return store.create(RUNNER_SETS, {
    apiVersion: set.apiVersion,
    kind: 'EphemeralRunnerSet',
    metadata: {
      name,
      namespace,
      labels: {
        ...own?.labels,
        ...scopeLabels(set.spec.githubConfigUrl),
        [label.partOf]: PART_OF,
        [label.component]: 'runner-set',
        [label.scaleSetName]: scaleSetNameOf(set),
        [label.scaleSetNamespace]: namespace,
      },
      annotations: own?.annotations,
      finalizers: [RUNNER_SET_FINALIZER],
      ownerReferences: [ownerReference(set)],
    },
    spec: { replicas: 0, patchID: 0, ...fixed },
  }) as EphemeralRunnerSet;
}

async function listen(
  context: ReconcilerContext,
  set: AutoscalingRunnerSet,
  connection: ScaleSetConnection,
  scaleSetId: number,
): Promise<void> {
  const { scaleSets, clock } = context;
  const { name, uid } = set.metadata;
  const ownerName = `switchyard/${name}/${uid}`;
  await scaleSets.listen(uid, { connection, scaleSetId, ownerName, clock, home: homeOf(context, set) });
}

function homeOf(context: ReconcilerContext, set: AutoscalingRunnerSet): ListenerHome {
  const { store, events, queue, scaleSets, troubles } = context;
  const { namespace, name, uid } = set.metadata;
  const subject = `listener:${uid}`;
  const key = keyText({ plural: PLURAL, namespace, name });
  const current = (): AutoscalingRunnerSet => find(context, set) ?? set;
  return {
    name: () => scaleSetNameOf(current()),
    maxRunners: () => maxRunnersOf(current().spec),
    lastSession: () => current().metadata.annotations?.[setAnnotation.session],
    noteSession(id) {
      const known = find(context, set);
      if (!known) return;
      const { [setAnnotation.session]: _, ...annotations } = known.metadata.annotations ?? {};
      const noted = id === undefined ? annotations : { ...annotations, [setAnnotation.session]: id };
      store.update(PLURAL, { ...known, metadata: { ...known.metadata, annotations: noted } });
    },
    endedRunners: () => endedRunners(context, current()),
    evaluated(evaluation) {
      troubles.worked(subject);
      noteEvaluation(context, current(), evaluation);
    },
    lost() {
      scaleSets.ensured.delete(uid);
      queue.add(key);
    },
    failed(error) {
      troubles.failed(subject, error, { namespace, object: ownerReference(set) });
      events.record(current(), 'Warning', 'ListenerFailed', errorText(error), COMPONENT);
      queue.add(key);
    },
  };
}

function writeStatus(context: ReconcilerContext, set: AutoscalingRunnerSet, { status = {} }: EphemeralRunnerSet): void {
  const { store, scaleSets } = context;
  const isListening = scaleSets.isListening(set.metadata.uid);
  const phase = status.phase === 'Outdated' ? 'Outdated' : isListening ? 'Running' : 'Pending';
  const { currentReplicas, phase: _, outdatedHash: __, ...counts } = status;
  const next: AutoscalingRunnerSetStatus = { phase, currentRunners: currentReplicas ?? 0, ...counts };
  const current = find(context, set);
  if (current) store.update(PLURAL, { ...current, status: next });
}

/** Listener first, so that no job is taken; then the runners, each after its job; the scale set last. */
async function tearDown(context: ReconcilerContext, set: AutoscalingRunnerSet): Promise<void> {
  const { store, scaleSets, signal } = context;
  const { namespace, name, uid } = set.metadata;
  await scaleSets.silence(uid);
  const key = { plural: RUNNER_SETS, namespace, name };
  const runnerSet = store.find(key);
  if (runnerSet && controllerOf(runnerSet)?.uid === uid) {
    if (!isDeleting(runnerSet)) store.delete(key);
    if (store.find(key)) return;
  }
  const id = Number(set.metadata.annotations?.[setAnnotation.id] ?? 0);
  if (id > 0) {
    const connection = await scaleSets.connections.get(namespace, set.spec);
    await deleteScaleSet(connection, id, signal);
  }
  scaleSets.ensured.delete(uid);
  const current = find(context, set);
  if (!current) return;
  const finalizers = current.metadata.finalizers?.filter((finalizer) => finalizer !== SET_FINALIZER);
  store.update(PLURAL, { ...current, metadata: { ...current.metadata, finalizers } });
}

function find({ store }: ReconcilerContext, { metadata }: AutoscalingRunnerSet): AutoscalingRunnerSet | undefined {
  const { namespace, name, uid } = metadata;
  const current = store.find({ plural: PLURAL, namespace, name }) as AutoscalingRunnerSet | undefined;
  return current?.metadata.uid === uid ? current : undefined;
}
