/** Sealed boxes of libsodium, in which GitHub's clients send secrets: https://doc.libsodium.org/public-key_cryptography/sealed_boxes */
import { UserError } from '../../common/errors.ts';
import { sha256Hex } from '../../common/ids.ts';
import type { ServerKeys } from './keys.ts';

export interface BoxKey {
  /** Names the key, so that a box for another is known as such. */
  id: string;
  /** Base64 of 32 bytes. */
  publicKey: string;
}

export async function boxKey(keys: ServerKeys): Promise<BoxKey> {
  const publicKey = (await loadSodium()).crypto_scalarmult_base(keys.boxes);
  return { id: sha256Hex(publicKey).slice(0, 16), publicKey: Buffer.from(publicKey).toString('base64') };
}

/** @throws UserError 422 for a box that this server cannot open */
export async function openBox(keys: ServerKeys, box: string, keyId: string): Promise<string> {
  const { id, publicKey } = await boxKey(keys);
  if (keyId !== id) throw badBox('The key_id is not that of the public key of this server.');
  const sodium = await loadSodium();
  try {
    const opened = sodium.crypto_box_seal_open(
      Buffer.from(box, 'base64'),
      Buffer.from(publicKey, 'base64'),
      keys.boxes,
    );
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(opened);
  } catch (error) {
    throw badBox('The encrypted_value is not a text in a sealed box for the public key of this server.', error);
  }
}

const badBox = (message: string, cause?: unknown): UserError =>
  new UserError('bad-sealed-box', message, { hint: 'Ask for …/secrets/public-key and seal with that.', cause });

/** Only when it is needed: it costs half a megabyte and 40 ms. */
async function loadSodium(): Promise<typeof import('libsodium-wrappers').default> {
  const { default: sodium } = await import('libsodium-wrappers');
  await sodium.ready;
  return sodium;
}
