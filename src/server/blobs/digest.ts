import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { Worker } from 'node:worker_threads';
import { builtProgram } from '../../common/package.ts';
import type { BlobStore } from '../../store/blobs.ts';

/** Up to here it takes the server's thread some 30 ms in all, a millisecond at a time: no more than to start another. */
const HERE_BYTES = 16 * 1024 * 1024;
/** Bounds what is in memory of one blob. */
const PIECES_ON_THE_WAY = 4;

/** One thread at a time: each has a core for itself. */
let last: Promise<unknown> = Promise.resolve();

/** SHA-256 in hex of a whole blob. Large ones are hashed beside the server's work. @throws Error when there is none */
export async function digestOf(blobs: BlobStore, name: string, hereBytes = HERE_BYTES): Promise<string> {
  const size = await blobs.size(name);
  if (size !== undefined && size <= hereBytes) return digestHere(await contentOf(blobs, name));
  const digest = last.then(async () => digestBeside(await contentOf(blobs, name)));
  last = digest.catch(() => undefined);
  return digest;
}

async function contentOf(blobs: BlobStore, name: string): Promise<Readable> {
  const blob = await blobs.read(name);
  if (!blob) throw new Error(`there is no blob "${name}"`);
  return blob.stream;
}

async function digestHere(content: Readable): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of content) hash.update(piece as Uint8Array);
  return hash.digest('hex');
}

async function digestBeside(content: Readable): Promise<string> {
  // It needs nothing of ours, secrets least of all.
  const worker = new Worker(builtProgram('digest.cjs'), { name: 'digest', env: {}, execArgv: [] });
  try {
    // Of an end that nobody has asked for nothing would come otherwise.
    const ended = once(worker, 'exit').then(() => Promise.reject(new Error('the thread that hashes has ended')));
    return await Promise.race([answers(worker, content), ended]);
  } finally {
    content.destroy();
    await worker.terminate();
  }
}

async function answers(worker: Worker, content: Readable): Promise<string> {
  let onTheWay = 0;
  let oneLess: () => void = () => undefined;
  const digest = new Promise<string>((resolve) => {
    worker.on('message', (answer: string) => {
      if (answer !== '') return resolve(answer);
      onTheWay--;
      oneLess();
    });
  });
  for await (const piece of content) {
    give(worker, piece as Uint8Array);
    if (++onTheWay < PIECES_ON_THE_WAY) continue;
    await new Promise<void>((resolve) => {
      oneLess = resolve;
    });
  }
  worker.postMessage(null);
  return digest;
}

/** Without a copy where the memory is this piece's alone. */
function give(worker: Worker, piece: Uint8Array): void {
  const { buffer, byteLength } = piece;
  const isWhole = buffer instanceof ArrayBuffer && buffer.byteLength === byteLength;
  worker.postMessage(piece, isWhole ? [buffer] : []);
}
