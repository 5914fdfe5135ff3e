/** What the steps of an EphemeralRunner's life read and write of it. */
import type { ScaleSetConnection } from '../../github/scale-sets/index.ts';
import type { ReconcilerContext } from '../reconcilers/context.ts';
import type { Start } from '../reconcilers/failed-starts.ts';
import { type EphemeralRunner, type EphemeralRunnerStatus, runnerAnnotation } from '../resources/ephemeral-runner.ts';
import { controllerOf, ownerReference } from '../resources/object.ts';

export const PLURAL = 'ephemeralrunners';
const COMPONENT = 'ephemeralrunner-controller';

/** NEW-13: a busy runner that is to go is asked again this late at the latest; its end wakes it earlier. */
const ASK_AGAIN_MS = 30_000;

/** On its set as well: the runner itself is about to go, and its events with it out of sight. */
export function warn({ events }: ReconcilerContext, runner: EphemeralRunner, reason: string, text: string): void {
  events.record(runner, 'Warning', reason, text, COMPONENT);
  const owner = controllerOf(runner);
  if (owner) events.recordFor(owner, runner.metadata.namespace, 'Warning', reason, text, COMPONENT);
}

export interface Changes {
  /** Fields of it that change. */
  status?: EphemeralRunnerStatus;
  /** Finalizer to remove. */
  without?: string;
  /** The service's refusal. */
  refused?: string;
}

/** Changes the current version; undefined when the resource is gone. */
export function save(
  context: ReconcilerContext,
  runner: EphemeralRunner,
  { status, without, refused }: Changes,
): EphemeralRunner | undefined {
  const current = find(context, runner);
  if (!current) return undefined;
  const { annotations, finalizers } = current.metadata;
  const metadata = {
    ...current.metadata,
    annotations: refused === undefined ? annotations : { ...annotations, [runnerAnnotation.refused]: refused },
    finalizers: finalizers?.filter((finalizer) => finalizer !== without),
  };
  const next = { ...current, metadata, status: { ...current.status, ...status } };
  return context.store.update(PLURAL, next) as EphemeralRunner;
}

export function find({ store }: ReconcilerContext, { metadata }: EphemeralRunner): EphemeralRunner | undefined {
  const { namespace, name, uid } = metadata;
  const current = store.find({ plural: PLURAL, namespace, name }) as EphemeralRunner | undefined;
  return current?.metadata.uid === uid ? current : undefined;
}

export const connectionOf = (
  context: ReconcilerContext,
  { metadata, spec }: EphemeralRunner,
): Promise<ScaleSetConnection> => context.scaleSets.connections.get(metadata.namespace, spec);

export const setUidOf = (runner: EphemeralRunner): string => controllerOf(runner)?.uid ?? runner.metadata.uid;

export const startOf = (context: ReconcilerContext, runner: EphemeralRunner): Start => ({
  uid: setUidOf(runner),
  breaker: context.scaleSets.breaker,
  about: { namespace: runner.metadata.namespace, object: controllerOf(runner) ?? ownerReference(runner) },
  warn: (reason, text) => warn(context, runner, reason, text),
});

/** The service's refusal to let it go: it has a job. */
export function noteBusy(context: ReconcilerContext, runner: EphemeralRunner): void {
  const { askAgainAtMs, clock } = context;
  askAgainAtMs.set(runner.metadata.uid, clock.now() + ASK_AGAIN_MS);
  save(context, runner, { refused: 'The runner is busy with a job; it is asked again later.' });
}
