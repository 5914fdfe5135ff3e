/** The program of a thread that hashes one blob: pieces come as messages, each is answered; after `null` the digest is. */
import { createHash } from 'node:crypto';
import { parentPort } from 'node:worker_threads';

const hash = createHash('sha256');

parentPort?.on('message', (piece: Uint8Array | null) => {
  if (piece) hash.update(piece);
  parentPort?.postMessage(piece ? '' : hash.digest('hex'));
});
