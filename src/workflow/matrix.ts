/** The combinations of a matrix (SEM-10.2 to 10.9, 10.12), from its evaluated value. */
import { Effort } from '../common/effort.ts';
import type { Json } from '../protocol/runner/tokens.ts';
import { ExpressionError, equals, isObject, toText } from './expressions/index.ts';

export interface Combination {
  values: { [key: string]: Json };
  /** ` (v1, v2)`, or ''. */
  nameSuffix: string;
}

/** SEM-10.13 */
export const MAX_COMBINATIONS = 256;
/** How many combinations are looked at before `exclude`; more are refused although fewer might be left. */
const MAX_PRODUCT = 100_000;
/** Of comparing with `exclude` and `include`, some 20 ns each, so that no matrix keeps the server busy. */
const MAX_STEPS = 1_000_000;
const STEPS_PER_LEAF = 20;
const STEPS_PER_ITEM = 2;

/** What reading refuses too, where there are no expressions. */
export const NO_VECTOR = 'Matrix must define at least one vector';
export const emptyVector = (name: string): string => `Matrix vector '${name}' does not contain any values`;

type Mapping = { [key: string]: Json };

/** Extras that `include` adds are kept apart: they neither match later items nor appear in names. */
interface Candidate {
  /** Where each vector stands. */
  indexes: number[];
  original: Mapping;
  extras: Map<string, [string, Json]>;
}

/** @throws ExpressionError */
export function combinationsOf(matrix: Json): Combination[] {
  if (!isObject(matrix)) throw new ExpressionError(`The matrix must be a mapping, not '${toText(matrix)}'`);
  const vectors = vectorsOf(matrix);
  const names = new Set(vectors.map(({ name }) => name.toLowerCase()));
  const includes = itemsOf(matrix, 'include');
  if (vectors.length === 0 && includes.length === 0) {
    throw new ExpressionError(NO_VECTOR);
  }
  const excludes = itemsOf(matrix, 'exclude');
  checkExcludes(excludes, names);
  const effort = new Effort(MAX_STEPS, () => new ExpressionError('The matrix takes too many comparisons'));
  const combinations = include(product(vectors, excludes, effort), includes, vectors, effort);
  if (combinations.length === 0) throw new ExpressionError('The matrix has no combination left after exclude');
  return combinations;
}

interface Vector {
  name: string;
  values: Json[];
}

const isReserved = (name: string): boolean => ['include', 'exclude'].includes(name.toLowerCase());

function vectorsOf(matrix: Mapping): Vector[] {
  const names = Object.keys(matrix).filter((name) => !isReserved(name));
  const known = new Set<string>();
  return names.map((name) => {
    const values = matrix[name];
    if (!Array.isArray(values)) throw new ExpressionError(`Matrix vector '${name}' must be a list`);
    if (values.length === 0) throw new ExpressionError(emptyVector(name));
    if (known.has(name.toLowerCase())) throw new ExpressionError(`Matrix vector '${name}' is defined twice`);
    known.add(name.toLowerCase());
    return { name, values };
  });
}

function itemsOf(matrix: Mapping, kind: 'include' | 'exclude'): Mapping[] {
  const name = Object.keys(matrix).find((candidate) => candidate.toLowerCase() === kind);
  const items = name === undefined ? [] : (matrix[name] ?? []);
  if (!Array.isArray(items)) throw new ExpressionError(`Matrix ${kind} must be a list`);
  return items.map((item) => {
    if (isObject(item) && Object.keys(item).length > 0) return item;
    throw new ExpressionError(`Matrix ${kind} items must be mappings that are not empty`);
  });
}

function checkExcludes(excludes: Mapping[], names: Set<string>): void {
  for (const item of excludes) {
    const unknown = Object.keys(item).find((name) => !names.has(name.toLowerCase()));
    if (unknown !== undefined)
      throw new ExpressionError(`Matrix exclude key '${unknown}' does not match any key within the matrix`);
  }
}

/** The first vector varies slowest (SEM-10.3). Only what is left is ever put together. */
function product(vectors: Vector[], excludes: Mapping[], effort: Effort): Candidate[] {
  if (vectors.length === 0) return [];
  const size = vectors.reduce((total, { values }) => total * values.length, 1);
  if (excludes.length === 0) checkCount(size);
  if (size > MAX_PRODUCT) {
    const count = `The matrix has ${toText(size)} combinations before exclude`;
    throw new ExpressionError(`${count}; more than ${MAX_PRODUCT} are not looked at`);
  }
  const isExcluded = excludes.map((item) => matcherOf(item, vectors, effort));
  const candidates: Candidate[] = [];
  for (const indexes of indexesOf(vectors, size)) {
    effort.spend(excludes.length * STEPS_PER_ITEM);
    if (isExcluded.some((matches) => matches(indexes))) continue;
    candidates.push({ indexes: [...indexes], original: combinationAt(vectors, indexes), extras: new Map() });
    checkCount(candidates.length);
  }
  return candidates;
}

