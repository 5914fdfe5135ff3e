import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from '../protocol/runner/tokens.ts';
import { combinationsOf } from './matrix.ts';

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

  it('agrees with a slow reference on random matrices', () => {
    const scalar = fc.constantFrom<Json>('a', 'A', 'b', 1, '1', 2);
    const item = fc.dictionary(fc.constantFrom('x', 'y', 'e', 'f'), scalar, { minKeys: 1 });
    const vectors = fc.dictionary(fc.constantFrom('x', 'y'), fc.array(scalar, { minLength: 1, maxLength: 3 }), {
      minKeys: 1,
    });
    fc.assert(
      fc.property(
        vectors,
        fc.array(item, { maxLength: 5 }),
        fc.array(item, { maxLength: 2 }),
        (axes, include, drop) => {
          const exclude = drop
            .map((entry) => onlyKeys(entry, Object.keys(axes)))
            .filter((entry) => Object.keys(entry).length > 0);
          const expected = reference(axes, include, exclude);
          if (expected.length === 0) expect(() => combinationsOf({ ...axes, include, exclude })).toThrow();
          else expect(values({ ...axes, include, exclude })).toEqual(expected);
        },
      ),
    );
  });
});

type Flat = { [key: string]: Json };

const onlyKeys = (entry: Flat, keys: string[]): Flat =>
  Object.fromEntries(Object.entries(entry).filter(([key]) => keys.includes(key)));

const same = (a: Json | undefined, b: Json | undefined): boolean => String(a).toUpperCase() === String(b).toUpperCase();

const agrees = (combination: Flat, part: Flat): boolean =>
  Object.keys(part).every((key) => same(combination[key], part[key]));

/** Flat matrices by the letter of SEM-10.3 to 10.9: every rule a full pass over everything. */
function reference(axes: { [name: string]: Json[] }, include: Flat[], exclude: Flat[]): Flat[] {
  let product: Flat[] = [{}];
  for (const [name, list] of Object.entries(axes)) {
    product = product.flatMap((combination) => list.map((value) => ({ ...combination, [name]: value })));
  }
  const kept = product.filter((combination) => !exclude.some((entry) => agrees(combination, entry)));
  const axisNames = Object.keys(axes);
  const grown = kept.map((combination) => {
    const fitting = include.filter((entry) => agrees(combination, onlyKeys(entry, axisNames)));
    const extras = fitting.map((entry) =>
      onlyKeys(
        entry,
        Object.keys(entry).filter((key) => !axisNames.includes(key)),
      ),
    );
    return Object.assign({}, combination, ...extras);
  });
  const alone = include.filter((entry) => !kept.some((combination) => agrees(combination, onlyKeys(entry, axisNames))));
  return [...grown, ...alone];
}
