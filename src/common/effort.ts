/**
 * Counts steps of work whose size others decide, so that none can keep the process busy: an event loop that is blocked
 * serves nobody. Steps are of about the same length; the one who makes it says how many there may be.
 */
export class Effort {
  #left: number;
  readonly #exceeded: () => Error;

  /** @param exceeded what to throw when there were more than `steps` */
  constructor(steps: number, exceeded: () => Error) {
    this.#left = steps;
    this.#exceeded = exceeded;
  }

  /** @throws what was given for it, when that is more than is left */
  spend(steps: number): void {
    this.#left -= steps;
    if (this.#left < 0) throw this.#exceeded();
  }
}
