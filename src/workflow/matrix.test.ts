import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from '../protocol/runner/tokens.ts';
import { type Combination, combinationsOf } from './matrix.ts';

const values = (matrix: Json): Json[] => combinationsOf(matrix).map((combination) => combination.values);
const names = (matrix: Json): string[] => combinationsOf(matrix).map(({ nameSuffix }) => nameSuffix);

describe('combinationsOf', () => {
  it('SEM-10.10: the worked example', () => {
    const matrix: Json = {
      fruit: ['apple', 'pear'],
      animal: ['cat', 'dog'],
      include: [
        { color: 'green' },
        { color: 'pink', animal: 'cat' },
        { fruit: 'apple', shape: 'circle' },
        { fruit: 'banana' },
        { fruit: 'banana', animal: 'cat' },
      ],
    };
    expect(values(matrix)).toEqual([
      { fruit: 'apple', animal: 'cat', color: 'pink', shape: 'circle' },
      { fruit: 'apple', animal: 'dog', color: 'green', shape: 'circle' },
      { fruit: 'pear', animal: 'cat', color: 'pink' },
      { fruit: 'pear', animal: 'dog', color: 'green' },
      { fruit: 'banana' },
      { fruit: 'banana', animal: 'cat' },
    ]);
    expect(names(matrix)).toEqual([
      ...[' (apple, cat)', ' (apple, dog)', ' (pear, cat)', ' (pear, dog)', ' (banana)', ' (banana, cat)'],
    ]);
  });

  it('SEM-10.3: the first vector varies slowest', () => {
    expect(names({ a: [1, 2], b: ['x', 'y'] })).toEqual([' (1, x)', ' (1, y)', ' (2, x)', ' (2, y)']);
  });

  it('SEM-10.5, trap 10: excludes by a part of an object, and 18 against "18"', () => {
    const node = [
      { version: '18', arch: { name: 'X64', bits: 64 } },
      { version: 20, arch: { name: 'arm', bits: 64 } },
    ];
    expect(values({ node, exclude: [{ node: { version: 18 } }] })).toEqual([{ node: node[1] }]);
    expect(values({ node, exclude: [{ node: { arch: { NAME: 'ARM' } } }] })).toEqual([{ node: node[0] }]);
    expect(
      values({
        list: [
          [1, 2],
          [1, 3],
        ],
        exclude: [{ list: [1, 3] }],
      }),
    ).toEqual([{ list: [1, 2] }]);
  });

  it('SEM-10.6, trap 8: an include overwrites an earlier extra and never an original value', () => {
    const matrix: Json = { os: ['a', 'b'], include: [{ x: 1 }, { os: 'A', X: 2 }, { os: 'c', x: 3 }] };
    expect(values(matrix)).toEqual([
      { os: 'a', X: 2 },
      { os: 'b', x: 1 },
      { os: 'c', x: 3 },
    ]);
  });

  it('SEM-10.8, trap 9: an include brings an excluded combination back as its own entry', () => {
    const matrix: Json = { os: ['a', 'b'], exclude: [{ os: 'a' }], include: [{ os: 'a', extra: true }] };
    expect(values(matrix)).toEqual([{ os: 'b' }, { os: 'a', extra: true }]);
  });

  it('SEM-10.9, trap 9: without vectors each include item is a combination', () => {
    expect(values({ include: [{ a: 1 }, { b: 2 }] })).toEqual([{ a: 1 }, { b: 2 }]);
  });

  it('SEM-10.12: names list scalar leaves, without nulls, empty texts and added extras', () => {
    expect(names({ v: [{ a: 1, b: [true, null, ''] }], w: ['x'], include: [{ extra: 'no' }] })).toEqual([
      ' (1, true, x)',
    ]);
    expect(names({ v: [null] })).toEqual(['']);
  });

  it.each<[string, Json, RegExp]>([
    ['an empty vector', { a: [] }, /'a' does not contain any values/],
    ['a vector that is no list', { a: 'x' }, /'a' must be a list/],
    ['nothing at all', {}, /at least one vector/],
    ['an empty include alone', { include: [] }, /at least one vector/],
    ['an unknown exclude key', { a: [1], exclude: [{ b: 1 }] }, /exclude key 'b'/],
    ['an empty exclude item', { a: [1], exclude: [{}] }, /not empty/],
    ['everything excluded', { a: [1], exclude: [{ a: 1 }] }, /no combination left/],
    ['a text', 'x', /must be a mapping/],
  ])('SEM-10.2, 10.4, 10.14: refuses %s', (_, matrix, message) => {
    expect(() => combinationsOf(matrix)).toThrow(message);
  });

  it('SEM-10.13, trap 29: takes 256 combinations, not 257', () => {
    const list = Array.from({ length: 256 }, (_, index) => index);
    expect(values({ a: list })).toHaveLength(256);
    expect(() => combinationsOf({ a: [...list, 256] })).toThrow('more than 256 jobs');
    expect(() => combinationsOf({ a: list, include: [{ a: 999 }] })).toThrow('more than 256 jobs');
  });

  it('SEM-10.13: refuses a huge product without walking it', () => {
    const vector = Array.from({ length: 100 }, (_, index) => index);
    const matrix = Object.fromEntries('abcdefgh'.split('').map((name) => [name, vector]));
    expect(() => combinationsOf({ ...matrix, exclude: [{ a: 1 }] })).toThrow(/1E\+16 combinations/);
  });

  it.each<[string, Json, RegExp]>([
    ['10,000 combinations', { a: upTo(100), b: upTo(100) }, /more than 256 jobs/],
    ['10^9 combinations', { a: upTo(1000), b: upTo(1000), c: upTo(1000) }, /more than 256 jobs/],
    [
      '10^9 combinations with an exclude',
      { a: upTo(1000), b: upTo(1000), c: upTo(1000), exclude: [{ a: 1 }] },
      /has 1000000000 combinations before exclude; more than 100000 are not looked at/,
    ],
    ['more excludes than can be compared', { a: upTo(500), exclude: upTo(500).map((a) => ({ a })) }, /too many/],
    ['more includes than can be compared', { a: upTo(256), include: upTo(9999).map((k) => ({ k })) }, /too many/],
    [
      'texts that are long to compare',
      {
        a: upTo(200).map((n) => `${'é'.repeat(999)}${n}`),
        exclude: upTo(200).map((n) => ({ a: `${'É'.repeat(999)}${n}` })),
      },
      /too many comparisons/,
    ],
  ])('SEM-10.13: refuses %s without putting them together', (_, matrix, message) => {
    expect(() => combinationsOf(matrix)).toThrow(message);
  });

  it('SEM-10.13: takes 100,000 combinations of which exclude leaves 200', () => {
    const found = values({
      a: upTo(1000).map((n) => ({ keep: n < 2 })),
      b: upTo(100),
      exclude: [{ a: { keep: false } }],
    });
    expect(found).toHaveLength(200);
    expect(found.at(-1)).toEqual({ a: { keep: true }, b: 99 });
  });

  it('SEM-10.12: a suffix is cut where a name ends anyway', () => {
    const [name = ''] = names({ a: [upTo(10_000)] });
    expect(name).toMatch(/^ \(0, 1, 2, 3, /);
    expect(name).toHaveLength(203);
  });

  it('SEM-10.2: refuses a vector that an expression gives twice', () => {
    expect(() => combinationsOf({ a: [1], A: [2] })).toThrow("Matrix vector 'A' is defined twice");
  });

  it('SEM-10.3 to 10.12: agrees with a slow reference on random matrices', { timeout: 30_000 }, () => {
    fc.assert(
      fc.property(matrices, ({ vectors, include, exclude }) => {
        const expected = reference(vectors, include, exclude);
        const matrix = { ...vectors, include, exclude };
        if (expected.length === 0) expect(() => combinationsOf(matrix)).toThrow('no combination left');
        else expect(combinationsOf(matrix)).toEqual(expected);
      }),
      { numRuns: 500 },
    );
  });
});

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

type Mapping = { [key: string]: Json };

/** Values that are often equal, and often only nearly. */
const scalar = fc.constantFrom<Json>('a', 'A', 'b', 'é', 'É', 1, '1', ' 1', '0x1', 2, 0, '', true, false, null);
const nested = fc.oneof(
  { weight: 3, arbitrary: scalar },
  fc.array(scalar, { maxLength: 2 }),
  fc.dictionary(fc.constantFrom('k', 'K', 'm'), fc.oneof(scalar, fc.array(scalar, { maxLength: 2 })), { maxKeys: 2 }),
  fc.record({ k: fc.record({ deep: scalar }) }),
);
const vectorName = fc.constantFrom('x', 'Y', 'z');
const itemName = fc.constantFrom('x', 'X', 'y', 'Y', 'Z');
const extraName = fc.constantFrom('e', 'E', 'f');

const matrices = fc
  .record({
    vectors: fc.dictionary(vectorName, fc.array(nested, { minLength: 1, maxLength: 3 }), { minKeys: 1 }),
    include: fc.array(fc.dictionary(fc.oneof(itemName, extraName), nested, { minKeys: 1, maxKeys: 3 }), {
      maxLength: 6,
    }),
    exclude: fc.array(fc.dictionary(itemName, nested, { minKeys: 1, maxKeys: 2 }), { maxLength: 3 }),
  })
  .map(({ vectors, include, exclude }) => ({
    vectors,
    include: include.map(withoutTwins),
    exclude: exclude.map(withoutTwins).filter((item) => Object.keys(item).every((key) => isVector(vectors, key))),
  }));

const isVector = (vectors: Mapping, key: string): boolean => lower(Object.keys(vectors)).includes(key.toLowerCase());

const lower = (names: string[]): string[] => names.map((name) => name.toLowerCase());

/** YAML refuses keys that differ in case only. */
function withoutTwins(item: Mapping): Mapping {
  const keys = Object.keys(item);
  return Object.fromEntries(
    Object.entries(item).filter(([key], index) => lower(keys).indexOf(key.toLowerCase()) === index),
  );
}

/** By the letter of the rules: every rule a full pass over everything. */
function reference(vectors: { [name: string]: Json[] }, include: Mapping[], exclude: Mapping[]): Combination[] {
  // SEM-10.3
  let product: Mapping[] = [{}];
  for (const [name, list] of Object.entries(vectors)) {
    product = product.flatMap((combination) => list.map((value) => ({ ...combination, [name]: value })));
  }
  // SEM-10.4
  const kept = product.filter((combination) => !exclude.some((item) => agrees(combination, item)));
  const filterOf = (item: Mapping) => pick(item, (key) => isVector(vectors, key));
  const extrasOf = (item: Mapping) => pick(item, (key) => !isVector(vectors, key));
  // SEM-10.6
  const grown = kept.map((combination) => {
    const values = { ...combination };
    for (const item of include.filter((candidate) => agrees(combination, filterOf(candidate)))) {
      for (const [key, value] of Object.entries(extrasOf(item))) {
        for (const old of Object.keys(values)) if (old.toLowerCase() === key.toLowerCase()) delete values[old];
        values[key] = value;
      }
    }
    return { values, nameSuffix: suffix(combination) };
  });
  // SEM-10.7, 10.8
  const alone = include.filter((item) => !kept.some((combination) => agrees(combination, filterOf(item))));
  return [...grown, ...alone.map((item) => ({ values: item, nameSuffix: suffix(item) }))];
}

const pick = (item: Mapping, wanted: (key: string) => boolean): Mapping =>
  Object.fromEntries(Object.entries(item).filter(([key]) => wanted(key)));

const agrees = (combination: Mapping, item: Mapping): boolean =>
  leaves(item).every(({ path, leaf }) => same(at(combination, path), leaf));

interface Leaf {
  path: (string | number)[];
  leaf: Json;
}

function leaves(value: Json, path: Leaf['path'] = []): Leaf[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => leaves(item, [...path, index]));
  if (value === null || typeof value !== 'object') return [{ path, leaf: value }];
  return Object.entries(value).flatMap(([key, item]) => leaves(item, [...path, key]));
}

function at(value: Json, path: Leaf['path']): Json {
  const [step, ...rest] = path;
  if (step === undefined) return value;
  if (value === null || typeof value !== 'object') return null;
  if (typeof step === 'number') return Array.isArray(value) ? at(value[step] ?? null, rest) : null;
  if (Array.isArray(value)) return null;
  const exact = Object.entries(value).find(([key]) => key === step);
  const found = exact ?? Object.entries(value).find(([key]) => key.toLowerCase() === step.toLowerCase());
  return found ? at(found[1], rest) : null;
}

/** SEM-10.5: the operator `==`. */
function same(a: Json, b: Json): boolean {
  if (typeof a === 'string' && typeof b === 'string') return a.toLowerCase() === b.toLowerCase();
  if ((a !== null && typeof a === 'object') || (b !== null && typeof b === 'object')) return false;
  if (typeof a === typeof b) return a === b;
  return Number(a) === Number(b);
}

/** SEM-10.12 */
function suffix(values: Mapping): string {
  const texts = leaves(values).map(({ leaf }) => String(leaf ?? ''));
  const shown = texts.filter((text) => text !== '');
  return shown.length > 0 ? ` (${shown.join(', ')})` : '';
}
