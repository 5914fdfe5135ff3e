import { createHmac, timingSafeEqual } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readOrCreateKey, type Sealing, sealingWith } from '../../common/sealing.ts';

/**
 * The server's own keys, derived from one master key in a file beside the database (mode 600), so that a copy of
 * the database alone opens nothing.
 */
export interface ServerKeys extends Sealing {
  /** Different for every master key, and tells nothing about it. */
  name: string;
  /** HMAC key of job, runner and GitHub tokens. */
  tokens: Uint8Array;
  /** Signature of a blob path and its expiry; hex. */
  sign(text: string): string;
  /** Compares in constant time. */
  isSigned(text: string, signature: string): boolean;
  /** Private key (X25519) of the boxes that clients send secrets in. */
  boxes: Uint8Array;
}

/** Reads the master key from `<folder>/master.key`, or makes it. */
export async function loadKeys(folder: string): Promise<ServerKeys> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const master = await readOrCreateKey(join(folder, 'master.key'));
  const derive = (purpose: string): Buffer => createHmac('sha256', master).update(purpose).digest();
  const signing = derive('blob-urls');
  const sign = (text: string): string => createHmac('sha256', signing).update(text).digest('hex');
  return {
    name: derive('name').toString('hex'),
    tokens: derive('tokens'),
    boxes: derive('sealed-boxes'),
    sign,
    isSigned(text, signature) {
      const expected = Buffer.from(sign(text));
      const given = Buffer.from(signature);
      return expected.length === given.length && timingSafeEqual(expected, given);
    },
    ...sealingWith(derive('secrets')),
  };
}
