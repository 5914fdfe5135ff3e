/** Coercion and comparison of expression values (SEM-20.6 to 20.11). */
import type { Json } from '../../protocol/runner/tokens.ts';
import { SCANNED_PER_COMPARED_CHARACTER, SCANNED_PER_ELEMENT } from './limits.ts';

/** Falsy: null, false, 0, -0, NaN and ''. Arrays and objects are truthy, empty ones too (SEM-20.6). */
export function isTruthy(value: Json): boolean {
  return Boolean(value);
}

/** Text of a value (SEM-20.10): null is '', an array is `Array`, an object is `Object`, numbers as C# prints them. */
export function toText(value: Json): string {
  if (value === null) return '';
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  if (typeof value === 'number') return numberText(value);
  return Array.isArray(value) ? 'Array' : 'Object';
}

const SIGNIFICANT_DIGITS = 15;

/** C#'s `G15`: at most 15 significant digits, an exponent outside 1E-04 … 1E+14. */
function numberText(value: number): string {
  if (value === 0) return '0';
  const text = String(value);
  if (!Number.isFinite(value)) return text;
  const size = Math.abs(value);
  // Nearly all numbers: JavaScript's text has no more digits.
  if (size >= 1e-4 && size < 1e15 && text.length <= SIGNIFICANT_DIGITS + 1) return text;
  const [mantissa = '', exponentText = ''] = size.toExponential(SIGNIFICANT_DIGITS - 1).split('e');
  const digits = mantissa.replace('.', '').replace(/0+$/, '');
  const exponent = Number(exponentText);
  const sign = value < 0 ? '-' : '';
  return (
    sign + (exponent > -5 && exponent < SIGNIFICANT_DIGITS ? fixed(digits, exponent) : scientific(digits, exponent))
  );
}

function fixed(digits: string, exponent: number): string {
  if (exponent < 0) return `0.${'0'.repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  const fraction = digits.slice(exponent + 1);
  return fraction ? `${whole}.${fraction}` : whole;
}

function scientific(digits: string, exponent: number): string {
  const fraction = digits.slice(1);
  const power = String(Math.abs(exponent)).padStart(2, '0');
  return `${digits[0]}${fraction ? `.${fraction}` : ''}E${exponent < 0 ? '-' : '+'}${power}`;
}

const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const PREFIXED = /^0(?:x[0-9a-fA-F]+|o[0-7]+)$/;

/** Number of a value (SEM-20.9); NaN when it is none. Hex and octal are signed 32-bit, as on the real service. */
export function toNumber(value: Json): number {
  if (value === null) return 0;
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value === 'number') return value;
  return typeof value === 'string' ? parseNumber(value.trim()) : Number.NaN;
}

function parseNumber(text: string): number {
  if (text === '') return 0;
  if (DECIMAL.test(text)) return Number(text);
  if (PREFIXED.test(text)) return Number(text) <= 0xffffffff ? Number(text) | 0 : Number.NaN;
  if (text === 'Infinity' || text === '+Infinity') return Number.POSITIVE_INFINITY;
  return text === '-Infinity' ? Number.NEGATIVE_INFINITY : Number.NaN;
}

const ASCII = /^[\0-\x7f]*$/;

/** Ordinal case folding: every UTF-16 unit upper-cased by itself, never into ASCII from outside it (SEM-20.11). */
export function fold(text: string): string {
  if (ASCII.test(text)) return text.toUpperCase();
  const units = new Uint16Array(text.length);
  for (let index = 0; index < text.length; index++) units[index] = foldUnit(text.charCodeAt(index));
  return Buffer.from(units.buffer).toString('utf16le');
}

/** `fold` of both is the same. */
export function equalsIgnoringCase(left: string, right: string): boolean {
  if (left.length !== right.length) return false;
  if (left === right) return true;
  for (let index = 0; index < left.length; index++) {
    const a = left.charCodeAt(index);
    const b = right.charCodeAt(index);
    if (a !== b && foldUnit(a) !== foldUnit(b)) return false;
  }
  return true;
}

/** `fold` of the left one is less. */
function precedesIgnoringCase(left: string, right: string): boolean {
  for (let index = 0; index < left.length && index < right.length; index++) {
    const a = foldUnit(left.charCodeAt(index));
    const b = foldUnit(right.charCodeAt(index));
    if (a !== b) return a < b;
  }
  return left.length < right.length;
}

/** What has been asked for; 0 where nothing has. */
const folded = new Uint16Array(0x10000);

function foldUnit(unit: number): number {
  const known = folded[unit];
  if (known) return known;
  const upper = String.fromCharCode(unit).toUpperCase();
  const code = upper.charCodeAt(0);
  const result = upper.length !== 1 || (code < 0x80 && unit >= 0x80) ? unit : code;
  folded[unit] = result;
  return result;
}

/** The operator `==` (SEM-20.7). */
export function equals(left: Json, right: Json): boolean {
  if (typeof left === 'string' && typeof right === 'string') return equalsIgnoringCase(left, right);
  if (typeof left === typeof right && left !== null && right !== null) return left === right;
  const [a, b] = coerce(left, right);
  return a === b;
}

/** The operator `<` (SEM-20.8); `>` is the same with the operands swapped. */
export function lessThan(left: Json, right: Json): boolean {
  const [a, b] = coerce(left, right);
  if (typeof a === 'string' && typeof b === 'string') return precedesIgnoringCase(a, b);
  if (typeof a === 'number' && typeof b === 'number') return a < b;
  return typeof a === 'boolean' && typeof b === 'boolean' && !a && b;
}

/** What comparing two values costs at worst, in steps of `Limits.scan`. */
export function comparisonCost(left: Json, right: Json): number {
  const leftLength = typeof left === 'string' ? left.length : Number.POSITIVE_INFINITY;
  const rightLength = typeof right === 'string' ? right.length : Number.POSITIVE_INFINITY;
  const length = Math.min(leftLength, rightLength);
  const characters = length === Number.POSITIVE_INFINITY ? 0 : length;
  return SCANNED_PER_ELEMENT + characters * SCANNED_PER_COMPARED_CHARACTER;
}

type Kind = 'null' | 'boolean' | 'number' | 'string' | 'array' | 'object';

function kindOf(value: Json): Kind {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value as Kind;
}

function coerce(left: Json, right: Json): [Json, Json] {
  const [a, b] = [kindOf(left), kindOf(right)];
  if (a === b) return [left, right];
  if (a === 'null' || a === 'boolean') return coerce(toNumber(left), right);
  if (b === 'null' || b === 'boolean') return coerce(left, toNumber(right));
  if (a === 'number' && b === 'string') return [left, toNumber(right)];
  return a === 'string' && b === 'number' ? [toNumber(left), right] : [left, right];
}

/** True for a mapping: neither null, nor a list, nor a scalar. */
export function isObject(value: Json | undefined): value is { [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
