/** What failed and working starts of runners change and tell; alike for both generations. */
import { errorText, OutsideError } from '../../common/errors.ts';
import type { Exit } from '../backends/types.ts';
import type { ReconcilerContext } from './context.ts';
import { outputOf } from './instances.ts';
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

export function startsWork({ troubles }: ReconcilerContext, { uid, breaker }: Pick<Start, 'uid' | 'breaker'>): void {
  breaker.worked(uid);
  troubles.worked(`start:${uid}`);
}
