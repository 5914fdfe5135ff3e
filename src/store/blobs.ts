import type { Readable } from 'node:stream';

/** What is known of a blob without reading it. */
export interface BlobFacts {
  sizeBytes: number;
  /** The same for as long as the content is. Without quotes. */
  etag: string;
  modifiedMs: number;
}

/**
 * Where logs, artifacts and caches lie. Names are slash-separated paths that the server makes itself; an
 * implementation refuses names that leave its root. Bodies are streams: none is held in memory.
 */
export interface BlobStore {
  /** Writes a whole blob, replacing one of that name only once all of it arrived. @returns its size in bytes */
  write(name: string, body: AsyncIterable<Uint8Array>): Promise<number>;
  /** Adds to the end, creating the blob where it does not exist. @returns where the piece begins, in bytes */
  append(name: string, body: AsyncIterable<Uint8Array>): Promise<number>;
  /**
   * Keeps a block that a later `commit` may make part of the blob; until then readers see nothing of it. One of the same
   * id is replaced. Blocks of one blob may come in any order and side by side.
   */
  stage(name: string, blockId: string, body: AsyncIterable<Uint8Array>): Promise<number>;
  /**
   * Makes these blocks the blob, in this order; other blocks of it are gone. May be repeated.
   * @returns false, having changed nothing, when one of them was never staged
   */
  commit(name: string, blockIds: string[]): Promise<boolean>;
  /** Gives a blob another name, also when an earlier try broke off. @throws Error when there is none */
  move(from: string, to: string): Promise<void>;
  /** @returns undefined when there is no such blob */
  read(name: string, range?: { start: number; end?: number }): Promise<{ stream: Readable; size: number } | undefined>;
  facts(name: string): Promise<BlobFacts | undefined>;
  size(name: string): Promise<number | undefined>;
  /** With its blocks, if it has any. */
  delete(name: string): Promise<void>;
  /** Removes whatever below a name nobody has written to since then: uploads that were given up. */
  sweep(below: string, beforeMs: number): Promise<void>;
}
