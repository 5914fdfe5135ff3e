import { expect, test } from 'vitest';
import { lineLink, parseLineLink } from './line-link.ts';

test('reads what it writes', () => {
  expect(parseLineLink(lineLink({ step: 2, line: 15 }))).toEqual({ step: 2, line: 15 });
  expect(parseLineLink(lineLink({ step: 2 }))).toEqual({ step: 2 });
});

test.each(['', '#', '#content', '#step:', '#step:1:x', '#step:1:2:3'])('passes over %j', (hash) => {
  expect(parseLineLink(hash)).toBeUndefined();
});
