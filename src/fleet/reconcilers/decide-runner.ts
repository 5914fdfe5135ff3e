/**
 * What to do next about one Runner: fleet-semantics 2.3-2.5 for a backend whose "pod" is an instance that tells when it
 * ends. Pure: the state in, one action out; the shell (runner-reconciler.ts) carries it out and asks again.
 *
 * The safety of a busy runner rests on one rule: `stop` is decided only after the server let the runner go
 * (`isUnregistered`), and the server refuses that while it holds a job.
 */

export interface RunnerState {
  /** A deletion was asked for, or a drain by annotation. */
  isLeaving: boolean;
  /** `deletionTimestamp` is set: removing the finalizer ends the resource. */
  isDeleting: boolean;
  isEphemeral: boolean;
  /** The status already says Succeeded or Failed. */
  isOver: boolean;
  hasFinalizer: boolean;
  /** A registration is recorded. */
  isRegistered: boolean;
  /** The server confirmed that this registration is gone. */
  isUnregistered: boolean;
  /** When the server may be asked again after it refused (busy); epoch ms. */
  askAgainAtMs: number | undefined;
  /** After failed starts: it is not started again before this time; epoch ms. */
  startNotBeforeMs: number;
  instance: 'none' | 'running' | 'ended';
  /** `ended` with exit code 0. */
  endedWell: boolean;
  /** The server has seen it online. */
  wasOnline: boolean;
  /** When it is given up because the server does not see it; epoch ms. Undefined for one that it sees or that may have a job. */
  lostAtMs: number | undefined;
  /** The backend kept its JIT config. */
  isResumable: boolean;
}

export type RunnerAction =
  | { kind: 'add-finalizer' }
  | { kind: 'register-and-start' }
  | { kind: 'resume' }
  | { kind: 'unregister' }
  /** Make sure that the server does not see it, unregister it, and stop it: its set replaces it (U5). */
  | { kind: 'give-up' }
  | { kind: 'stop' }
  /** Write how it ended, and ask for the deletion of one that a set will replace. */
  | { kind: 'complete' }
  /** Forget instance and files, remove the finalizer. */
  | { kind: 'finalize' }
  | { kind: 'wait'; untilMs?: number };

/** A busy runner is asked again this late at the latest; being seen idle wakes it earlier (fleet-semantics 1.12). */
export const UNREGISTRATION_RETRY_MS = 60_000;

export function decideRunner(state: RunnerState, nowMs: number): RunnerAction {
  if (state.instance === 'running') return decideRunning(state, nowMs);
  // A registration without an instance is one whose start a crash of the fleet cut off: its JIT config is lost.
  const hasEnded = state.instance === 'ended' || state.isRegistered;
  return hasEnded ? decideEnded(state, nowMs) : decideNew(state);
}

function decideNew(state: RunnerState): RunnerAction {
  if (state.isDeleting) return { kind: 'finalize' };
  if (state.isOver) return { kind: 'wait' };
  if (state.isLeaving) return { kind: 'complete' };
  return state.hasFinalizer ? { kind: 'register-and-start' } : { kind: 'add-finalizer' };
}

function decideRunning(state: RunnerState, nowMs: number): RunnerAction {
  if (state.isLeaving && state.isUnregistered) return { kind: 'stop' };
  const isLost = state.lostAtMs !== undefined && nowMs >= state.lostAtMs;
  if (!state.isLeaving && !isLost) return waitUntil(state.lostAtMs);
  if (isRefused(state, nowMs)) return waitUntil(state.askAgainAtMs);
  return { kind: state.isLeaving ? 'unregister' : 'give-up' };
}

function decideEnded(state: RunnerState, nowMs: number): RunnerAction {
  const mayResume = !state.isEphemeral && state.isResumable && !state.isLeaving && !state.isUnregistered;
  if (mayResume && !state.isOver)
    return nowMs < state.startNotBeforeMs ? waitUntil(state.startNotBeforeMs) : { kind: 'resume' };
  if (!state.isRegistered || state.isUnregistered) return decideGone(state);
  // Replaced first, tidied up after: an ephemeral runner that did its job unregistered itself (U6).
  const isOrdinary = state.isEphemeral && state.wasOnline && state.endedWell;
  if (isOrdinary && !state.isOver) return { kind: 'complete' };
  return isRefused(state, nowMs) ? decideRefused(state) : { kind: 'unregister' };
}

/** Neither an instance nor a registration is left. */
function decideGone(state: RunnerState): RunnerAction {
  if (state.isDeleting) return { kind: 'finalize' };
  return state.isOver ? { kind: 'wait' } : { kind: 'complete' };
}

/**
 * U10: the runner died in the middle of its job and the server does not know yet. An ephemeral registration ends with
 * its job, by the lease; one that outlives jobs would stay for ever, so it is asked for again.
 */
function decideRefused(state: RunnerState): RunnerAction {
  if (!state.isOver) return { kind: 'complete' };
  if (state.isEphemeral && state.isDeleting) return { kind: 'finalize' };
  return waitUntil(state.askAgainAtMs);
}

const waitUntil = (untilMs: number | undefined): RunnerAction => ({ kind: 'wait', untilMs });

const isRefused = ({ askAgainAtMs }: RunnerState, nowMs: number): boolean =>
  askAgainAtMs !== undefined && nowMs < askAgainAtMs;
