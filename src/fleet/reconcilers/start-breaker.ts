/** How long the next start of a set's runners waits, by the number of failed ones in a row; then starts are paused. */
export const START_DELAYS_MS = {
  /** Quick at first: a start that fails once is often a matter of a second. */
  runners: [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000],
  /** NEW-9. */
  scaleSets: [5_000, 10_000, 20_000, 40_000, 80_000],
} as const;

/** D-23: after more failures than that, starts are tried one at a time, this far apart. */
const PAUSE_MS = 300_000;

export interface BreakerState {
  failures: number;
  /** Epoch ms before which nothing is started; 0 without failures. */
  notBeforeMs: number;
  /** Epoch ms; a runner that was made later and works proves that starts work again. */
  lastFailureMs: number;
  /** The last failure was that the server never saw the runner: that one lives proves nothing. */
  wasUnseen: boolean;
  /** Only one start at a time, to see whether it works. */
  isOpen: boolean;
}

export const NO_FAILURES: BreakerState = {
  failures: 0,
  notBeforeMs: 0,
  lastFailureMs: 0,
  wasUnseen: false,
  isOpen: false,
};

/** Failed starts of each set of runners (or runner that no set owns) in a row. In memory: a restart of the fleet tries anew. */
export class StartBreaker {
  readonly #delaysMs: readonly number[];
  readonly #states = new Map<string, BreakerState>();

  constructor(delaysMs: readonly number[]) {
    this.#delaysMs = delaysMs;
  }

  state(uid: string): BreakerState {
    return this.#states.get(uid) ?? NO_FAILURES;
  }

  /**
   * Failures of one round count once: ten runners that fail together are one failed attempt.
   * @returns the new state when this failure counted
   */
  failed(uid: string, nowMs: number, wasUnseen = false): BreakerState | undefined {
    const before = this.state(uid);
    if (nowMs < before.notBeforeMs) return undefined;
    const delayMs = this.#delaysMs[before.failures] ?? PAUSE_MS;
    const state = {
      failures: before.failures + 1,
      notBeforeMs: nowMs + delayMs,
      lastFailureMs: nowMs,
      wasUnseen,
      isOpen: before.failures >= this.#delaysMs.length,
    };
    this.#states.set(uid, state);
    return state;
  }

  worked(uid: string): void {
    this.#states.delete(uid);
  }
}
