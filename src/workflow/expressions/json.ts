/** `toJSON` and `fromJSON` (SEM-20.14). */
import { randomUUID } from 'node:crypto';
import type { Json } from '../../protocol/runner/tokens.ts';
import { ExpressionError } from './error.ts';
import type { Limits } from './limits.ts';
import { toText } from './values.ts';

/** Deeper values are refused; far beyond any event payload, and safe for the stack. */
const MAX_DEPTH = 200;
/** Steps of `Limits.scan`. */
const SCANNED_PER_WRITTEN_VALUE = 100;
const SCANNED_PER_ODD_NUMBER = 1000;
const SCANNED_PER_READ_VALUE = 40;
const SCANNED_PER_CHARACTER = 3;

/** Two spaces, key order kept, empty containers closed, numbers as they print anywhere else (SEM-20.10). */
export function toJson(value: Json, limits: Limits): string {
  const hasOddNumber = inspect(value, 0, limits);
  if (!hasOddNumber) return JSON.stringify(value, null, 2);
  return JSON.stringify(value, markOddNumber, 2).replace(MARKED, '$1');
}

/**
 * Counts what printing a value will cost.
 * @returns whether a number in it does not print as JavaScript prints it
 */
function inspect(value: Json, depth: number, limits: Limits): boolean {
  const indentation = 2 * depth;
  limits.scan(SCANNED_PER_WRITTEN_VALUE);
  if (value === null || typeof value !== 'object') {
    const length = typeof value === 'string' ? value.length : 0;
    limits.scan(length * SCANNED_PER_CHARACTER);
    limits.build(length + indentation + 3);
    const isOdd = isOddNumber(value);
    if (isOdd) limits.scan(SCANNED_PER_ODD_NUMBER);
    return isOdd;
  }
  if (depth >= MAX_DEPTH) throw tooDeep('toJSON');
  limits.build(2 * (indentation + 3));
  let isOdd = false;
  if (Array.isArray(value)) {
    for (const item of value) isOdd = inspect(item, depth + 1, limits) || isOdd;
    return isOdd;
  }
  for (const [key, item] of Object.entries(value)) {
    limits.build(key.length + 4);
    isOdd = inspect(item, depth + 1, limits) || isOdd;
  }
  return isOdd;
}

const isOddNumber = (value: Json): boolean => typeof value === 'number' && toText(value) !== JSON.stringify(value);

/** Not to be guessed, so that no text of a user can pass for a number. */
const MARK = randomUUID();
const MARKED = new RegExp(`"${MARK}(.*?)"`, 'g');

const markOddNumber = (_key: string, value: Json): Json => (isOddNumber(value) ? `${MARK}${toText(value)}` : value);

const tooDeep = (name: string) => new ExpressionError(`${name}: the value is nested deeper than ${MAX_DEPTH}`);

/** Numbers become doubles. An empty or invalid text is an error. */
export function fromJson(text: string, limits: Limits): Json {
  if (text.trim() === '') throw new ExpressionError('fromJSON: the text is empty, so it is not JSON');
  limits.build(text.length);
  limits.scan(text.length * SCANNED_PER_CHARACTER);
  limits.scan(countValues(text) * SCANNED_PER_READ_VALUE);
  const value = parse(text);
  if (isDeeper(value, MAX_DEPTH)) throw tooDeep('fromJSON');
  return value;
}

const [COMMA, BRACKET, BRACE] = [...',[{'].map((character) => character.charCodeAt(0));

/** At least as many as there are: marks inside of strings count too. */
function countValues(text: string): number {
  let count = 1;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === COMMA || code === BRACKET || code === BRACE) count++;
  }
  return count;
}

function parse(text: string): Json {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ExpressionError(`fromJSON: ${error instanceof Error ? error.message : 'invalid JSON'}`);
  }
}

function isDeeper(value: Json, levels: number): boolean {
  if (value === null || typeof value !== 'object') return false;
  if (levels === 0) return true;
  for (const item of Array.isArray(value) ? value : Object.values(value)) {
    if (isDeeper(item, levels - 1)) return true;
  }
  return false;
}
