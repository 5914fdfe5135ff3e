import { createCipheriv, createDecipheriv, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hasErrorCode } from '../../common/errors.ts';

/**
 * The server's own keys, derived from one master key in a file beside the database (mode 600), so that a copy of
 * the database alone opens nothing.
 */
export interface ServerKeys {
  /** Different for every master key, and tells nothing about it. */
  name: string;
  /** HMAC key of job, runner and GitHub tokens. */
  tokens: Uint8Array;
  /** Signature of a blob path and its expiry; hex. */
  sign(text: string): string;
  /** Compares in constant time. */
  isSigned(text: string, signature: string): boolean;
  /** AES-256-GCM; base64. */
  seal(secret: string): string;
  /** @throws Error when it was sealed with another key, or changed */
  open(sealed: string): string;
  /** Private key (X25519) of the boxes that clients send secrets in. */
  boxes: Uint8Array;
}

/** Reads the master key from `<folder>/master.key`, or makes it. */
export async function loadKeys(folder: string): Promise<ServerKeys> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const master = await readOrCreate(join(folder, 'master.key'));
  const derive = (purpose: string): Buffer => createHmac('sha256', master).update(purpose).digest();
  const signing = derive('blob-urls');
  const sealing = derive('secrets');
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
    seal(secret) {
      const iv = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', sealing, iv);
      const body = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
      return Buffer.concat([iv, cipher.getAuthTag(), body]).toString('base64');
    },
    open(sealed) {
      const raw = Buffer.from(sealed, 'base64');
      const decipher = createDecipheriv('aes-256-gcm', sealing, raw.subarray(0, 12));
      decipher.setAuthTag(raw.subarray(12, 28));
      return Buffer.concat([decipher.update(raw.subarray(28)), decipher.final()]).toString('utf8');
    },
  };
}

async function readOrCreate(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    if (!hasErrorCode(error, 'ENOENT')) throw error;
  }
  const key = randomBytes(32);
  await writeFile(file, key, { mode: 0o600, flag: 'wx' });
  return key;
}
