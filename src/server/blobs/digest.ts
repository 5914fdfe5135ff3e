import { createHash } from 'node:crypto';
import type { BlobStore } from '../../store/blobs.ts';

/** SHA-256 in hex of a whole blob. @throws Error when there is none */
export async function digestOf(blobs: BlobStore, name: string): Promise<string> {
  const blob = await blobs.read(name);
  if (!blob) throw new Error(`there is no blob "${name}"`);
  const hash = createHash('sha256');
  for await (const piece of blob.stream) hash.update(piece as Uint8Array);
  return hash.digest('hex');
}
