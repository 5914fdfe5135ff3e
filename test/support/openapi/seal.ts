import sodium from 'libsodium-wrappers';

/** A box that only the server opens, as GitHub's clients make it. @param key in base64 */
export async function sealFor(key: string, text: string): Promise<string> {
  await sodium.ready;
  const box = sodium.crypto_box_seal(text, sodium.from_base64(key, sodium.base64_variants.ORIGINAL));
  return sodium.to_base64(box, sodium.base64_variants.ORIGINAL);
}
