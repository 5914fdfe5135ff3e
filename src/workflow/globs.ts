/**
 * GitHub's glob dialect for branch, tag and path filters (SEM-3.4 to 3.10). Neither a shell's (`?` and `+` are quantifiers)
 * nor a regular expression (`.` is literal), so no library speaks it.
 */
import { UserError } from '../common/errors.ts';

/** SEM-3.14 */
const MAX_PATTERN_LENGTH = 1000;

export interface Glob {
  pattern: string;
  /** Written with `!` in front. */
  negative: boolean;
  matches(name: string): boolean;
}

/** Git refs are shorter than 256 bytes, paths than 4,096 (SEM-3.14). */
const MAX_NAME_LENGTH = 4096;

/** One character of a name, how often, and where else the match may go on instead. */
interface Element {
  accepts(character: string): boolean;
  optional: boolean;
  repeats: boolean;
  /** How far on the match may go instead of through this element. */
  skips?: number;
}

/** @throws UserError naming what is wrong in the pattern */
export function compileGlob(pattern: string): Glob {
  if (pattern.length > MAX_PATTERN_LENGTH) fail(pattern, `it is longer than ${MAX_PATTERN_LENGTH} characters`);
  const negative = pattern.startsWith('!');
  const body = negative ? pattern.slice(1) : pattern;
  if (body === '') fail(pattern, 'it is empty');
  const elements = parse(body, pattern);
  return { pattern, negative, matches: (name) => name.length <= MAX_NAME_LENGTH && matches(elements, name) };
}

function fail(pattern: string, problem: string): never {
  throw new UserError('bad-glob', `The pattern '${pattern}' is invalid: ${problem}.`);
}

/**
 * Follows all ways through the pattern at once: the time is name × pattern at worst, where a regular expression with
 * many stars would backtrack for ever on a name chosen to do so.
 */
function matches(elements: Element[], name: string): boolean {
  let active = reach(elements, [0]);
  for (const character of name) {
    const next: number[] = [];
    for (const index of active) {
      const element = elements[index];
      if (!element?.accepts(character)) continue;
      next.push(index + 1);
      if (element.repeats) next.push(index);
    }
    active = reach(elements, next);
    if (active.size === 0) return false;
  }
  return active.has(elements.length);
}

/** The positions, and those that follow by leaving out what is optional. */
function reach(elements: Element[], positions: number[]): Set<number> {
  const reached = new Set<number>();
  for (const pending = [...positions]; pending.length > 0; ) {
    const index = pending.pop() ?? 0;
    if (reached.has(index)) continue;
    reached.add(index);
    const element = elements[index];
    if (element?.optional) pending.push(index + 1);
    if (element?.skips) pending.push(index + element.skips);
  }
  return reached;
}

function parse(body: string, pattern: string): Element[] {
  const elements: Element[] = [];
  let quantifiable: Element | undefined;
  for (let index = 0; index < body.length; ) {
    const rest = body.slice(index);
    if (/^[?+]/.test(rest)) {
      quantify(quantifiable, rest.charAt(0), pattern);
      quantifiable = undefined;
      index++;
      continue;
    }
    const startsSegment = index === 0 || body.charAt(index - 1) === '/';
    const { length, parsed } = parseToken(rest, startsSegment, pattern);
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

function parseToken(rest: string, startsSegment: boolean, pattern: string): Parsed {
  if (rest.startsWith('**/') && startsSegment) {
    return { length: 3, parsed: [GATE, star(() => true), literal('/')] };
  }
  if (rest.startsWith('**')) return { length: 2, parsed: [star(() => true)] };
  const first = rest.charAt(0);
  if (first === '*') return { length: 1, parsed: [star((character) => character !== '/')] };
  if (first === '[') return parseSet(rest, pattern);
  const isEscape = first === '\\' && rest.length > 1;
  const [character = ''] = isEscape ? rest.slice(1) : rest;
  return { length: character.length + (isEscape ? 1 : 0), parsed: [literal(character)] };
}

const star = (accepts: Element['accepts']): Element => ({ accepts, optional: true, repeats: true });

const one = (accepts: Element['accepts']): Element => ({ accepts, optional: false, repeats: false });

/** Before the two elements of two stars and a slash: go into them, or past both. */
const GATE: Element = { accepts: () => false, optional: true, repeats: false, skips: 3 };

const literal = (wanted: string): Element => one((character) => character === wanted);

function parseSet(rest: string, pattern: string): Parsed {
  const end = rest.indexOf(']');
  if (end < 0) fail(pattern, "a '[' is not closed");
  const members = [...rest.slice(1, end)];
  if (members.length === 0) fail(pattern, "'[]' names no character");
  const ranges: [string, string][] = [];
  for (let index = 0; index < members.length; index++) {
    const from = members[index] ?? '';
    const isRange = members[index + 1] === '-';
    const to = isRange ? (members[index + 2] ?? '') : from;
    if (isRange) {
      checkRange(`${from}-${to}`, pattern);
      index += 2;
    }
    ranges.push([from, to]);
  }
  const accepts = (character: string): boolean => ranges.some(([from, to]) => character >= from && character <= to);
  return { length: end + 1, parsed: [one(accepts)] };
}

const RANGE = /^(?:[a-z]-[a-z]|[A-Z]-[A-Z]|[0-9]-[0-9])$/;

function checkRange(range: string, pattern: string): void {
  if (!RANGE.test(range)) fail(pattern, `'${range}' is no range within a-z, A-Z or 0-9`);
  if (range.charAt(0) > range.charAt(2)) fail(pattern, `the range '${range}' is reversed`);
}

/** An include list: the last pattern that matches decides; negatives alone select nothing (SEM-3.8). */
export function isIncluded(globs: Glob[], name: string): boolean {
  let selected = false;
  for (const glob of globs) {
    if (glob.matches(name)) selected = !glob.negative;
  }
  return selected;
}

/** An ignore list: any pattern rejects; `!` flips that one pattern (SEM-3.9). */
export function isIgnored(globs: Glob[], name: string): boolean {
  return globs.some((glob) => glob.matches(name) !== glob.negative);
}
