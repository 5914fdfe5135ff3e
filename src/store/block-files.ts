/**
 * A blob that came in blocks: `<file>.blocks` holds them, `<file>.list` says which of them it is made of and in which
 * order. So a commit costs nothing per byte, however large the blob is.
 */
import { createReadStream } from 'node:fs';
import { open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { hasErrorCode } from '../common/errors.ts';
import { newGuid, sha256Hex } from '../common/ids.ts';
import type { BlobFacts } from './blobs.ts';

/** Of one read from the disk. */
export const READ_BYTES = 512 * 1024;

const LIST = '.list';
const BLOCKS = '.blocks';

/** Names that a blob must not have. */
export const isOfBlocks = (name: string): boolean => /\.(?:list|blocks)(?:\/|$)/.test(name);

interface Block {
  file: string;
  sizeBytes: number;
}

/** Ids are up to 64 bytes of anything. */
export const blockFile = (file: string, id: string): string => join(file + BLOCKS, sha256Hex(id));

/** @returns false when one of the blocks is not there */
export async function writeList(file: string, ids: string[]): Promise<boolean> {
  const blocks: Block[] = [];
  for (const id of ids) {
    const sizeBytes = await sizeOf(blockFile(file, id));
    if (sizeBytes === undefined) return false;
    blocks.push({ file: sha256Hex(id), sizeBytes });
  }
  const draft = `${file}.${newGuid()}.new`;
  const handle = await open(draft, 'wx', 0o600);
  try {
    await handle.writeFile(JSON.stringify(blocks));
    await handle.datasync();
  } finally {
    await handle.close();
  }
  await rename(draft, file + LIST);
  await rm(file, { force: true });
  await dropOthers(file, new Set(blocks.map((block) => block.file)));
  return true;
}

export async function listFacts(file: string): Promise<BlobFacts | undefined> {
  const [blocks, found] = await Promise.all([readList(file), statIfThere(file + LIST)]);
  if (!blocks || !found) return undefined;
  return factsFrom(
    found,
    blocks.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
  );
}

export const factsFrom = (found: { mtimeMs: number; ino: number }, sizeBytes: number): BlobFacts => ({
  sizeBytes,
  etag: `${Math.round(found.mtimeMs * 1000).toString(16)}-${found.ino.toString(16)}-${sizeBytes.toString(16)}`,
  modifiedMs: found.mtimeMs,
});

export async function readBlocks(
  file: string,
  { start, end = Number.POSITIVE_INFINITY }: { start: number; end?: number },
): Promise<{ stream: Readable; size: number } | undefined> {
  const blocks = await readList(file);
  if (!blocks) return undefined;
  const size = blocks.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const stream = Readable.from(piecesOf(file, blocks, start, end), { objectMode: false, highWaterMark: READ_BYTES });
  return { stream, size };
}

async function* piecesOf(file: string, blocks: Block[], start: number, end: number): AsyncGenerator<Uint8Array> {
  let offset = 0;
  for (const block of blocks) {
    const first = Math.max(start - offset, 0);
    const last = Math.min(end - offset, block.sizeBytes - 1);
    offset += block.sizeBytes;
    if (first > last) continue;
    yield* createReadStream(join(file + BLOCKS, block.file), { start: first, end: last, highWaterMark: READ_BYTES });
  }
}

/** The blocks go first: without its list nobody reads them, and another try finds what is left to move. */
export async function moveBlocks(from: string, to: string): Promise<void> {
  for (const part of [BLOCKS, LIST]) await renameIfThere(from + part, to + part);
}

export async function dropBlocks(file: string): Promise<void> {
  await rm(file + LIST, { force: true });
  await rm(file + BLOCKS, { recursive: true, force: true });
}

async function dropOthers(file: string, kept: Set<string>): Promise<void> {
  for (const name of await readdir(file + BLOCKS).catch(() => [])) {
    if (!kept.has(name)) await rm(join(file + BLOCKS, name), { force: true });
  }
}

async function readList(file: string): Promise<Block[] | undefined> {
  try {
    return JSON.parse(await readFile(file + LIST, 'utf8')) as Block[];
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT') || hasErrorCode(error, 'ENOTDIR')) return undefined;
    throw error;
  }
}

export async function renameIfThere(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (!hasErrorCode(error, 'ENOENT')) throw error;
  }
}

export async function statIfThere(file: string) {
  try {
    return await stat(file);
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT') || hasErrorCode(error, 'ENOTDIR')) return undefined;
    throw error;
  }
}

async function sizeOf(file: string): Promise<number | undefined> {
  const found = await statIfThere(file);
  return found?.isFile() ? found.size : undefined;
}
