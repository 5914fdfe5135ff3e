import { describe, expect, it } from 'vitest';
import { foundBy } from '../testing/found-by.ts';

const workflow = (on: string, expression: string): string => `on: ${on}
jobs:
  build:
    runs-on: x
    steps: [{ run: "\${{ ${expression} }}" }]
`;
const DISPATCH = '{ workflow_dispatch: { inputs: { Level: { type: string } } } }';
const CALL = '{ workflow_call: { inputs: { Level: { type: string } } } }';

describe('unknown-input', () => {
  it.each([DISPATCH, CALL])('SEM-4.8, 11.4: tells of an input that %s does not declare', (on) => {
    expect(foundBy('unknown-input', workflow(on, 'inputs.name'))).toEqual([
      '5:25 error inputs.name is always null: the workflow declares only Level.',
    ]);
  });

  it('tells of any input of a workflow that declares none', () => {
    expect(foundBy('unknown-input', workflow('push', 'inputs.name'))).toEqual([
      expect.stringContaining('the workflow declares no inputs'),
    ]);
  });

  it('SEM-4.8: github.event.inputs holds those of a dispatch only', () => {
    expect(foundBy('unknown-input', workflow(DISPATCH, 'github.event.inputs.level'))).toEqual([]);
    expect(foundBy('unknown-input', workflow(CALL, 'github.event.inputs.level'))).toHaveLength(1);
  });

  it('only warns where null may be meant', () => {
    expect(foundBy('unknown-input', workflow('push', "inputs.name || 'x'"))).toEqual([
      expect.stringMatching(/^5:25 warning /),
    ]);
  });

  it.each([
    [DISPATCH, 'inputs.level'],
    [CALL, 'inputs.LEVEL'],
    ['push', 'toJSON(inputs)'],
    ['push', 'inputs[github.job]'],
  ])('says nothing under %s of %s', (on, expression) => {
    expect(foundBy('unknown-input', workflow(on, expression))).toEqual([]);
  });
});
