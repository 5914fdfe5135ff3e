/** What the steps of a Runner's life read and write of it. */
import { errorText, OutsideError } from '../../common/errors.ts';
import { placeOf, type RegistrationPlace } from '../credentials/place.ts';
import { isDeleting, type StoredObject } from '../resources/object.ts';
import { annotation, type Runner, type RunnerStatus } from '../resources/runner.ts';
import type { ReconcilerContext } from './context.ts';
import { UNREGISTRATION_RETRY_MS } from './decide-runner.ts';
import { type Start, startBy } from './failed-starts.ts';

const COMPONENT = 'runner-controller';

/** Annotations (`undefined` removes one) and status of the current version; undefined when the resource is gone. */
export function save(
  { store }: ReconcilerContext,
  { metadata: { namespace, name, uid } }: Runner,
  notes: Record<string, string | undefined>,
  status?: RunnerStatus,
): Runner | undefined {
  const current = store.find({ plural: 'runners', namespace, name }) as Runner | undefined;
  if (!current || current.metadata.uid !== uid) return undefined;
  const annotations: Record<string, string> = {};
  for (const [key, value] of Object.entries({ ...current.metadata.annotations, ...notes })) {
    if (value !== undefined) annotations[key] = value;
  }
  const metadata = { ...current.metadata, annotations };
  return store.update('runners', { ...current, metadata, status: status ?? current.status }) as Runner;
}

export const placeOfRunner = ({ metadata, spec }: Runner): RegistrationPlace => placeOf(metadata.namespace, spec);

/** The server that has registered it. @throws UserError, told as an event, when its credentials are gone */
export function registrarOf(context: ReconcilerContext, runner: Runner) {
  const place = placeOfRunner(runner);
  try {
    return { github: context.githubFor(place), scope: place.scope };
  } catch (error) {
    startOf(context, runner).warn('NoCredentials', errorText(error));
    throw error;
  }
}

export const startOf = (context: ReconcilerContext, runner: Runner): Start =>
  startBy(context, runner, context.startBreaker, COMPONENT);

export const registrationId = ({ metadata }: Runner): number => Number(metadata.annotations?.[annotation.id]);

export const isLeaving = (runner: Runner): boolean =>
  isDeleting(runner) || runner.metadata.annotations?.[annotation.unregistrationRequest] !== undefined;

/** The server's refusal to let it go: it has a job. */
export function noteBusy(context: ReconcilerContext, runner: Runner): void {
  const { askAgainAtMs, clock } = context;
  askAgainAtMs.set(runner.metadata.uid, clock.now() + UNREGISTRATION_RETRY_MS);
  save(context, runner, {
    [annotation.unregistrationFailure]: 'The runner is busy with a job; it is asked again later.',
  });
}

/** U9 of fleet-semantics lets a 403 pass as done; a runner that may be busy must not be stopped on it. */
export function forbidden({ metadata: { name } }: StoredObject): OutsideError {
  const problem = `The server's token may not remove runner ${name}, so it cannot be stopped safely.`;
  return new OutsideError(problem, { retryable: true, status: 403 });
}
