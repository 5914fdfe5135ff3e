import type { SourceError } from '../../protocol/dashboard/index.ts';

/** SEM-1.8 */
export const MAX_PROBLEMS = 10;
const MAX_MESSAGE_LENGTH = 500;

/** A place in the file, as template tokens carry it. */
export interface Place {
  line?: number;
  col?: number;
}

/** Collects what is wrong in one file, in the order of the file. */
export class Problems {
  readonly list: SourceError[] = [];
  readonly #file: string;
  readonly #limit: number;

  constructor(file: string, limit = MAX_PROBLEMS) {
    this.#file = file;
    this.#limit = limit;
  }

  add(message: string, place: Place | null | undefined): void {
    if (this.list.length >= this.#limit) return;
    const cut = message.length > MAX_MESSAGE_LENGTH ? `${message.slice(0, MAX_MESSAGE_LENGTH)}[...]` : message;
    this.list.push({ file: this.#file, line: place?.line ?? null, column: place?.col ?? null, message: cut });
    this.list.sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
  }
}
