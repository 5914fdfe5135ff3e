import type { Clock } from '../../common/clock.ts';

/**
 * Does `task` when woken, never twice at once: whoever wakes it while it is under way makes it do its work once more.
 * `task` must not throw.
 */
export class Waker {
  readonly #clock: Clock;
  readonly #task: () => Promise<void>;
  #underWay: Promise<void> | undefined;
  #isAsked = false;
  #isOpen = false;
  #nextMs = Number.POSITIVE_INFINITY;
  #cancelTimer: () => void = () => {};

  constructor(clock: Clock, task: () => Promise<void>) {
    this.#clock = clock;
    this.#task = task;
  }

  /** Wakes it; before this nothing does. */
  start(): void {
    this.#isOpen = true;
    this.wake();
  }

  wake(): void {
    if (!this.#isOpen) return;
    this.#isAsked = true;
    this.#underWay ??= this.#work();
  }

  /**
   * Of several times the earliest counts; when the task begins, they are forgotten.
   * @param atMs ms since the epoch
   */
  wakeAt(atMs: number): void {
    if (!this.#isOpen || atMs >= this.#nextMs) return;
    this.#cancelTimer();
    this.#nextMs = atMs;
    this.#cancelTimer = this.#clock.after(Math.max(0, atMs - this.#clock.now()), () => this.wake());
  }

  /** Waits for what is under way; nothing begins after it. */
  async close(): Promise<void> {
    this.#isOpen = false;
    this.#isAsked = false;
    this.#cancelTimer();
    await this.#underWay;
  }

  async #work(): Promise<void> {
    while (this.#isAsked) {
      this.#isAsked = false;
      this.#cancelTimer();
      this.#nextMs = Number.POSITIVE_INFINITY;
      await this.#task();
    }
    this.#underWay = undefined;
  }
}
