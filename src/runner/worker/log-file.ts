/** A log on the local disk, and its upload block by block. Source: runner-protocol 8.2, 8.4. */
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { open } from 'node:fs/promises';

/** Characters that are gathered before they are written. */
const BUFFER_LENGTH = 128 * 1024;
const BYTE_ORDER_MARK = '\uFEFF';

/**
 * Written synchronously: appending to the page cache takes microseconds, keeps the order without a queue, and needs
 * no memory when a step prints faster than the server takes it.
 */
export class LogFile {
  readonly path: string;
  readonly #file: number;
  #pending: string[] = [];
  #pendingLength = 0;
  /** Bytes that are on the disk. */
  size = 0;
  lineCount = 0;

  constructor(path: string) {
    this.path = path;
    this.#file = openSync(path, 'w', 0o600);
  }

  /** @param text complete lines, each with its line break */
  append(text: string, lines: number): void {
    // Only with the first line: alone, the mark would be shown as one.
    if (this.lineCount === 0) this.#push(BYTE_ORDER_MARK);
    this.lineCount += lines;
    this.#push(text);
    if (this.#pendingLength >= BUFFER_LENGTH) this.flush();
  }

  flush(): void {
    if (this.#pendingLength === 0) return;
    const bytes = Buffer.from(this.#pending.join(''), 'utf8');
    this.#pending = [];
    this.#pendingLength = 0;
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#file, bytes, at);
    this.size += bytes.length;
  }

  async read(position: number, length: number): Promise<Buffer> {
    const file = await open(this.path, 'r');
    try {
      const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(length), 0, length, position);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  }

  close(): void {
    this.flush();
    closeSync(this.#file);
  }

  remove(): void {
    rmSync(this.path, { force: true });
  }

  #push(text: string): void {
    this.#pending.push(text);
    this.#pendingLength += text.length;
  }
}
