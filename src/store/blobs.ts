import type { Readable } from 'node:stream';

/**
 * Where logs, artifacts and caches lie. Names are slash-separated paths that the server makes itself; an
 * implementation refuses names that leave its root. Bodies are streams: none is held in memory.
 */
export interface BlobStore {
  /** Writes a whole blob, replacing one of that name only once all of it arrived. @returns its size in bytes */
  write(name: string, body: AsyncIterable<Uint8Array>): Promise<number>;
  /** Adds to the end, creating the blob where it does not exist. @returns where the piece begins, in bytes */
  append(name: string, body: AsyncIterable<Uint8Array>): Promise<number>;
  /** @returns undefined when there is no such blob */
  read(name: string, range?: { start: number; end?: number }): Promise<{ stream: Readable; size: number } | undefined>;
  size(name: string): Promise<number | undefined>;
  delete(name: string): Promise<void>;
}
