/** The combinations of a matrix (SEM-10.2 to 10.9, 10.12), from its evaluated value. */
import type { Json } from '../protocol/runner/tokens.ts';
import { ExpressionError, equals, isObject, toText } from './expressions/index.ts';

export interface Combination {
  values: { [key: string]: Json };
  /** ` (v1, v2)`, or ''. */
  nameSuffix: string;
}

/** SEM-10.13 */
export const MAX_COMBINATIONS = 256;
/** How many combinations may be looked at before `exclude`, so that no file can keep the server busy. */
const MAX_PRODUCT = 65_536;

type Mapping = { [key: string]: Json };

/** Extras that `include` adds are kept apart: they neither match later items nor appear in names. */
interface Candidate {
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
    throw new ExpressionError('Matrix must define at least one vector');
  }
  const excludes = itemsOf(matrix, 'exclude');
  checkExcludes(excludes, names);
  const combinations = include(product(vectors, excludes), includes, names);
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
  return names.map((name) => {
    const values = matrix[name];
    if (!Array.isArray(values)) throw new ExpressionError(`Matrix vector '${name}' must be a list`);
    if (values.length === 0) throw new ExpressionError(`Matrix vector '${name}' does not contain any values`);
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

/** The first vector varies slowest (SEM-10.3). */
function product(vectors: Vector[], excludes: Mapping[]): Candidate[] {
  if (vectors.length === 0) return [];
  const size = vectors.reduce((total, { values }) => total * values.length, 1);
  if (size > MAX_PRODUCT) throw new ExpressionError(`The matrix has ${toText(size)} combinations, even before exclude`);
  const candidates: Candidate[] = [];
  for (let index = 0; index < size; index++) {
    const original = combinationAt(vectors, index);
    if (excludes.some((item) => matchesLeaves(original, item))) continue;
    candidates.push({ original, extras: new Map() });
    checkCount(candidates.length);
  }
  return candidates;
}

function checkCount(count: number): void {
  if (count <= MAX_COMBINATIONS) return;
  throw new ExpressionError(`The strategy configuration generated more than ${MAX_COMBINATIONS} jobs`);
}

function combinationAt(vectors: Vector[], index: number): Mapping {
  const pairs: [string, Json][] = [];
  let rest = index;
  for (const { name, values } of [...vectors].reverse()) {
    pairs.unshift([name, values[rest % values.length] ?? null]);
    rest = Math.floor(rest / values.length);
  }
  return Object.fromEntries(pairs);
}

/** Every leaf of `item` equals the value at the same path; a missing path is null (SEM-10.4, 10.5). */
function matchesLeaves(value: Json | undefined, item: Json): boolean {
  if (Array.isArray(item)) {
    return item.every((element, index) => matchesLeaves(Array.isArray(value) ? value[index] : null, element));
  }
  if (!isObject(item)) return equals(value ?? null, item);
  return Object.entries(item).every(([key, wanted]) => matchesLeaves(memberOf(value, key), wanted));
}

function memberOf(value: Json | undefined, key: string): Json | undefined {
  if (!isObject(value)) return undefined;
  if (Object.hasOwn(value, key)) return value[key];
  const found = Object.keys(value).find((candidate) => candidate.toLowerCase() === key.toLowerCase());
  return found === undefined ? undefined : value[found];
}

/** SEM-10.6 to 10.9 */
function include(candidates: Candidate[], items: Mapping[], names: Set<string>): Combination[] {
  const appended: Mapping[] = [];
  for (const item of items) {
    const isFilter = ([key]: [string, Json]): boolean => names.has(key.toLowerCase());
    const filter = Object.fromEntries(Object.entries(item).filter(isFilter));
    const extras = Object.entries(item).filter((entry) => !isFilter(entry));
    const matching = candidates.filter(({ original }) => matchesLeaves(original, filter));
    for (const candidate of matching) addExtras(candidate, extras);
    if (matching.length === 0) appended.push(item);
    checkCount(candidates.length + appended.length);
  }
  return [
    ...candidates.map(({ original, extras }) => ({
      values: { ...original, ...Object.fromEntries(extras.values()) },
      nameSuffix: suffixOf(original),
    })),
    ...appended.map((item) => ({ values: item, nameSuffix: suffixOf(item) })),
  ];
}

function addExtras(candidate: Candidate, extras: [string, Json][]): void {
  for (const [name, value] of extras) candidate.extras.set(name.toLowerCase(), [name, value]);
}

/** SEM-10.12 */
function suffixOf(values: Mapping): string {
  const texts = [...scalarLeaves(values)].map(toText).filter((text) => text !== '');
  return texts.length > 0 ? ` (${texts.join(', ')})` : '';
}

function* scalarLeaves(value: Json): Generator<Json> {
  if (value === null || typeof value !== 'object') yield value;
  else for (const item of Object.values(value)) yield* scalarLeaves(item);
}
