import { UserError } from '../../common/errors.ts';
import type { BlobStore } from '../../store/blobs.ts';

/** 50,000 ids of 64 bytes in base64 with their tags. */
const MAX_LIST_BYTES = 8 * 1024 * 1024;
/** Of an id in base64; Azure's own limit. */
const MAX_ID_LENGTH = 88;

/** A block lies beside the blob until a list makes it part of it (runner-protocol 9.3). */
export async function stageBlock(
  blobs: BlobStore,
  blob: string,
  blockId: string | undefined,
  body: AsyncIterable<Uint8Array>,
): Promise<void> {
  if (!blockId || blockId.length > MAX_ID_LENGTH) {
    throw new UserError('InvalidQueryParameterValue', 'A block needs a blockid.', { status: 400 });
  }
  await blobs.stage(blob, blockId, body);
}

/**
 * Puts the blocks together in the order of the list, whatever order they came in. May be repeated after a lost answer.
 * @throws UserError 400 for a list with a block that never came
 */
export async function commitBlocks(blobs: BlobStore, blob: string, list: AsyncIterable<Uint8Array>): Promise<void> {
  if (await blobs.commit(blob, blockIds(await readText(list)))) return;
  throw new UserError('InvalidBlockList', 'The list names a block that was not uploaded.', { status: 400 });
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
