import { describe, expect, it } from 'vitest';
import { foundBy } from '../testing/found-by.ts';

const workflow = (expression: string, first = 'runs-on: x, steps: [{ run: x }], outputs: { Version: x }'): string =>
  `on: push
jobs:
  first: { ${first} }
  second:
    needs: first
    runs-on: x
    env: { A: "\${{ ${expression} }}" }
    steps: [{ run: x }]
`;

const callee = (outputs: string): string =>
  `on: { workflow_call: { ${outputs} } }\njobs: { a: { runs-on: x, steps: [{ run: x }] } }`;

describe('needs-output', () => {
  it('SEM-9.8: tells of an output that the job does not declare', () => {
    expect(foundBy('needs-output', workflow('needs.first.outputs.sha'))).toEqual([
      '7:20 warning needs.first.outputs.sha is always null: the job first declares only the outputs Version.',
    ]);
  });

  it('tells of an output of a job that declares none', () => {
    expect(foundBy('needs-output', workflow('needs.first.outputs.sha', 'runs-on: x, steps: [{ run: x }]'))).toEqual([
      expect.stringContaining('the job first declares no outputs'),
    ]);
  });

  it.each([
    'needs.first.outputs.version',
    'toJSON(needs.first.outputs)',
    'needs.first.outputs.*',
  ])('says nothing of %s', (expression) => {
    expect(foundBy('needs-output', workflow(expression))).toEqual([]);
  });

  it('SEM-11.8: knows the outputs of a called workflow, when its file is there', () => {
    const call = workflow('needs.first.outputs.sha', 'uses: ./.github/workflows/called.yml');
    const outputs = 'outputs: { sha: { value: x } }';
    expect(foundBy('needs-output', call, { beside: { 'called.yml': callee(outputs) } })).toEqual([]);
    expect(foundBy('needs-output', call, { beside: { 'called.yml': callee('') } })).toHaveLength(1);
    expect(foundBy('needs-output', call)).toEqual([]);
    const elsewhere = workflow('needs.first.outputs.sha', 'uses: a/b/.github/workflows/called.yml@v1');
    expect(foundBy('needs-output', elsewhere)).toEqual([]);
  });
});
