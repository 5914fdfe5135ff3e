import { hash, randomBytes, randomUUID } from 'node:crypto';

/** Lower-case GUID with dashes, as the runner protocol wants it. */
export const newGuid = (): string => randomUUID();

/** `bytes` random bytes as base64url: unguessable, safe in URLs and headers. */
export const randomToken = (bytes = 32): string => randomBytes(bytes).toString('base64url');

/** Kubernetes' own alphabet for generated name suffixes: no vowels, so no words. */
const SUFFIX_ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

/** `length` characters as Kubernetes' `generateName` appends them. */
export function nameSuffix(length = 5): string {
  let suffix = '';
  for (const byte of randomBytes(length)) suffix += SUFFIX_ALPHABET[byte % SUFFIX_ALPHABET.length];
  return suffix;
}

export const sha256Hex = (data: string | Uint8Array): string => hash('sha256', data, 'hex');

/** A number for what has only a name: the same one on every server. */
export const nameId = (name: string): number => Number.parseInt(sha256Hex(name).slice(0, 12), 16);

/** Users are known by their names alone, which ignore case; the same name has the same number on every server. */
export const userId = (name: string): number => nameId(name.toLowerCase());
