/** What failed and working starts of runners change and tell; alike for both generations. */
import { errorText, OutsideError } from '../../common/errors.ts';
import type { Exit } from '../backends/types.ts';
import { controllerOf, ownerReference, type StoredObject } from '../resources/object.ts';
import type { ReconcilerContext } from './context.ts';
import { describeExit, FAILED_START_MS, outputOf } from './instances.ts';
import { LOSS_TEXTS, type Loss } from './lost-runners.ts';
import type { StartBreaker } from './start-breaker.ts';
import type { About } from './troubles.ts';

/** A start, as a matter of the set that wants it. */
export interface Start {
  /** Of the set, or of a runner that no set owns. */
  uid: string;
  breaker: StartBreaker;
  about: About;
  warn(reason: string, text: string): void;
}

/** What a runner's failures are counted by: its set, or itself where no set owns it. */
export const setUidOf = (runner: StoredObject): string => controllerOf(runner)?.uid ?? runner.metadata.uid;

/** @param component what its events come from */
export function startBy(
  { events }: ReconcilerContext,
  runner: StoredObject,
  breaker: StartBreaker,
  component: string,
): Start {
  const { namespace } = runner.metadata;
  const owner = controllerOf(runner);
  return {
    uid: setUidOf(runner),
    breaker,
    about: { namespace, object: owner ?? ownerReference(runner) },
    // On its set as well: the runner itself is about to go, and its events with it out of sight.
    warn: (reason, text) => {
      events.record(runner, 'Warning', reason, text, component);
      if (owner) events.recordFor(owner, namespace, 'Warning', reason, text, component);
    },
  };
}

/** @param isUnseen it runs, but the server never saw it */
export function failedStart(context: ReconcilerContext, start: Start, error: unknown, isUnseen = false): void {
  const { troubles, clock } = context;
  const { uid, breaker, about, warn } = start;
  warn(isUnseen ? 'RegistrationTimedOut' : 'FailedStart', errorText(error));
  troubles.failed(`start:${uid}`, error, about, 'backend-fails');
  const state = breaker.failed(uid, clock.now(), isUnseen);
  if (!state?.isOpen) return;
  const minutes = Math.round((state.notBeforeMs - clock.now()) / 60_000);
  warn('StartsPaused', `${state.failures} starts in a row failed. The next one is tried in ${minutes} minutes, alone.`);
}

/** A runner was given up and has been stopped. Only one that never came online says that starts do not work. */
export function tellLoss(context: ReconcilerContext, start: Start, { reason }: Loss, exit: Exit | undefined): void {
  const text = `${LOSS_TEXTS[reason]}${exit ? outputOf(exit) : ''}`;
  if (reason !== 'RegistrationTimedOut') {
    start.warn(reason, text);
    return;
  }
  failedStart(context, start, new OutsideError(text, { retryable: true, code: 'never-online' }), true);
}

/** What is known of a runner that has ended. */
export interface Ended {
  exit: Exit;
  /** The server still had the registration: no job ended it. */
  hadNoJob: boolean;
  /** What it never came to; undefined when it came to that, and so its start worked. */
  missed: 'it was ready' | 'it had a job' | undefined;
}

/** Tells an abnormal end, and makes the next start wait when this one failed: the runner ended soon and without a job. */
export function tellEnd(context: ReconcilerContext, start: Start, { exit, hadNoJob, missed }: Ended): void {
  // Without a time its end was not seen, and says nothing about the start.
  if (exit.ranMs === undefined) return;
  if (hadNoJob && missed && exit.ranMs < FAILED_START_MS) {
    const problem = `The runner ended (${describeExit(exit)}) before ${missed}.${outputOf(exit)}`;
    failedStart(context, start, new OutsideError(problem, { retryable: true, code: 'ends-early' }));
    return;
  }
  startsWork(context, start);
  if (exit.code === 0) return;
  const when = hadNoJob ? 'while it had no job' : 'while it had a job';
  start.warn('RunnerEnded', `The runner ended (${describeExit(exit)}) ${when}.${outputOf(exit)}`);
}

export function startsWork({ troubles }: ReconcilerContext, { uid, breaker }: Pick<Start, 'uid' | 'breaker'>): void {
  breaker.worked(uid);
  troubles.worked(`start:${uid}`);
}
