/** Matching of a parsed glob in time that grows with the name alone, whatever the pattern (SEM-3.14). */
import type { Effort } from '../common/effort.ts';

/** One character of a name, how often, and where else the match may go on instead. */
export interface Element {
  /** Whether a character with this code point fits. */
  accepts(code: number): boolean;
  optional: boolean;
  repeats: boolean;
  /** How far on the match may go instead of through this element. */
  skips?: number;
  /** The only character that fits. */
  plain?: string;
}

/** Of finding out where one character leads; mostly that is known. A step takes some 10 ns. */
const STEPS_PER_ELEMENT = 10;

/** The positions in the pattern that a part of a name can have led to. */
interface State {
  positions: number[];
  accepting: boolean;
  next: Map<number, State>;
}

/** What is known of one pattern is forgotten when it holds more numbers than this: some 200 kB. */
const MAX_KNOWN = 10_000;

/**
 * Follows all ways through the pattern at once, and remembers where each character leads: a regular expression with many
 * stars would backtrack for ever on a name chosen to do so.
 */
export class Automaton {
  readonly #elements: Element[];
  readonly #states = new Map<string, State>();
  #known = 0;
  #start: State | undefined;

  constructor(elements: Element[]) {
    this.#elements = elements;
  }

  /** @throws when `effort` is used up */
  accepts(name: string, effort?: Effort): boolean {
    effort?.spend(name.length);
    this.#start ??= this.#stateAfter(this.#marks([0]));
    let state = this.#start;
    for (const character of name) {
      const code = character.codePointAt(0) ?? 0;
      state = state.next.get(code) ?? this.#follow(state, code, effort);
      if (state.positions.length === 0) return false;
    }
    return state.accepting;
  }

  #follow(state: State, code: number, effort: Effort | undefined): State {
    effort?.spend(STEPS_PER_ELEMENT * this.#elements.length);
    if (this.#known > MAX_KNOWN) this.#forget();
    const targets: number[] = [];
    for (const index of state.positions) {
      const element = this.#elements[index];
      if (!element?.accepts(code)) continue;
      targets.push(index + 1);
      if (element.repeats) targets.push(index);
    }
    const next = this.#stateAfter(this.#marks(targets));
    this.#known++;
    state.next.set(code, next);
    return next;
  }

  #marks(positions: number[]): Uint8Array {
    const marks = new Uint8Array(this.#elements.length + 1);
    for (const position of positions) marks[position] = 1;
    return marks;
  }

  /** The state of the marked positions and of those that follow by leaving out what is optional. */
  #stateAfter(marks: Uint8Array): State {
    const positions: number[] = [];
    for (let index = 0; index < marks.length; index++) {
      if (!marks[index]) continue;
      positions.push(index);
      const { optional = false, skips = 0 } = this.#elements[index] ?? {};
      if (optional) marks[index + 1] = 1;
      if (skips) marks[index + skips] = 1;
    }
    const key = positions.join();
    const known = this.#states.get(key);
    if (known) return known;
    const state = { positions, accepting: marks[this.#elements.length] === 1, next: new Map() };
    this.#states.set(key, state);
    this.#known += positions.length;
    return state;
  }

  #forget(): void {
    this.#states.clear();
    this.#start = undefined;
    this.#known = 0;
  }
}
