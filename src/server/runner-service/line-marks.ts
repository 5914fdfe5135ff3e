const NEWLINE = 10;
/** One offset is kept for so many lines. */
const LINES_PER_MARK = 256;

/** Where lines begin in a file that is read from its start and may grow: a sparse index. */
export class LineMarks {
  #size = 0;
  #total = 0;
  #endsInLine = false;
  /** `#marks[n]` is the offset of line `n * LINES_PER_MARK`, counted from 0. */
  readonly #marks: number[] = [0];

  /** Number of lines; one without a newline at its end counts only after `end()`. */
  get total(): number {
    return this.#total;
  }

  get size(): number {
    return this.#size;
  }

  /** Counts the lines that end in the next piece of the file. */
  push(piece: Uint8Array): void {
    for (let at = piece.indexOf(NEWLINE); at >= 0; at = piece.indexOf(NEWLINE, at + 1)) {
      this.#total++;
      if (this.#total % LINES_PER_MARK === 0) this.#marks.push(this.#size + at + 1);
    }
    this.#size += piece.length;
    if (piece.length > 0) this.#endsInLine = piece[piece.length - 1] !== NEWLINE;
  }

  /** Nothing more comes: what follows the last newline is a line too. */
  end(): void {
    if (this.#endsInLine) this.#total++;
    this.#endsInLine = false;
  }

  /**
   * Bytes to read for `limit` lines from line number `from` (counted from 1), and which of the lines in them are meant.
   * @returns undefined when there are none
   */
  place(from: number, limit: number): { start: number; end: number; skip: number; count: number } | undefined {
    const first = Math.max(1, from) - 1;
    const count = Math.min(limit, this.#total - first);
    if (count <= 0) return undefined;
    const mark = Math.floor(first / LINES_PER_MARK);
    const start = this.#marks[mark] ?? 0;
    const end = this.#marks[Math.ceil((first + count) / LINES_PER_MARK)] ?? this.#size;
    return { start, end, skip: first - mark * LINES_PER_MARK, count };
  }
}
