/** Carries out what `decideRunner` says, until it says wait. */
import { isoTime } from '../../common/clock.ts';
import { errorText } from '../../common/errors.ts';
import { findRunner, removeRunner } from '../../github/index.ts';
import { backendOf } from '../backends/annotation.ts';
import { type Exit, WORK_FOLDER } from '../backends/types.ts';
import { controllerOf, isDeleting, keyText, type ObjectKey } from '../resources/object.ts';
import { annotation, isOver, RUNNER_FINALIZER, type Runner, type RunnerStatus } from '../resources/runner.ts';
import { isEphemeral } from '../resources/runner-spec.ts';
import { instanceName, type ReconcilerContext } from './context.ts';
import { decideRunner, type RunnerAction, type RunnerState } from './decide-runner.ts';
import { failedStart, setUidOf, startsWork, tellEnd } from './failed-starts.ts';
import { giveUp, lossOfRunner } from './give-up-runner.ts';
import { describeExit, startingPoint, stopGraceMs } from './instances.ts';
import { register } from './registration.ts';
import {
  forbidden,
  isLeaving,
  noteBusy,
  placeOfRunner,
  registrarOf,
  registrationId,
  save,
  startOf,
} from './runner-notes.ts';

export async function reconcileRunner(context: ReconcilerContext, key: ObjectKey): Promise<void> {
  while (!context.signal.aborted) {
    const runner = context.store.find(key) as Runner | undefined;
    if (!runner) return;
    const action = decideRunner(stateOf(context, runner), context.clock.now());
    if (action.kind === 'wait') {
      if (action.untilMs !== undefined) context.queue.addAt(keyText(key), action.untilMs);
      return;
    }
    await carryOut[action.kind](context, runner);
  }
}

function stateOf(context: ReconcilerContext, runner: Runner): RunnerState {
  const notes = runner.metadata.annotations ?? {};
  const instance = context.instances.get(instanceName(runner));
  return {
    isLeaving: isLeaving(runner),
    isDeleting: isDeleting(runner),
    isEphemeral: isEphemeral(runner.spec),
    isOver: isOver(runner),
    hasFinalizer: runner.metadata.finalizers?.includes(RUNNER_FINALIZER) ?? false,
    isRegistered: notes[annotation.id] !== undefined,
    isUnregistered: notes[annotation.unregistrationComplete] !== undefined,
    askAgainAtMs: context.askAgainAtMs.get(runner.metadata.uid),
    startNotBeforeMs: context.startBreaker.state(setUidOf(runner)).notBeforeMs,
    instance: !instance ? 'none' : instance.exit ? 'ended' : 'running',
    endedWell: instance?.exit?.code === 0,
    wasOnline: runner.status?.ready === true,
    lostAtMs: lossOfRunner(context, runner)?.atMs,
    isResumable: instance?.resumable ?? false,
  };
}

type Step = (context: ReconcilerContext, runner: Runner) => Promise<void> | void;

const carryOut: Record<Exclude<RunnerAction['kind'], 'wait'>, Step> = {
  'add-finalizer': addFinalizer,
  'register-and-start': registerAndStart,
  resume,
  unregister,
  'give-up': giveUp,
  stop,
  complete,
  finalize,
};

function addFinalizer({ store }: ReconcilerContext, runner: Runner): void {
  const finalizers = [...(runner.metadata.finalizers ?? []), RUNNER_FINALIZER];
  store.update('runners', {
    ...runner,
    metadata: { ...runner.metadata, finalizers },
    status: { phase: 'Pending', ...runner.status },
  });
}

async function registerAndStart(context: ReconcilerContext, runner: Runner): Promise<void> {
  const { githubFor, events, signal } = context;
  const { spec } = runner;
  const backend = backendOf(context.backend, runner);
  const workFolder = backend.workFolder?.(instanceName(runner), spec) ?? WORK_FOLDER;
  const part = { systemLabels: backend.systemLabels, workFolder };
  const registering = async () => register(githubFor(placeOfRunner(runner)), runner.metadata.name, spec, part, signal);
  const { id, jitConfig } = await registering().catch((error: unknown) => {
    const problem = `Updating registration token failed: ${errorText(error)}`;
    events.record(runner, 'Warning', 'FailedUpdateRegistrationToken', problem, 'runner-controller');
    throw error;
  });
  // Noted before the start: after a crash in between, the registration is found and removed.
  const { enterprise, organization, repository, labels } = spec;
  const status: RunnerStatus = {
    ...runner.status,
    phase: 'Registering',
    ready: false,
    registration: { enterprise, organization, repository, labels },
  };
  const noted = save(context, runner, { [annotation.id]: String(id) }, status);
  if (noted) await startInstance(context, noted, jitConfig);
}

