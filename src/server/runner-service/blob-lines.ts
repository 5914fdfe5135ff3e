import type { BlobStore } from '../../store/blobs.ts';
import { LineMarks } from './line-marks.ts';

/** Blobs whose index is kept. */
const KEPT = 500;
const BYTE_ORDER_MARK = '\uFEFF';

/** Reads blobs by line number; the first reading of a blob counts its lines. */
export class BlobLines {
  readonly #blobs: BlobStore;
  readonly #indexes = new Map<string, { size: number; marks: Promise<LineMarks> }>();

  constructor(blobs: BlobStore) {
    this.#blobs = blobs;
  }

  /** Up to `limit` lines from line number `from`. @returns undefined when there is no such blob */
  async read(name: string, from: number, limit: number): Promise<{ lines: string[]; total: number } | undefined> {
    const size = await this.#blobs.size(name);
    if (size === undefined) return undefined;
    const marks = await this.#marks(name, size);
    const place = marks.place(from, limit);
    if (!place) return { lines: [], total: marks.total };
    const blob = await this.#blobs.read(name, { start: place.start, end: place.end - 1 });
    if (!blob) return undefined;
    const pieces: Buffer[] = [];
    for await (const piece of blob.stream) pieces.push(piece);
    const lines = Buffer.concat(pieces).toString('utf8').split('\n');
    return { lines: lines.slice(place.skip, place.skip + place.count).map(cleanLine), total: marks.total };
  }

  /** A blob that grew since is read anew. */
  #marks(name: string, size: number): Promise<LineMarks> {
    const known = this.#indexes.get(name);
    if (known?.size === size) return known.marks;
    const marks = this.#scan(name, size);
    this.#indexes.delete(name);
    const oldest = this.#indexes.keys().next().value;
    if (this.#indexes.size >= KEPT && oldest !== undefined) this.#indexes.delete(oldest);
    this.#indexes.set(name, { size, marks });
    marks.catch(() => this.#indexes.delete(name));
    return marks;
  }

  async #scan(name: string, size: number): Promise<LineMarks> {
    const marks = new LineMarks();
    const blob = size > 0 ? await this.#blobs.read(name, { start: 0, end: size - 1 }) : undefined;
    if (blob) for await (const piece of blob.stream) marks.push(piece);
    marks.end();
    return marks;
  }
}

/** The runner's first block begins with a byte order mark (runner-protocol 8.2); Windows runners end lines with CRLF. */
function cleanLine(line: string): string {
  const text = line.startsWith(BYTE_ORDER_MARK) ? line.slice(1) : line;
  return text.endsWith('\r') ? text.slice(0, -1) : text;
}
