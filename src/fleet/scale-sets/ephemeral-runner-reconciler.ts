/**
 * Kind EphemeralRunner: carries out what `decideRunner` says, until it says wait. The life is that of every ephemeral
 * Runner; here the registration is the service's, and two finalizers keep its state: without the registration's the
 * service has let the runner go (NEW-8 to NEW-13 of fleet-semantics 11.3).
 */
import { errorText } from '../../common/errors.ts';
import { removeAgent } from '../../github/scale-sets/index.ts';
import { backendOf } from '../backends/annotation.ts';
import type { Exit } from '../backends/types.ts';
import { instanceName, type ReconcilerContext } from '../reconcilers/context.ts';
import { decideRunner, type RunnerAction, type RunnerState } from '../reconcilers/decide-runner.ts';
import { failedStart, tellEnd } from '../reconcilers/failed-starts.ts';
import { describeExit, startingPoint, stopGraceMs } from '../reconcilers/instances.ts';
import { forbidden } from '../reconcilers/runner-notes.ts';
import {
  EPHEMERAL_RUNNER_FINALIZER,
  type EphemeralRunner,
  type EphemeralRunnerPhase,
  hasEnded,
  REGISTRATION_FINALIZER,
  runnerAnnotation,
} from '../resources/ephemeral-runner.ts';
import type { EphemeralRunnerSet } from '../resources/ephemeral-runner-set.ts';
import { controllerOf, isDeleting, keyText, type ObjectKey } from '../resources/object.ts';
import { runnerSpecOf } from '../resources/scale-set-spec.ts';
import { connectionOf, find, noteBusy, PLURAL, save, startOf } from './ephemeral-runner-notes.ts';
import { giveUp, lossOfSetRunner } from './give-up-set-runner.ts';
import { registerForSet } from './register-runner.ts';

/** NEW-11: the official runner ends so when its version is no longer taken. */
const OUTDATED_EXIT = 7;

export async function reconcileEphemeralRunner(context: ReconcilerContext, key: ObjectKey): Promise<void> {
  while (!context.signal.aborted) {
    const runner = context.store.find(key) as EphemeralRunner | undefined;
    if (!runner) return;
    const action = nextAction(context, runner);
    if (action.kind === 'wait') {
      if (action.untilMs !== undefined) context.queue.addAt(keyText(key), action.untilMs);
      return;
    }
    await carryOut[action.kind](context, runner);
  }
}

function nextAction(context: ReconcilerContext, runner: EphemeralRunner): RunnerAction {
  const action = decideRunner(stateOf(context, runner), context.clock.now());
  if (action.kind !== 'finalize' || !holdsPlace(context, runner)) return action;
  return hasEnded(runner) ? { kind: 'wait' } : { kind: 'complete' };
}

/** Its set still needs it, so that nothing is started for the job that it had (decide-runner-set.ts). */
function holdsPlace({ store }: ReconcilerContext, runner: EphemeralRunner): boolean {
  const { metadata, status } = runner;
  const owner = controllerOf(runner);
  const key = { plural: 'ephemeralrunnersets', namespace: metadata.namespace, name: owner?.name ?? '' };
  const set = store.find(key) as EphemeralRunnerSet | undefined;
  if (!set || set.metadata.uid !== owner?.uid || isDeleting(set) || set.status?.phase === 'Outdated') return false;
  const hadJob = status?.jobRequestId !== undefined || metadata.annotations?.[runnerAnnotation.refused] !== undefined;
  return status?.jobResult === undefined && (status?.mayHaveJob ?? hadJob);
}

function stateOf(context: ReconcilerContext, runner: EphemeralRunner): RunnerState {
  const { status, metadata } = runner;
  const instance = context.instances.get(instanceName(runner));
  const isRegistered = status?.runnerId !== undefined;
  return {
    isLeaving: isDeleting(runner),
    isDeleting: isDeleting(runner),
    isEphemeral: true,
    isOver: hasEnded(runner),
    hasFinalizer: metadata.finalizers?.includes(EPHEMERAL_RUNNER_FINALIZER) ?? false,
    isRegistered,
    isUnregistered: isRegistered && !metadata.finalizers?.includes(REGISTRATION_FINALIZER),
    askAgainAtMs: context.askAgainAtMs.get(metadata.uid),
    startNotBeforeMs: 0,
    instance: !instance ? 'none' : instance.exit ? 'ended' : 'running',
    endedWell: instance?.exit?.code === 0,
    wasOnline: status?.jobRequestId !== undefined,
    lostAtMs: lossOfSetRunner(context, runner)?.atMs,
    isResumable: false,
  };
}

type Step = (context: ReconcilerContext, runner: EphemeralRunner) => Promise<void> | void;

const carryOut: Record<Exclude<RunnerAction['kind'], 'wait'>, Step> = {
  'add-finalizer': addFinalizers,
  'register-and-start': registerAndStart,
  resume: () => {
    throw new Error('an ephemeral runner is never resumed');
  },
  unregister,
  'give-up': giveUp,
  stop,
  complete,
  finalize,
};

function addFinalizers({ store }: ReconcilerContext, runner: EphemeralRunner): void {
  const { finalizers = [] } = runner.metadata;
  const all = [...new Set([...finalizers, EPHEMERAL_RUNNER_FINALIZER, REGISTRATION_FINALIZER])];
  store.update(PLURAL, { ...runner, metadata: { ...runner.metadata, finalizers: all } });
}

