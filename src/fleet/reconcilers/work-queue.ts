import { type BackOff, retryDelayMs } from '../../common/back-off.ts';
import type { Clock } from '../../common/clock.ts';

export interface WorkQueueOptions {
  clock: Clock;
  /** Handles one key. Throwing means: try again, each time later. */
  work: (key: string) => Promise<void>;
  onError: (key: string, error: unknown, retryInMs: number) => void;
  /** How many keys are worked on at once. */
  concurrency: number;
}

const RETRY: BackOff = { firstMs: 250, maxMs: 60_000 };

/**
 * Level-triggered: a key waits at most once, is never worked on twice at the same time, and is worked on again if it
 * was added meanwhile. A failing key comes back by itself, others are not held up by it.
 */
export class WorkQueue {
  readonly #options: WorkQueueOptions;
  readonly #waiting = new Set<string>();
  readonly #running = new Set<string>();
  readonly #again = new Set<string>();
  readonly #failures = new Map<string, number>();
  readonly #timers = new Map<string, { atMs: number; cancel: () => void }>();
  #idle: (() => void)[] = [];
  #isClosed = false;

  constructor(options: WorkQueueOptions) {
    this.#options = options;
  }

  add(key: string): void {
    if (this.#isClosed) return;
    if (this.#running.has(key)) this.#again.add(key);
    else this.#waiting.add(key);
    this.#next();
  }

  /** Adds the key at `atMs`, unless an earlier time is already set for it. */
  addAt(key: string, atMs: number): void {
    const set = this.#timers.get(key);
    if (this.#isClosed || (set && set.atMs <= atMs)) return;
    set?.cancel();
    const cancel = this.#options.clock.after(atMs - this.#options.clock.now(), () => {
      this.#timers.delete(key);
      this.add(key);
    });
    this.#timers.set(key, { atMs, cancel });
  }

  /** Resolves when no key waits and none is worked on; keys that wait for a time do not count. */
  idle(): Promise<void> {
    if (this.#waiting.size === 0 && this.#running.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  /** Takes nothing more on, and resolves when what is being worked on is done. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#waiting.clear();
    this.#again.clear();
    for (const { cancel } of this.#timers.values()) cancel();
    this.#timers.clear();
    await this.idle();
  }

  #next(): void {
    for (const key of this.#waiting) {
      if (this.#running.size >= this.#options.concurrency) return;
      this.#waiting.delete(key);
      this.#running.add(key);
      // Later in this turn: whoever adds a key is often in the middle of telling others about the same change.
      queueMicrotask(() => void this.#work(key));
    }
  }

  async #work(key: string): Promise<void> {
    try {
      await this.#options.work(key);
      this.#failures.delete(key);
    } catch (error) {
      this.#retry(key, error);
    }
    this.#running.delete(key);
    if (this.#again.delete(key) && !this.#isClosed) this.#waiting.add(key);
    this.#next();
    if (this.#waiting.size > 0 || this.#running.size > 0) return;
    const waiting = this.#idle;
    this.#idle = [];
    for (const resolve of waiting) resolve();
  }

  #retry(key: string, error: unknown): void {
    const attempt = this.#failures.get(key) ?? 0;
    this.#failures.set(key, attempt + 1);
    const delayMs = retryDelayMs(error, attempt, RETRY);
    this.#options.onError(key, error, delayMs);
    this.addAt(key, this.#options.clock.now() + delayMs);
  }
}
