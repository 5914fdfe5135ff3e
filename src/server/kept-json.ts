/**
 * JSON of answers that repeat the same large objects, such as that of a repository twice in each of its runs: their text is
 * made once and put in, and what is hashed for an ETag has their digests in its place.
 */
import { hash, randomBytes } from 'node:crypto';

interface Kept {
  text: string;
  digest: string;
}

/** Of objects that never change; they go with them. */
const kept = new WeakMap<object, Kept>();

/** Nobody outside ever sees it, so no text that was let in can be taken for a place of ours. */
const MARK = `kept ${randomBytes(18).toString('base64')} `;

/** What the text that is being made has stood in for so far. */
let standing: Kept[] | undefined;

/** Keeps the text of an object that is not changed from now on. Other uses of it, also `JSON.stringify`, see no difference. */
export function keepJson<T extends object>(object: T): T {
  return Object.defineProperty(object, 'toJSON', { value: () => standIn(object) });
}

function standIn(object: object): unknown {
  if (!standing) return object;
  standing.push(kept.get(object) ?? keep(object));
  return MARK;
}

function keep(object: object): Kept {
  const around = standing;
  standing = undefined;
  const text = JSON.stringify(object);
  standing = around;
  const made = { text, digest: hash('sha256', text) };
  kept.set(object, made);
  return made;
}

export interface JsonText {
  text: string;
  /** The same for the same text, in this process and every other. */
  digest: string;
}

export function toJson(value: unknown): JsonText {
  const used: Kept[] = [];
  standing = used;
  let short: string;
  try {
    short = JSON.stringify(value);
  } finally {
    standing = undefined;
  }
  if (used.length === 0) return { text: short, digest: hash('sha256', short) };
  const [first = '', ...rest] = short.split(`"${MARK}"`);
  let text = first;
  let hashed = first;
  for (const [index, part] of rest.entries()) {
    const one = used[index];
    text += one?.text + part;
    hashed += one?.digest + part;
  }
  return { text, digest: hash('sha256', hashed) };
}
