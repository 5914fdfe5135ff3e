/** What the steps of an EphemeralRunner's life read and write of it. */
import type { ScaleSetConnection } from '../../github/scale-sets/index.ts';
import type { ReconcilerContext } from '../reconcilers/context.ts';
import { type Start, startBy } from '../reconcilers/failed-starts.ts';
import { type EphemeralRunner, type EphemeralRunnerStatus, runnerAnnotation } from '../resources/ephemeral-runner.ts';

export const PLURAL = 'ephemeralrunners';
const COMPONENT = 'ephemeralrunner-controller';

/** NEW-13: a busy runner that is to go is asked again this late at the latest; its end wakes it earlier. */
const ASK_AGAIN_MS = 30_000;

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

export const startOf = (context: ReconcilerContext, runner: EphemeralRunner): Start =>
  startBy(context, runner, context.scaleSets.breaker, COMPONENT);

/** The service's refusal to let it go: it has a job. */
export function noteBusy(context: ReconcilerContext, runner: EphemeralRunner): void {
  const { askAgainAtMs, clock } = context;
  askAgainAtMs.set(runner.metadata.uid, clock.now() + ASK_AGAIN_MS);
  save(context, runner, { refused: 'The runner is busy with a job; it is asked again later.' });
}
