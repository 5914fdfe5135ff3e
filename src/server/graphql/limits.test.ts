import fc from 'fast-check';
import { getIntrospectionQuery, parse } from 'graphql';
import { expect, test } from 'vitest';
import { assertAffordable } from './limits.ts';

const check = (query: string, variables = {}) => assertAffordable(parse(query), variables);
const nested = (depth: number): string => (depth === 0 ? 'login' : `owner { ${nested(depth - 1)} }`);
const page = (first: string, inner: string) => `owner { repositories(first: ${first}) { nodes { ${inner} } } }`;
const inRepository = (selection: string, head = '') =>
  `query${head} { repository(owner: "a", name: "b") { ${selection} } }`;

test('the introspection of tools and a large page of repositories are affordable', () => {
  check(getIntrospectionQuery());
  check(inRepository(page('100', Array.from({ length: 60 }, (_, index) => `f${index}: name`).join(' '))));
});

test('depth is counted through fields and fragments', () => {
  check(inRepository(nested(18)));
  expect(() => check(inRepository(nested(19)))).toThrow('21 levels deep; more than 20');
  const chain = Array.from({ length: 30 }, (_, index) => `fragment F${index} on R { owner { ...F${index + 1} } }`);
  expect(() => check(`${inRepository('...F0')} ${chain.join(' ')} fragment F30 on R { name }`)).toThrow('levels deep');
});

test('pages multiply, whether a number, a variable or nothing says how large they are', () => {
  check(inRepository(page('100', page('5', 'name'))));
  const large = 'more than 20000 are not answered';
  expect(() => check(inRepository(page('100', page('100', 'name'))))).toThrow(large);
  const variable = inRepository(page('100', page('$n', 'name')), '($n: Int)');
  expect(() => check(variable, { n: 100 })).toThrow(large);
  expect(() => check(variable)).toThrow(large);
  check(variable, { n: 2 });
  // What asks for more than a page gets a page.
  check(inRepository(page('1000000', 'name')));
});

test('fragments that name each other count as what they stand for, and are counted at once', () => {
  const laughs = Array.from(
    { length: 15 },
    (_, index) => `fragment F${index} on R { a: owner { ...F${index + 1} } b: owner { ...F${index + 1} } }`,
  );
  const query = `${inRepository('...F0')} ${laughs.join(' ')} fragment F15 on R { name }`;
  expect(() => check(query)).toThrow('more than 20000 are not answered');
});

test('several operations and aliases add up', () => {
  const many = Array.from(
    { length: 3 },
    (_, index) => `query Q${index} ${inRepository(page('90', page('90', 'name'))).slice(5)}`,
  );
  expect(() => check(many.join(' '))).toThrow('more than 20000');
});

test('never fails otherwise, whatever the page', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (n) => {
      try {
        check(inRepository(page('$n', 'name'), '($n: Int)'), { n });
      } catch (error) {
        expect(String(error)).toContain('are not answered');
      }
    }),
  );
});
