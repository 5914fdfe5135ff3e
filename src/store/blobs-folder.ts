import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { hasErrorCode } from '../common/errors.ts';
import { newGuid } from '../common/ids.ts';
import type { BlobStore } from './blobs.ts';

/** Blobs as files below one folder. What was answered for is on the disk: every write ends with a sync. */
export class FolderBlobs implements BlobStore {
  readonly #root: string;
  /** Last append under way, by name: pieces of one blob never mix. */
  readonly #appends = new Map<string, Promise<unknown>>();

  constructor(root: string) {
    this.#root = root;
  }

  async write(name: string, body: AsyncIterable<Uint8Array>): Promise<number> {
    const file = this.#file(name);
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    const draft = `${file}.${newGuid()}.new`;
    try {
      const sizeBytes = await fill(await open(draft, 'wx', 0o600), body);
      await rename(draft, file);
      return sizeBytes;
    } catch (error) {
      await rm(draft, { force: true });
      throw error;
    }
  }

  append(name: string, body: AsyncIterable<Uint8Array>): Promise<number> {
    const before = this.#appends.get(name) ?? Promise.resolve();
    const mine = before.then(() => this.#append(name, body));
    const settled = mine.catch(() => {});
    this.#appends.set(name, settled);
    void settled.then(() => {
      if (this.#appends.get(name) === settled) this.#appends.delete(name);
    });
    return mine;
  }

  async read(
    name: string,
    range: { start: number; end?: number } = { start: 0 },
  ): Promise<{ stream: Readable; size: number } | undefined> {
    const file = this.#file(name);
    const size = await sizeOf(file);
    return size === undefined ? undefined : { stream: createReadStream(file, range), size };
  }

  size(name: string): Promise<number | undefined> {
    return sizeOf(this.#file(name));
  }

  async delete(name: string): Promise<void> {
    await rm(this.#file(name), { force: true });
  }

  /** A piece that breaks off is taken back, so that its repetition does not double it. */
  async #append(name: string, body: AsyncIterable<Uint8Array>): Promise<number> {
    const file = this.#file(name);
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    const handle = await open(file, 'a', 0o600);
    const { size } = await handle.stat();
    try {
      await fill(handle, body);
    } catch (error) {
      await truncate(file, size);
      throw error;
    }
    return size;
  }

  /** @throws Error for a name that could leave the root */
  #file(name: string): string {
    const isSafe = name.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
    if (!isSafe || /[\\\0]/.test(name)) throw new Error(`"${name}" cannot be the name of a blob`);
    return join(this.#root, name);
  }
}

async function fill(handle: FileHandle, body: AsyncIterable<Uint8Array>): Promise<number> {
  let sizeBytes = 0;
  try {
    for await (const piece of body) {
      await handle.writeFile(piece);
      sizeBytes += piece.length;
    }
    await handle.datasync();
  } finally {
    await handle.close();
  }
  return sizeBytes;
}

async function truncate(file: string, size: number): Promise<void> {
  const handle = await open(file, 'r+');
  try {
    await handle.truncate(size);
  } finally {
    await handle.close();
  }
}

async function sizeOf(file: string): Promise<number | undefined> {
  try {
    const found = await stat(file);
    return found.isFile() ? found.size : undefined;
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT') || hasErrorCode(error, 'ENOTDIR')) return undefined;
    throw error;
  }
}
