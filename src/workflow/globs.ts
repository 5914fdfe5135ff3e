/**
 * GitHub's glob dialect for branch, tag and path filters (SEM-3.4 to 3.10). Neither a shell's (`?` and `+` are quantifiers)
 * nor a regular expression (`.` is literal), so no library speaks it.
 */
import type { Effort } from '../common/effort.ts';
import { UserError } from '../common/errors.ts';
import { Automaton, type Element } from './glob-automaton.ts';

/** SEM-3.14 */
const MAX_PATTERN_LENGTH = 1000;
/** Git refs are shorter than 256 bytes, paths than 4,096 (SEM-3.14). */
const MAX_NAME_LENGTH = 4096;

export interface Glob {
  pattern: string;
  /** Written with `!` in front. */
  negative: boolean;
  /** @throws when `effort` is used up */
  matches(name: string, effort?: Effort): boolean;
}

/** Filters are tested again with every push. */
const compiled = new Map<string, Glob>();
const MAX_COMPILED = 1000;

/** @throws UserError naming what is wrong in the pattern */
export function compileGlob(pattern: string): Glob {
  const known = compiled.get(pattern);
  if (known) return known;
  const glob = compile(pattern);
  if (compiled.size >= MAX_COMPILED) compiled.delete(compiled.keys().next().value ?? '');
  compiled.set(pattern, glob);
  return glob;
}

function compile(pattern: string): Glob {
  if (pattern.length > MAX_PATTERN_LENGTH) fail(pattern, `it is longer than ${MAX_PATTERN_LENGTH} characters`);
  const negative = pattern.startsWith('!');
  const body = negative ? pattern.slice(1) : pattern;
  if (body === '') fail(pattern, 'it is empty');
  const elements = parse(body, pattern);
  const [prefix, suffix] = [plainText(elements), plainText(elements.toReversed(), true)];
  const automaton = new Automaton(elements);
  const matches = (name: string, effort?: Effort): boolean => {
    effort?.spend(1);
    // Most names differ at the ends already, which costs next to nothing.
    if (!name.startsWith(prefix) || !name.endsWith(suffix) || name.length > MAX_NAME_LENGTH) return false;
    return automaton.accepts(name, effort);
  };
  return { pattern, negative, matches };
}

/** What every match begins with; with `backwards`, of reversed elements, what it ends with. */
function plainText(elements: Element[], backwards = false): string {
  let text = '';
  for (const { plain, optional, repeats } of elements) {
    if (plain === undefined || optional || repeats) break;
    text = backwards ? plain + text : text + plain;
  }
  return text;
}

function fail(pattern: string, problem: string): never {
  throw new UserError('bad-glob', `The pattern '${pattern}' is invalid: ${problem}.`);
}

function parse(body: string, pattern: string): Element[] {
  const elements: Element[] = [];
  let quantifiable: Element | undefined;
  for (let index = 0; index < body.length; ) {
    const first = body.charAt(index);
    if (first === '?' || first === '+') {
      quantify(quantifiable, first, pattern);
      quantifiable = undefined;
      index++;
      continue;
    }
    const { length, parsed } = parseToken(body, index, pattern);
    elements.push(...parsed);
    // What follows two stars and a slash has nothing to repeat: it stands for any number of folders already.
    quantifiable = parsed.length === 1 ? parsed[0] : undefined;
    index += length;
  }
  return elements;
}

function quantify(element: Element | undefined, quantifier: string, pattern: string): void {
  if (!element) fail(pattern, `'${quantifier}' has nothing before it to repeat`);
  if (quantifier === '?') element.optional = true;
  else element.repeats = true;
}

interface Parsed {
  /** Characters of the pattern. */
  length: number;
  parsed: Element[];
}

const SLASH = '/'.charCodeAt(0);

function parseToken(body: string, index: number, pattern: string): Parsed {
  const startsSegment = index === 0 || body.charAt(index - 1) === '/';
  if (startsSegment && body.startsWith('**/', index)) {
    return { length: 3, parsed: [GATE, star(() => true), one((code) => code === SLASH)] };
  }
  if (body.startsWith('**', index)) return { length: 2, parsed: [star(() => true)] };
  const first = body.charAt(index);
  if (first === '*') return { length: 1, parsed: [star((code) => code !== SLASH)] };
  if (first === '[') return parseSet(body.slice(index), pattern);
  const skipped = first === '\\' && index + 1 < body.length ? 1 : 0;
  const wanted = body.codePointAt(index + skipped) ?? 0;
  const plain = String.fromCodePoint(wanted);
  return { length: skipped + plain.length, parsed: [{ ...one((code) => code === wanted), plain }] };
}

const star = (accepts: Element['accepts']): Element => ({ accepts, optional: true, repeats: true });

const one = (accepts: Element['accepts']): Element => ({ accepts, optional: false, repeats: false });

/** Before the two elements of two stars and a slash: go into them, or past both. */
const GATE: Element = { accepts: () => false, optional: true, repeats: false, skips: 3 };

function parseSet(rest: string, pattern: string): Parsed {
  const end = rest.indexOf(']');
  if (end < 0) fail(pattern, "a '[' is not closed");
  const members = [...rest.slice(1, end)];
  if (members.length === 0) fail(pattern, "'[]' names no character");
  const ranges: [number, number][] = [];
  for (let index = 0; index < members.length; index++) {
    const from = members[index] ?? '';
    const isRange = members[index + 1] === '-';
    const to = isRange ? (members[index + 2] ?? '') : from;
    if (isRange) {
      checkRange(`${from}-${to}`, pattern);
      index += 2;
    }
    ranges.push([from.codePointAt(0) ?? 0, to.codePointAt(0) ?? 0]);
  }
  const accepts = (code: number): boolean => ranges.some(([from, to]) => code >= from && code <= to);
  return { length: end + 1, parsed: [one(accepts)] };
}

const RANGE = /^(?:[a-z]-[a-z]|[A-Z]-[A-Z]|[0-9]-[0-9])$/;

function checkRange(range: string, pattern: string): void {
  if (!RANGE.test(range)) fail(pattern, `'${range}' is no range within a-z, A-Z or 0-9`);
  if (range.charAt(0) > range.charAt(2)) fail(pattern, `the range '${range}' is reversed`);
}

/** An include list: the last pattern that matches decides; negatives alone select nothing (SEM-3.8). */
export function isIncluded(globs: Glob[], name: string, effort?: Effort): boolean {
  let selected = false;
  for (const glob of globs) {
    if (glob.negative === selected && glob.matches(name, effort)) selected = !glob.negative;
  }
  return selected;
}

/** An ignore list: any pattern rejects; `!` flips that one pattern (SEM-3.9). */
export function isIgnored(globs: Glob[], name: string, effort?: Effort): boolean {
  return globs.some((glob) => glob.matches(name, effort) !== glob.negative);
}
