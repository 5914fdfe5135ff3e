/** Secrets at rest: sealed with a key that lies in a file beside the database, so that a copy of that alone opens nothing. */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { hasErrorCode } from './errors.ts';

const IV_BYTES = 12;
const TAG_BYTES = 16;

/** AES-256-GCM; base64. */
export interface Sealing {
  seal(secret: string): string;
  /** @throws Error when it was sealed with another key, or changed */
  open(sealed: string): string;
}

/** @param key 32 bytes */
export function sealingWith(key: Uint8Array): Sealing {
  return {
    seal(secret) {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv('aes-256-gcm', key, iv);
      const body = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
      return Buffer.concat([iv, cipher.getAuthTag(), body]).toString('base64');
    },
    open(sealed) {
      const raw = Buffer.from(sealed, 'base64');
      const decipher = createDecipheriv('aes-256-gcm', key, raw.subarray(0, IV_BYTES));
      decipher.setAuthTag(raw.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
      return Buffer.concat([decipher.update(raw.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]).toString('utf8');
    },
  };
}

/** 32 random bytes of this file, which is made with mode 600 where it is missing. */
export async function readOrCreateKey(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    if (!hasErrorCode(error, 'ENOENT')) throw error;
  }
  const key = randomBytes(32);
  await writeFile(file, key, { mode: 0o600, flag: 'wx' });
  return key;
}
