import { describe, expect, it } from 'vitest';
import { foundBy } from '../testing/found-by.ts';

const workflow = (expression: string): string => `on: push
jobs:
  build:
    runs-on: x
    outputs: { last: "\${{ steps.last.outputs.x }}" }
    steps:
      - { id: first, run: x }
      - run: echo "\${{ ${expression} }}"
        id: own
      - { id: last, run: x }
`;

describe('unknown-step', () => {
  it.each([
    ['steps.ghost.outputs.x', 'the job build has no step with the id ghost'],
    ['steps.last.outputs.x', 'the step last comes later'],
    ['steps.own.outputs.x', 'the step has not run yet'],
    ['steps.first.output.x', 'of a step there are only outputs, outcome and conclusion'],
  ])('SEM-19.5: tells of %s', (expression, problem) => {
    expect(foundBy('unknown-step', workflow(expression))).toEqual([
      `8:24 error ${expression} is always null: ${problem}.`,
    ]);
  });

  it.each([
    'steps.first.outputs.x',
    'steps.FIRST.outcome',
    'toJSON(steps)',
    'steps.*.outcome',
    'steps[matrix.a].outcome',
  ])('says nothing of %s', (expression) => {
    expect(foundBy('unknown-step', workflow(expression))).toEqual([]);
  });

  it('SEM-27.1: lets outputs of the job read every step', () => {
    expect(foundBy('unknown-step', workflow('github.sha'))).toEqual([]);
    expect(foundBy('unknown-step', workflow('github.sha').replace('steps.last', 'steps.ghost'))).toHaveLength(1);
  });

  it('takes an input of the name id for no id', () => {
    const text = `on: push
jobs:
  build:
    runs-on: x
    steps:
      - { uses: a/b@v1, with: { id: fake } }
      - run: "\${{ steps.fake.outputs.x }}"
`;
    expect(foundBy('unknown-step', text)).toHaveLength(1);
  });

  it('SEM-18.3: tells of a background step that nothing has waited for', () => {
    const reading = (between: string): string => `on: push
jobs:
  build:
    runs-on: x
    outputs: { last: "\${{ steps.far.outputs.x }}" }
    steps:
      - { id: far, background: true, run: x }
      - ${between}
      - run: "\${{ steps.far.outputs.x }}"
`;
    const found = [
      '9:19 error steps.far.outputs.x is always null: the step far runs in the background, and nothing has waited for it before.',
    ];
    expect(foundBy('unknown-step', reading('run: x'))).toEqual(found);
    expect(foundBy('unknown-step', reading('parallel: [{ run: x }]'))).toEqual(found);
    for (const covered of ['wait: far', 'wait: [far]', 'wait-all:', 'cancel: far']) {
      expect(foundBy('unknown-step', reading(covered))).toEqual([]);
    }
  });

  it('SEM-18.2: counts the steps of a parallel block, which do not see each other', () => {
    const text = `on: push
jobs:
  build:
    runs-on: x
    steps:
      - parallel:
          - { id: one, run: x }
          - { id: two, run: "\${{ steps.one.outputs.x }}" }
      - run: "\${{ steps.two.outputs.x }}"
`;
    expect(foundBy('unknown-step', text)).toEqual([
      '8:34 error steps.one.outputs.x is always null: the step one runs in the background, and nothing has waited for it before.',
    ]);
  });
});
