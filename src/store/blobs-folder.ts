import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { newGuid } from '../common/ids.ts';
import type { BlobFacts, BlobStore } from './blobs.ts';
import {
  blockFile,
  dropBlocks,
  factsFrom,
  isOfBlocks,
  listFacts,
  moveBlocks,
  READ_BYTES,
  readBlocks,
  renameIfThere,
  statIfThere,
  writeList,
} from './block-files.ts';

/** Pieces of a body are written together: one call per piece would cost more than the writing. */
const BATCH_BYTES = 1024 * 1024;
const BATCH_PIECES = 256;

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
    const sizeBytes = await writeFile(file, body);
    await dropBlocks(file);
    return sizeBytes;
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

  stage(name: string, blockId: string, body: AsyncIterable<Uint8Array>): Promise<number> {
    return writeFile(blockFile(this.#file(name), blockId), body);
  }

  async commit(name: string, blockIds: string[]): Promise<boolean> {
    const file = this.#file(name);
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    return writeList(file, blockIds);
  }

  async move(from: string, to: string): Promise<void> {
    const [source, target] = [this.#file(from), this.#file(to)];
    await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    await renameIfThere(source, target);
    await moveBlocks(source, target);
    if ((await this.facts(to)) === undefined) throw new Error(`there is no blob "${from}"`);
  }

  async read(
    name: string,
    range: { start: number; end?: number } = { start: 0 },
  ): Promise<{ stream: Readable; size: number } | undefined> {
    const file = this.#file(name);
    const found = await statIfThere(file);
    if (!found?.isFile()) return readBlocks(file, range);
    return { stream: createReadStream(file, { ...range, highWaterMark: READ_BYTES }), size: found.size };
  }

  async facts(name: string): Promise<BlobFacts | undefined> {
    const file = this.#file(name);
    const found = await statIfThere(file);
    return found?.isFile() ? factsFrom(found, found.size) : listFacts(file);
  }

  async size(name: string): Promise<number | undefined> {
    return (await this.facts(name))?.sizeBytes;
  }

  async delete(name: string): Promise<void> {
    const file = this.#file(name);
    await rm(file, { force: true });
    await dropBlocks(file);
  }

  sweep(below: string, beforeMs: number): Promise<void> {
    return sweepFolder(this.#file(below), beforeMs);
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
    if (!isSafe || /[\\\0]/.test(name) || isOfBlocks(name)) throw new Error(`"${name}" cannot be the name of a blob`);
    return join(this.#root, name);
  }
}

async function writeFile(file: string, body: AsyncIterable<Uint8Array>): Promise<number> {
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

/** Writes one batch while the next is gathered, so that at most two are in memory. */
async function fill(handle: FileHandle, body: AsyncIterable<Uint8Array>): Promise<number> {
  let sizeBytes = 0;
  let batch: Uint8Array[] = [];
  let batchBytes = 0;
  let writing = Promise.resolve();
  try {
    for await (const piece of body) {
      batch.push(piece);
      batchBytes += piece.length;
      sizeBytes += piece.length;
      if (batchBytes < BATCH_BYTES && batch.length < BATCH_PIECES) continue;
      await writing;
      writing = writeBatch(handle, batch);
      // Awaited above or below; until then nobody may call it unhandled.
      writing.catch(() => {});
      batch = [];
      batchBytes = 0;
    }
    await writing;
    await writeBatch(handle, batch);
    await handle.datasync();
  } finally {
    await writing.catch(() => {});
    await handle.close();
  }
  return sizeBytes;
}

async function writeBatch(handle: FileHandle, pieces: Uint8Array[]): Promise<void> {
  if (pieces.length === 0) return;
  const wanted = pieces.reduce((sum, { length }) => sum + length, 0);
  const { bytesWritten } = await handle.writev(pieces);
  // A disk that is full takes a part first, and says so at the next call.
  if (bytesWritten < wanted) await handle.writeFile(Buffer.concat(pieces).subarray(bytesWritten));
}

async function truncate(file: string, size: number): Promise<void> {
  const handle = await open(file, 'r+');
  try {
    await handle.truncate(size);
  } finally {
    await handle.close();
  }
}

async function sweepFolder(folder: string, beforeMs: number): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      await sweepFolder(path, beforeMs);
      // Refused for one that is not empty.
      await rmdir(path).catch(() => {});
    } else if (((await statIfThere(path))?.mtimeMs ?? beforeMs) < beforeMs) await rm(path, { force: true });
  }
}
