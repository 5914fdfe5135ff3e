import { StringDecoder } from 'node:string_decoder';

/** A line longer than this many characters goes on in the next one, so that endless lines need bounded memory. */
export const MAX_LINE_LENGTH = 1024 * 1024;

/** Where to cut a text that exceeds the limit; 0 means "not yet, give me more". */
export type CutLine = (text: string, limit: number) => number;

/** Turns bytes into lines. Bytes that are not UTF-8 become U+FFFD; both CRLF and LF end a line (SEM-16.7). */
export class LineSplitter {
  readonly #decoder = new StringDecoder('utf8');
  readonly #cutAt: CutLine;
  readonly #maxLength: number;
  /** Pieces of the unfinished line. */
  #rest: string[] = [];
  #restLength = 0;

  constructor(cutAt: CutLine = (_text, limit) => limit, maxLength = MAX_LINE_LENGTH) {
    this.#cutAt = cutAt;
    this.#maxLength = maxLength;
  }

  push(chunk: Buffer): string[] {
    const text = this.#decoder.write(chunk);
    const lastBreak = text.lastIndexOf('\n');
    if (lastBreak < 0) return this.#keep(text);
    const lines = (this.#takeRest() + text.slice(0, lastBreak)).split('\n').flatMap((line) => this.#cutLong(line));
    return [...lines.map(withoutReturn), ...this.#keep(text.slice(lastBreak + 1))];
  }

  /** The last line, when the output did not end with a line break. */
  end(): string[] {
    const rest = this.#takeRest() + this.#decoder.end();
    return rest === '' ? [] : this.#cutLong(rest).map(withoutReturn);
  }

  #keep(text: string): string[] {
    if (text !== '') this.#rest.push(text);
    this.#restLength += text.length;
    if (this.#restLength <= this.#maxLength * 2) return [];
    const pieces = this.#cutLong(this.#takeRest());
    const last = pieces.pop() ?? '';
    this.#rest = [last];
    this.#restLength = last.length;
    return pieces;
  }

  #takeRest(): string {
    const rest = this.#rest.join('');
    this.#rest = [];
    this.#restLength = 0;
    return rest;
  }

  #cutLong(line: string): string[] {
    if (line.length <= this.#maxLength) return [line];
    const pieces: string[] = [];
    let left = line;
    while (left.length > this.#maxLength) {
      const cut = this.#cutAt(left, this.#maxLength);
      if (cut === 0 || cut >= left.length) break;
      pieces.push(left.slice(0, cut));
      left = left.slice(cut);
    }
    return [...pieces, left];
  }
}

const withoutReturn = (line: string): string => (line.endsWith('\r') ? line.slice(0, -1) : line);
