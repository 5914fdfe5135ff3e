/** Gives a Runner up that runs but that the server does not see. */
import { isoTime } from '../../common/clock.ts';
import { removeRunner } from '../../github/index.ts';
import { controllerOf } from '../resources/object.ts';
import { annotation, type Runner } from '../resources/runner.ts';
import { instanceName, type ReconcilerContext } from './context.ts';
import { tellLoss } from './failed-starts.ts';
import { stopGraceMs } from './instances.ts';
import { type Loss, lossOf, statusOfLost } from './lost-runners.ts';
import { forbidden, noteBusy, placeOfRunner, registrarOf, registrationId, save, startOf } from './runner-notes.ts';

/** Undefined also for one that has a job, and where nobody would replace one that may yet come back. */
export function lossOfRunner({ runnerTimes, sightings }: ReconcilerContext, runner: Runner): Loss | undefined {
  const { phase } = runner.status ?? {};
  if (phase !== 'Registering' && phase !== 'Idle') return undefined;
  const name = instanceName(runner);
  const { started, adopted } = runnerTimes.of(name);
  const wasOnline = phase === 'Idle';
  const loss = lossOf({ startedMs: started ?? adopted, wasOnline, sighting: sightings.of(name) });
  return controllerOf(runner) || !wasOnline ? loss : undefined;
}

/** Its set replaces it as soon as its status says so; what it was started for waits no longer than that. */
export async function giveUp(context: ReconcilerContext, runner: Runner): Promise<void> {
  const { store, clock, backend, instances, observer, signal } = context;
  const { namespace, name, uid } = runner.metadata;
  await observer.lookOrFail(placeOfRunner(runner));
  const current = store.find({ plural: 'runners', namespace, name }) as Runner | undefined;
  const loss = current?.metadata.uid === uid ? lossOfRunner(context, current) : undefined;
  if (!current || !loss || clock.now() < loss.atMs) return;
  const { github, scope } = registrarOf(context, current);
  const answer = await removeRunner(github, scope, registrationId(current), signal);
  if (answer === 'forbidden') throw forbidden(current);
  if (answer === 'busy') {
    noteBusy(context, current);
    return;
  }
  await backend.stop(instanceName(current), stopGraceMs(current.spec));
  tellLoss(context, startOf(context, current), loss, instances.get(instanceName(current))?.exit);
  const done = { [annotation.unregistrationComplete]: isoTime(clock.now()) };
  save(context, current, done, { ...current.status, ...statusOfLost(loss) });
}
