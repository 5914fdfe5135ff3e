import { expect, it } from 'vitest';
import type { Scope } from './scope.ts';
import { traceExpression } from './trace.ts';

const scope: Scope = {
  contexts: { github: { ref: 'refs/heads/main', event: { labels: [{ name: 'a' }] } }, env: { N: '3' } },
  status: { success: () => true, failure: () => false, cancelled: () => false },
};

it.each([
  ['success()', ['Evaluating: success()', 'Result: true']],
  ['true', ['Evaluating: true', 'Result: true']],
  [
    "success() && (github.ref == 'refs/heads/main')",
    [
      "Evaluating: (success() && (github.ref == 'refs/heads/main'))",
      "Expanded: (true && ('refs/heads/main' == 'refs/heads/main'))",
      'Result: true',
    ],
  ],
  [
    "failure() && startsWith(github.ref, 'x')",
    [
      "Evaluating: (failure() && startsWith(github.ref, 'x'))",
      "Expanded: (false && startsWith(github.ref, 'x'))",
      'Result: false',
    ],
  ],
  [
    "startsWith(github.ref, 'refs/') || always()",
    [
      "Evaluating: (startsWith(github.ref, 'refs/') || always())",
      "Expanded: (startsWith('refs/heads/main', 'refs/') || always())",
      'Result: true',
    ],
  ],
  ['!env.N', ['Evaluating: !env.N', "Expanded: !'3'", 'Result: false']],
  ["env['it''s']", ["Evaluating: env['it''s']", 'Result: null']],
  [
    "contains(github.event.labels.*.name, 'a')",
    ["Evaluating: contains(github.event.labels.*.name, 'a')", "Expanded: contains(Array, 'a')", 'Result: true'],
  ],
])('tells of %s as the official runner does', (expression, expected) => {
  expect(traceExpression(expression, scope)).toEqual(expected);
});
