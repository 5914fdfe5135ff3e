import type { Clock } from '../../common/clock.ts';

/** GitHub counts by the hour too. */
const WINDOW_MS = 60 * 60 * 1000;
/** Above it windows that have ended are forgotten; so memory follows how many callers there were in an hour. */
const MANY = 10_000;

interface Window {
  used: number;
  resetAt: number;
}

export interface RateState {
  limit: number;
  used: number;
  remaining: number;
  /** ms since the epoch. */
  resetAt: number;
}

/** How often each caller called in its current hour, in memory: a restart is generous. */
export class RateLimits {
  readonly #limit: number;
  readonly #clock: Clock;
  readonly #windows = new Map<string, Window>();

  /** @param limit requests of one caller in an hour; 0 for no limit */
  constructor(limit: number, clock: Clock) {
    this.#limit = limit;
    this.#clock = clock;
  }

  get isOff(): boolean {
    return this.#limit === 0;
  }

  /** Counts a request. @returns undefined when it is one too many, which is not counted */
  take(caller: string): RateState | undefined {
    const window = this.#windowOf(caller);
    if (window.used >= this.#limit) return undefined;
    window.used++;
    return this.#stateOf(window);
  }

  /** How the caller stands, without counting. */
  peek(caller: string): RateState {
    return this.#stateOf(this.#windowOf(caller));
  }

  #stateOf({ used, resetAt }: Window): RateState {
    return { limit: this.#limit, used, remaining: this.#limit - used, resetAt };
  }

  #windowOf(caller: string): Window {
    const now = this.#clock.now();
    const known = this.#windows.get(caller);
    if (known && known.resetAt > now) return known;
    if (this.#windows.size >= MANY) this.#forget(now);
    const window = { used: 0, resetAt: now + WINDOW_MS };
    this.#windows.set(caller, window);
    return window;
  }

  #forget(now: number): void {
    for (const [caller, { resetAt }] of this.#windows) if (resetAt <= now) this.#windows.delete(caller);
  }
}
