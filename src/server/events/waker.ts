/**
 * Does `task` when woken, never twice at once: whoever wakes it while it is under way makes it do its work once more.
 * `task` must not throw.
 */
export class Waker {
  readonly #task: () => Promise<void>;
  #underWay: Promise<void> | undefined;
  #isAsked = false;
  #isClosed = false;

  constructor(task: () => Promise<void>) {
    this.#task = task;
  }

  wake(): void {
    if (this.#isClosed) return;
    this.#isAsked = true;
    this.#underWay ??= this.#work();
  }

  /** Waits for what is under way; nothing begins after it. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#isAsked = false;
    await this.#underWay;
  }

  async #work(): Promise<void> {
    while (this.#isAsked) {
      this.#isAsked = false;
      await this.#task();
    }
    this.#underWay = undefined;
  }
}
