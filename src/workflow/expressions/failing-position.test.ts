import { expect, it } from 'vitest';
import { failingPosition } from './failing-position.ts';

const scope = { contexts: { github: { ref: 'x' } } };

it.each([
  ["fromJSON('x')", 1],
  ["true && format('{0}', fromJSON('x'))", 23],
  ["true &&\n  fromJSON('')", 11],
  ["format('{9}', 1)", 1],
  ["case('x', 1, 2)", 1],
  ["false && fromJSON('x')", null],
  ['github.ref', null],
])('failingPosition of %j is %s', (expression, position) => {
  expect(failingPosition(expression, scope)).toBe(position);
});
