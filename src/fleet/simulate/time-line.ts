/** What is to happen, soonest first; of equal times in the order in which it was added. A binary heap. */
export class TimeLine<Event> {
  readonly #heap: { atMs: number; order: number; event: Event }[] = [];
  #added = 0;

  get nextMs(): number | undefined {
    return this.#heap[0]?.atMs;
  }

  add(atMs: number, event: Event): void {
    this.#heap.push({ atMs, order: this.#added++, event });
    let index = this.#heap.length - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.#isBefore(index, parent)) return;
      this.#swap(index, parent);
      index = parent;
    }
  }

  /** The soonest, taken out. */
  take(): Event | undefined {
    const first = this.#heap[0];
    const last = this.#heap.pop();
    if (!first || !last || this.#heap.length === 0) return first?.event;
    this.#heap[0] = last;
    this.#sink();
    return first.event;
  }

  #sink(): void {
    let index = 0;
    for (;;) {
      let soonest = index;
      for (const child of [2 * index + 1, 2 * index + 2]) {
        if (child < this.#heap.length && this.#isBefore(child, soonest)) soonest = child;
      }
      if (soonest === index) return;
      this.#swap(index, soonest);
      index = soonest;
    }
  }

  #isBefore(a: number, b: number): boolean {
    const [one, other] = [this.#heap[a], this.#heap[b]];
    if (!one || !other) return false;
    return one.atMs < other.atMs || (one.atMs === other.atMs && one.order < other.order);
  }

  #swap(a: number, b: number): void {
    const [one, other] = [this.#heap[a], this.#heap[b]];
    if (!one || !other) return;
    this.#heap[a] = other;
    this.#heap[b] = one;
  }
}
