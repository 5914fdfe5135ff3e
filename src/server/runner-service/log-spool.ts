import { closeSync, existsSync, fstatSync, ftruncateSync, mkdirSync, openSync, readSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { LineMarks } from './line-marks.ts';

const READ_BYTES = 256 * 1024;
/** A step that prints more is read from its blob only. */
const MAX_BYTES = 512 * 1024 * 1024;

/**
 * Lines in a file that grows at its end. Writes are synchronous: they end in the page cache after some microseconds,
 * for a hundred lines at a time, and nothing can be read half-written.
 */
export class LogSpool {
  readonly #fd: number;
  readonly #marks = new LineMarks();

  static exists(file: string): boolean {
    return existsSync(file);
  }

  /** Goes on where an earlier process left off; a line that it wrote half is dropped. */
  constructor(file: string) {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    this.#fd = openSync(file, 'a+', 0o600);
    this.#scan();
  }

  /** Number of lines. */
  get total(): number {
    return this.#marks.total;
  }

  /** @returns false when the file is full */
  append(lines: string[]): boolean {
    if (this.#marks.size > MAX_BYTES) return false;
    const piece = Buffer.from(`${lines.join('\n')}\n`);
    for (let written = 0; written < piece.length; ) written += writeSync(this.#fd, piece, written);
    this.#marks.push(piece);
    return true;
  }

  /** Up to `limit` lines from line number `from`, counted from 1. */
  read(from: number, limit: number): string[] {
    const place = this.#marks.place(from, limit);
    if (!place) return [];
    const piece = Buffer.alloc(place.end - place.start);
    const bytes = readSync(this.#fd, piece, 0, piece.length, place.start);
    const lines = piece.toString('utf8', 0, bytes).split('\n');
    return lines.slice(place.skip, place.skip + place.count);
  }

  close(): void {
    closeSync(this.#fd);
  }

  #scan(): void {
    const { size } = fstatSync(this.#fd);
    const complete = this.#endOfLastLine(size);
    if (complete < size) ftruncateSync(this.#fd, complete);
    const piece = Buffer.alloc(Math.min(READ_BYTES, complete));
    for (let at = 0; at < complete; ) {
      const bytes = readSync(this.#fd, piece, 0, Math.min(piece.length, complete - at), at);
      if (bytes === 0) break;
      this.#marks.push(piece.subarray(0, bytes));
      at += bytes;
    }
  }

  #endOfLastLine(size: number): number {
    const piece = Buffer.alloc(Math.min(READ_BYTES, size));
    const start = size - piece.length;
    const bytes = readSync(this.#fd, piece, 0, piece.length, start);
    return start + piece.subarray(0, bytes).lastIndexOf('\n') + 1;
  }
}
