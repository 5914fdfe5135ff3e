/** Gives an EphemeralRunner up that runs but that the server does not see. */
import { findAgent, removeAgent, type ScaleSetConnection } from '../../github/scale-sets/index.ts';
import { placeOfConnection } from '../credentials/place.ts';
import { instanceName, type ReconcilerContext } from '../reconcilers/context.ts';
import { tellLoss } from '../reconcilers/failed-starts.ts';
import { stopGraceMs } from '../reconcilers/instances.ts';
import { type Loss, lossOf, statusOfLost } from '../reconcilers/lost-runners.ts';
import { forbidden } from '../reconcilers/runner-notes.ts';
import { type EphemeralRunner, REGISTRATION_FINALIZER, waitsForJob } from '../resources/ephemeral-runner.ts';
import { connectionOf, find, noteBusy, save, startOf } from './ephemeral-runner-notes.ts';

/** Undefined also for one that has a job. */
export function lossOfSetRunner(
  { runnerTimes, sightings }: ReconcilerContext,
  runner: EphemeralRunner,
): Loss | undefined {
  if (!waitsForJob(runner)) return undefined;
  const name = instanceName(runner);
  const { started, adopted } = runnerTimes.of(name);
  const sighting = sightings.of(name);
  return lossOf({ startedMs: started ?? adopted, wasOnline: sighting?.wasOnline ?? false, sighting });
}

/** Its set replaces it as soon as its status says so. */
export async function giveUp(context: ReconcilerContext, runner: EphemeralRunner): Promise<void> {
  const { clock, backend, instances, observer, signal } = context;
  const name = instanceName(runner);
  await observer.lookOrFail(placeOfConnection(runner.metadata.namespace, runner.spec));
  const current = find(context, runner);
  const loss = current && lossOfSetRunner(context, current);
  if (!current || !loss || clock.now() < loss.atMs) return;
  const connection = await connectionOf(context, current);
  if (!(await isMissed(context, current, connection))) return;
  const answer = await removeAgent(connection, current.status?.runnerId ?? 0, signal);
  if (answer === 'forbidden') throw forbidden(current);
  if (answer === 'busy') {
    noteBusy(context, current);
    return;
  }
  await backend.stop(name, stopGraceMs(current.spec.spec ?? {}));
  tellLoss(context, startOf(context, current), loss, instances.get(name)?.exit);
  // Gone by itself: with a job of which nothing was heard, which the service's counts may still have.
  const status = { ...statusOfLost(loss), mayHaveJob: answer !== 'removed' };
  save(context, current, { without: REGISTRATION_FINALIZER, status });
}

/** A server that does not list runners of scale sets among the others still knows them by name: then nothing is known of them. */
async function isMissed(
  { sightings, clock, signal }: ReconcilerContext,
  runner: EphemeralRunner,
  connection: ScaleSetConnection,
): Promise<boolean> {
  const name = instanceName(runner);
  if (sightings.of(name)?.seen === 'offline') return true;
  const agent = await findAgent(connection, runner.metadata.name, signal);
  if (agent) sightings.note(name, 'online', clock.now());
  return agent === undefined;
}