async function registerAndStart(context: ReconcilerContext, runner: EphemeralRunner): Promise<void> {
  const connection = await connectionOf(context, runner);
  const registered = await registerForSet(connection, runner, context.signal).catch((error: unknown) => {
    startOf(context, runner).warn('FailedRegistration', `The runner could not be registered: ${errorText(error)}`);
    throw error;
  });
  if (!registered) return letGoOfName(context, runner);
  // Noted before the start: after a crash in between, the registration is found and removed.
  const status = { runnerId: registered.id, runnerName: runner.metadata.name };
  const noted = save(context, runner, { status });
  if (noted) await startInstance(context, noted, registered.jitConfig);
}

/** Its set makes one of another name. */
function letGoOfName(context: ReconcilerContext, runner: EphemeralRunner): void {
  const { namespace, name } = runner.metadata;
  startOf(context, runner).warn('RunnerNameTaken', `Another runner is registered as ${name}; this one is given up.`);
  context.store.delete({ plural: PLURAL, namespace, name });
}

async function startInstance(context: ReconcilerContext, runner: EphemeralRunner, jitConfig: string): Promise<void> {
  const { backend, instances, store, runnerTimes } = context;
  const name = instanceName(runner);
  const asked = runnerSpecOf(runner.spec, runner.spec, 'spec.spec').spec;
  // Before the call: the instance may end before `start` has returned.
  instances.set(name, { name, resumable: false });
  runnerTimes.note(name, 'asked');
  try {
    const point = startingPoint(store, runner, asked);
    await backendOf(backend, runner).start({ name, jitConfig, keepConfig: false, ...point });
  } catch (error) {
    instances.set(name, { name, resumable: false, exit: { reason: errorText(error), output: '' } });
    failedStart(context, startOf(context, runner), error);
    return;
  }
  runnerTimes.note(name, 'started');
  save(context, runner, { status: { ready: true } });
}

async function unregister(context: ReconcilerContext, runner: EphemeralRunner): Promise<void> {
  const { instances, signal } = context;
  const exit = instances.get(instanceName(runner))?.exit;
  const connection = await connectionOf(context, runner);
  const answer = await removeAgent(connection, runner.status?.runnerId ?? 0, signal);
  if (answer === 'forbidden' && !exit) throw forbidden(runner);
  if (exit && !isDeleting(runner) && !hasEnded(runner)) noteEnd(context, runner, exit, answer === 'removed');
  if (answer === 'busy') {
    noteBusy(context, runner);
    return;
  }
  // Gone by itself: with its job, which the service's counts may still have.
  const mayHaveJob = hasEnded(runner) ? runner.status?.mayHaveJob : answer !== 'removed';
  save(context, runner, { without: REGISTRATION_FINALIZER, status: { mayHaveJob } });
}

async function stop({ backend }: ReconcilerContext, runner: EphemeralRunner): Promise<void> {
  await backend.stop(instanceName(runner), stopGraceMs(runner.spec.spec ?? {}));
}

/** Writes how it ended. Its set deletes it once nobody counts on it. */
function complete(context: ReconcilerContext, runner: EphemeralRunner): void {
  const exit = context.instances.get(instanceName(runner))?.exit;
  const phase = phaseOf(exit);
  const isUnregistered = !runner.metadata.finalizers?.includes(REGISTRATION_FINALIZER);
  save(context, runner, {
    status: {
      phase,
      ready: false,
      reason: phase === 'Succeeded' ? 'Completed' : exit ? 'Ended' : 'StartInterrupted',
      message: phase === 'Succeeded' ? undefined : describeExit(exit),
      // With its registration still there it did its job, or died with one.
      mayHaveJob: isUnregistered ? runner.status?.mayHaveJob : true,
    },
  });
}

function phaseOf(exit: Exit | undefined): EphemeralRunnerPhase {
  if (exit?.code === OUTDATED_EXIT) return 'Outdated';
  return exit?.code === 0 ? 'Succeeded' : 'Failed';
}

async function finalize(context: ReconcilerContext, runner: EphemeralRunner): Promise<void> {
  const { backend, instances, sightings, askAgainAtMs } = context;
  const name = instanceName(runner);
  await backend.remove(name, { keepLog: runner.status?.phase === 'Failed' });
  instances.delete(name);
  sightings.forget(name);
  askAgainAtMs.delete(runner.metadata.uid);
  const current = find(context, runner);
  if (!current) return;
  const ours = [EPHEMERAL_RUNNER_FINALIZER, REGISTRATION_FINALIZER];
  const finalizers = current.metadata.finalizers?.filter((finalizer) => !ours.includes(finalizer));
  context.store.update(PLURAL, { ...current, metadata: { ...current.metadata, finalizers } });
}

/** @param hadNoJob the service still had the registration: no job ended it */
function noteEnd(context: ReconcilerContext, runner: EphemeralRunner, exit: Exit, hadNoJob: boolean): void {
  if (exit.code === OUTDATED_EXIT) return;
  const missed = runner.status?.jobRequestId === undefined ? 'it had a job' : undefined;
  tellEnd(context, startOf(context, runner), { exit, hadNoJob, missed });
}