/** The same registration and key again, for a runner that outlives its jobs. */
async function resume(context: ReconcilerContext, runner: Runner): Promise<void> {
  const { instances, signal } = context;
  const instance = instances.get(instanceName(runner));
  const wasOnline = runner.status?.ready === true;
  if (instance?.exit) noteEnd(context, runner, instance.exit, !wasOnline);
  const { github, scope } = registrarOf(context, runner);
  if (!wasOnline && !(await findRunner(github, scope, runner.metadata.name, signal))) {
    await forgetRegistration(context, runner);
    return;
  }
  const status: RunnerStatus = { ...runner.status, phase: 'Registering', ready: false };
  const noted = save(context, runner, {}, status);
  if (noted) await startInstance(context, noted, undefined);
}

/** Somebody removed the registration at the server: the kept key is worthless, a new one is made in the next step. */
async function forgetRegistration(context: ReconcilerContext, runner: Runner): Promise<void> {
  await removeInstance(context, runner, false);
  save(context, runner, { [annotation.id]: undefined }, { ...runner.status, phase: 'Pending', ready: false });
}

async function startInstance(context: ReconcilerContext, runner: Runner, jitConfig: string | undefined): Promise<void> {
  const { backend, instances, observer, store, runnerTimes, sightings } = context;
  const name = instanceName(runner);
  const keepConfig = !isEphemeral(runner.spec);
  // Before the call: the instance may end before `start` has returned.
  instances.set(name, { name, resumable: keepConfig });
  runnerTimes.note(name, 'asked');
  sightings.forget(name);
  try {
    const point = startingPoint(store, runner, runner.spec);
    await backendOf(backend, runner).start({ name, jitConfig, keepConfig, ...point });
    runnerTimes.note(name, 'started');
    observer.expect(placeOfRunner(runner));
  } catch (error) {
    instances.set(name, { name, resumable: !jitConfig, exit: { output: errorText(error) } });
    failedStart(context, startOf(context, runner), error);
  }
}

async function unregister(context: ReconcilerContext, runner: Runner): Promise<void> {
  const exit = context.instances.get(instanceName(runner))?.exit;
  const { github, scope } = registrarOf(context, runner);
  const answer = await removeRunner(github, scope, registrationId(runner), context.signal);
  if (answer === 'forbidden' && !exit) throw forbidden(runner);
  if (exit && !isLeaving(runner)) noteEnd(context, runner, exit, answer === 'removed');
  if (answer === 'busy') noteBusy(context, runner);
  else save(context, runner, { [annotation.unregistrationComplete]: isoTime(context.clock.now()) });
}

async function stop({ backend }: ReconcilerContext, runner: Runner): Promise<void> {
  await backend.stop(instanceName(runner), stopGraceMs(runner.spec));
}

/** Writes how it ended. A set's runner is deleted in the same turn, so that the set replaces it at once (OWN-5). */
function complete(context: ReconcilerContext, runner: Runner): void {
  const exit = context.instances.get(instanceName(runner))?.exit;
  const isGood = exit?.code === 0 || runner.metadata.annotations?.[annotation.unregistrationRequest] !== undefined;
  if (exit?.code === 0 && runner.status?.ready) startsWork(context, startOf(context, runner));
  const { namespace, name } = runner.metadata;
  const status: RunnerStatus = {
    ...runner.status,
    phase: isGood ? 'Succeeded' : 'Failed',
    ready: false,
    reason: isGood ? 'Completed' : exit ? 'Ended' : 'StartInterrupted',
    message: isGood ? undefined : describeExit(exit),
  };
  save(context, runner, {}, status);
  if (controllerOf(runner) && !isDeleting(runner)) context.store.delete({ plural: 'runners', namespace, name });
}

async function finalize(context: ReconcilerContext, runner: Runner): Promise<void> {
  const { store, askAgainAtMs } = context;
  await removeInstance(context, runner, runner.status?.phase === 'Failed');
  askAgainAtMs.delete(runner.metadata.uid);
  const { namespace, name } = runner.metadata;
  const current = store.find({ plural: 'runners', namespace, name });
  if (!current) return;
  const finalizers = current.metadata.finalizers?.filter((finalizer) => finalizer !== RUNNER_FINALIZER);
  store.update('runners', { ...current, metadata: { ...current.metadata, finalizers } });
}

async function removeInstance(context: ReconcilerContext, runner: Runner, keepLog: boolean): Promise<void> {
  const name = instanceName(runner);
  await context.backend.remove(name, { keepLog });
  context.instances.delete(name);
  context.sightings.forget(name);
}

/** @param hadNoJob the server still had the registration: no job ended it */
function noteEnd(context: ReconcilerContext, runner: Runner, exit: Exit, hadNoJob: boolean): void {
  const missed = runner.status?.ready ? undefined : 'it was ready';
  tellEnd(context, startOf(context, runner), { exit, hadNoJob, missed });
}
