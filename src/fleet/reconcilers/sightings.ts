/** `gone`: the server knows the registration no more. */
export type Seen = 'online' | 'offline' | 'gone';

export interface Sighting {
  seen: Seen;
  /** When it was first seen so without being seen otherwise since; epoch ms. */
  sinceMs: number;
  /** How often it was seen so in a row. */
  looks: number;
  /** It was online at some look. */
  wasOnline: boolean;
}

/** What the server said of runners when it was last asked, by instance name. In memory: it is asked again anyway. */
export class Sightings {
  readonly #known = new Map<string, Sighting>();

  of(name: string): Sighting | undefined {
    return this.#known.get(name);
  }

  /** @returns whether it is another thing than at the last look, or the second of a kind: what follows from it may change */
  note(name: string, seen: Seen, nowMs: number): boolean {
    const before = this.#known.get(name);
    const isSame = before?.seen === seen;
    const looks = isSame ? before.looks + 1 : 1;
    const wasOnline = seen === 'online' || before?.wasOnline === true;
    this.#known.set(name, { seen, sinceMs: isSame ? before.sinceMs : nowMs, looks, wasOnline });
    return looks <= 2;
  }

  /** It is started anew, or is no more. */
  forget(name: string): void {
    this.#known.delete(name);
  }
}
