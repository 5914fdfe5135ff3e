import { describe, expect, it } from 'vitest';
import { findingsOf, foundBy } from '../testing/found-by.ts';

const workflow = (expression: string): string => `on: push
jobs:
  first: { runs-on: x, steps: [{ run: x }] }
  Second: { needs: first, runs-on: x, steps: [{ run: x }] }
  third:
    needs: Second
    if: ${expression}
    runs-on: x
    steps: [{ run: x }]
`;

describe('needs-context', () => {
  it('SEM-9.8: tells of a job that is needed only through another one', () => {
    expect(foundBy('needs-context', workflow("needs.first.result == 'success'"))).toEqual([
      '7:9 error needs.first.result is always null: the job third does not need first.',
    ]);
  });

  it('tells of a job that does not exist, and points at the words', () => {
    const [finding] = findingsOf('needs-context', workflow("always() && needs['fourth'].outputs.x"));
    expect(finding).toMatchObject({ column: 21, endColumn: 46 });
    expect(finding?.message).toContain('there is no job fourth');
  });

  it('tells of anything but result and outputs', () => {
    expect(foundBy('needs-context', workflow('needs.second.status'))).toEqual([
      expect.stringContaining('of a job there are only result and outputs'),
    ]);
  });

  it.each([
    "needs.second.result == 'success'",
    'needs.SECOND.outputs.x',
    'needs.*.result',
    'needs[github.job].result',
  ])('SEM-20.4: says nothing of %s', (expression) => {
    expect(foundBy('needs-context', workflow(expression))).toEqual([]);
  });

  it('leaves a need that does not exist to the rule needs', () => {
    const text = workflow('needs.ghost.result').replace('needs: Second', 'needs: [Second, ghost]');
    expect(foundBy('needs-context', text)).toEqual([]);
    expect(foundBy('needs', text)).toHaveLength(1);
  });

  it('SEM-11.8: looks at jobs in the outputs of a called workflow', () => {
    const text = `on:
  workflow_call: { outputs: { a: { value: "\${{ jobs.ghost.outputs.a }}" } } }
jobs:
  first: { runs-on: x, steps: [{ run: x }] }
`;
    expect(foundBy('needs-context', text)).toEqual([expect.stringContaining('jobs.ghost.outputs.a is always null')]);
  });
});
