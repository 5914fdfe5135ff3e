import { UserError } from '../../common/errors.ts';
import { sha256Hex } from '../../common/ids.ts';
import type { BlobStore } from '../../store/blobs.ts';

/** Blocks lie beside the blobs until a list puts them together (runner-protocol 9.3). */
const blockName = (blob: string, blockId: string): string => `blocks/${blob}/${sha256Hex(blockId)}`;

/** 50,000 ids of 64 bytes in base64 with their tags. */
const MAX_LIST_BYTES = 8 * 1024 * 1024;

export async function stageBlock(
  blobs: BlobStore,
  blob: string,
  blockId: string | undefined,
  body: AsyncIterable<Uint8Array>,
): Promise<void> {
  if (!blockId) throw new UserError('InvalidQueryParameterValue', 'A block needs a blockid.', { status: 400 });
  await blobs.write(blockName(blob, blockId), body);
}

/**
 * Puts the blocks together in the order of the list, whatever order they came in. May be repeated after a lost answer.
 * @throws UserError 400 for a list with a block that never came
 */
export async function commitBlocks(blobs: BlobStore, blob: string, list: AsyncIterable<Uint8Array>): Promise<void> {
  const ids = blockIds(await readText(list));
  const names = ids.map((id) => blockName(blob, id));
  const missing = await firstMissing(blobs, names);
  if (missing !== undefined) {
    const isRepeated = missing === 0 && (await blobs.size(blob)) !== undefined;
    if (isRepeated) return;
    throw new UserError('InvalidBlockList', 'The list names a block that was not uploaded.', { status: 400 });
  }
  await blobs.write(blob, joined(blobs, names));
  // The first goes first: a repetition sees by its absence that the list was committed.
  for (const name of [...new Set(names)]) await blobs.delete(name);
}

async function* joined(blobs: BlobStore, names: string[]): AsyncGenerator<Uint8Array> {
  for (const name of names) {
    const block = await blobs.read(name);
    if (!block) throw new Error(`the block ${name} has gone while it was read`);
    yield* block.stream;
  }
}

async function firstMissing(blobs: BlobStore, names: string[]): Promise<number | undefined> {
  for (const [index, name] of names.entries()) if ((await blobs.size(name)) === undefined) return index;
  return undefined;
}

function blockIds(xml: string): string[] {
  const ids: string[] = [];
  for (const [, id = ''] of xml.matchAll(/<(?:Latest|Uncommitted|Committed)>([^<]*)</g)) ids.push(id.trim());
  return ids;
}

async function readText(body: AsyncIterable<Uint8Array>): Promise<string> {
  const pieces: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const piece of body) {
    sizeBytes += piece.length;
    if (sizeBytes > MAX_LIST_BYTES)
      throw new UserError('RequestBodyTooLarge', 'The list is too long.', { status: 413 });
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}
