/** NEW-9: how long the next start waits, by the number of failed ones in a row. */
const DELAYS_MS = [5_000, 10_000, 20_000, 40_000, 80_000];
/** D-23: after more failures than that, starts are tried one at a time, this far apart. */
const PAUSE_MS = 300_000;

export interface BreakerState {
  failures: number;
  /** Epoch ms before which nothing is started; 0 without failures. */
  notBeforeMs: number;
  /** Epoch ms; a runner that was made later and lives proves that starts work again. */
  lastFailureMs: number;
  /** Only one start at a time, to see whether it works. */
  isOpen: boolean;
}

const CLOSED: BreakerState = { failures: 0, notBeforeMs: 0, lastFailureMs: 0, isOpen: false };

/** Failed starts of each set in a row. In memory: a restart of the fleet tries anew. */
export class StartBreaker {
  readonly #states = new Map<string, BreakerState>();

  state(uid: string): BreakerState {
    return this.#states.get(uid) ?? CLOSED;
  }

  /**
   * Failures of one round count once: ten runners that fail together are one failed attempt.
   * @returns the new state when this failure counted
   */
  failed(uid: string, nowMs: number): BreakerState | undefined {
    const before = this.state(uid);
    if (nowMs < before.notBeforeMs) return undefined;
    const delayMs = DELAYS_MS[before.failures] ?? PAUSE_MS;
    const state = {
      failures: before.failures + 1,
      notBeforeMs: nowMs + delayMs,
      lastFailureMs: nowMs,
      isOpen: before.failures >= DELAYS_MS.length,
    };
    this.#states.set(uid, state);
    return state;
  }

  worked(uid: string): void {
    this.#states.delete(uid);
  }
}