/**
 * Whether an item of `exclude` or `include` matches the combination where the vectors stand at these indexes. What the
 * item wants of a vector is compared with each of its values once, not with each combination.
 */
function matcherOf(item: Mapping, vectors: Vector[], effort: Effort): (indexes: number[]) => boolean {
  const tests = vectors.flatMap(({ name, values }, vector) => {
    const wanted = memberOf(item, name);
    return wanted === undefined ? [] : { vector, fits: values.map((value) => matchesLeaves(value, wanted, effort)) };
  });
  return (indexes) => {
    for (const { vector, fits } of tests) {
      if (!fits[indexes[vector] ?? 0]) return false;
    }
    return true;
  };
}

function checkCount(count: number): void {
  if (count <= MAX_COMBINATIONS) return;
  throw new ExpressionError(`The strategy configuration generated more than ${MAX_COMBINATIONS} jobs`);
}

/** Where each vector stands, for one combination after the other. It is one list that changes. */
function* indexesOf(vectors: Vector[], size: number): Generator<number[]> {
  const indexes = vectors.map(() => 0);
  for (let count = 0; count < size; count++) {
    yield indexes;
    for (let vector = vectors.length - 1; vector >= 0; vector--) {
      const next = (indexes[vector] ?? 0) + 1;
      const isEnd = next === vectors[vector]?.values.length;
      indexes[vector] = isEnd ? 0 : next;
      if (!isEnd) break;
    }
  }
}

function combinationAt(vectors: Vector[], indexes: number[]): Mapping {
  return Object.fromEntries(vectors.map(({ name, values }, vector) => [name, values[indexes[vector] ?? 0] ?? null]));
}

/** Every leaf of `item` equals the value at the same path; a missing path is null (SEM-10.4, 10.5). */
function matchesLeaves(value: Json | undefined, item: Json, effort: Effort): boolean {
  effort.spend(STEPS_PER_LEAF + (typeof item === 'string' ? item.length / 4 : 0));
  if (Array.isArray(item)) {
    return item.every((element, index) => matchesLeaves(Array.isArray(value) ? value[index] : null, element, effort));
  }
  if (!isObject(item)) return equals(value ?? null, item);
  return Object.entries(item).every(([key, wanted]) => matchesLeaves(memberOf(value, key), wanted, effort));
}

function memberOf(value: Json | undefined, key: string): Json | undefined {
  if (!isObject(value)) return undefined;
  if (Object.hasOwn(value, key)) return value[key];
  const found = Object.keys(value).find((candidate) => candidate.toLowerCase() === key.toLowerCase());
  return found === undefined ? undefined : value[found];
}

/** SEM-10.6 to 10.9 */
function include(candidates: Candidate[], items: Mapping[], vectors: Vector[], effort: Effort): Combination[] {
  const names = new Set(vectors.map(({ name }) => name.toLowerCase()));
  const appended: Mapping[] = [];
  for (const item of items) {
    const matches = matcherOf(item, vectors, effort);
    const matching = candidates.filter(({ indexes }) => matches(indexes));
    const extras = Object.entries(item).filter(([name]) => !names.has(name.toLowerCase()));
    effort.spend(candidates.length * STEPS_PER_ITEM + matching.length * extras.length * STEPS_PER_LEAF);
    for (const candidate of matching) addExtras(candidate, extras);
    if (matching.length === 0) appended.push(item);
    checkCount(candidates.length + appended.length);
  }
  return [
    ...candidates.map(({ original, extras }) => ({
      values: { ...original, ...Object.fromEntries(extras.values()) },
      nameSuffix: suffixOf(original, effort),
    })),
    ...appended.map((item) => ({ values: item, nameSuffix: suffixOf(item, effort) })),
  ];
}

function addExtras(candidate: Candidate, extras: [string, Json][]): void {
  for (const [name, value] of extras) candidate.extras.set(name.toLowerCase(), [name, value]);
}

/** Names are cut at 100 characters (SEM-9.11), so no more of a suffix is ever seen. */
const MAX_SUFFIX_LENGTH = 200;

/** SEM-10.12 */
function suffixOf(values: Mapping, effort: Effort): string {
  const text = appendLeaves(values, '', effort);
  return text === '' ? '' : ` (${text.slice(0, MAX_SUFFIX_LENGTH)})`;
}

function appendLeaves(value: Json, before: string, effort: Effort): string {
  effort.spend(STEPS_PER_LEAF);
  if (value === null || typeof value !== 'object') {
    const text = toText(value);
    return before === '' || text === '' ? before + text : `${before}, ${text}`;
  }
  let text = before;
  for (const item of Array.isArray(value) ? value : Object.values(value)) {
    if (text.length > MAX_SUFFIX_LENGTH) break;
    text = appendLeaves(item, text, effort);
  }
  return text;
}
