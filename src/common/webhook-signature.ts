import { createHmac, timingSafeEqual } from 'node:crypto';

/** GitHub's `X-Hub-Signature-256`: `sha256=` and the HMAC of the whole body, in hex. */
export function isSignedWith(secret: string, body: Buffer, signature: string): boolean {
  const expected = Buffer.from(`sha256=${createHmac('sha256', secret).update(body).digest('hex')}`);
  const given = Buffer.from(signature);
  return given.length === expected.length && timingSafeEqual(given, expected);
}

/** Of several, so that a secret can be changed without a gap. */
export const isSignedWithAny = (secrets: readonly string[], body: Buffer, signature: string): boolean =>
  secrets.some((secret) => isSignedWith(secret, body, signature));
