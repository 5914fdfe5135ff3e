import { describe, expect, it } from 'vitest';
import { spentMs } from '../../../test/support/thread-time.ts';
import { errorsOf, soundWorkflow, warningsOf, withSteps } from '../../../test/support/workflow-text.ts';

const steps = (text: string) => soundWorkflow(withSteps(text)).jobs[0]?.steps ?? [];

describe('background steps', () => {
  it('SEM-18.1: are steps with `background: true`, of scripts and actions', () => {
    const read = steps(`      - { id: a, background: true, run: make, if: always(), timeout-minutes: 1 }
      - { background: true, uses: a/b@c }
      - { background: false, run: make }
`);
    expect(read.map(({ contextName, background, group }) => [contextName, background, group])).toEqual([
      ['a', true, undefined],
      ['__a_b', true, undefined],
      ['__run', false, undefined],
    ]);
  });

  it('SEM-18.2: wait, wait-all and cancel name earlier steps', () => {
    const read = steps(`      - { id: a, background: true, run: make }
      - { id: b, background: true, run: make }
      - { wait: a, name: First }
      - { id: w, wait: [a, b], continue-on-error: true }
      - wait-all:
      - { wait-all: true }
      - { cancel: b }
`);
    expect(read.slice(2).map(({ contextName, control, run }) => [contextName, control, run])).toEqual([
      ['__wait', { type: 'wait', targets: ['a'] }, undefined],
      ['w', { type: 'wait', targets: ['a', 'b'] }, undefined],
      ['__wait-all', { type: 'wait-all', targets: [] }, undefined],
      ['__wait-all_2', { type: 'wait-all', targets: [] }, undefined],
      ['__cancel', { type: 'cancel', targets: ['b'] }, undefined],
    ]);
    expect(read[3]?.continueOnError).toBeTruthy();
  });

  it('SEM-18.2: parallel is its steps in the background and a wait for them', () => {
    const read = steps(`      - run: make
      - parallel:
          - { id: a, run: make }
          - { uses: a/b@c }
      - run: make
`);
    expect(
      read.map(({ contextName, background, group, control }) => [contextName, background, group, control]),
    ).toEqual([
      ['__run', false, undefined, undefined],
      ['a', true, 1, undefined],
      ['__a_b', true, 1, undefined],
      ['__wait', false, 1, { type: 'wait', targets: ['a', '__a_b'] }],
      ['__run_2', false, undefined, undefined],
    ]);
  });

  it.each([
    ['- wait: x', "7:15 Step references unknown step ID 'x'"],
    ['- wait: [a, x]', "7:19 Step references unknown step ID 'x'"],
    ['- cancel: A', "7:17 Step references unknown step ID 'A'"],
    ['- wait: b', "7:15 Step references unknown step ID 'b': the step with this id comes later"],
    ['- wait: __run', "7:15 The identifier '__run' is invalid. IDs starting with '__' are reserved."],
    ['- { id: w, wait: w }', "7:24 Step 'w' cannot reference itself"],
    ['- wait-all: false', "7:19 The value of 'wait-all' must be true or omitted"],
    ['- { wait: a, if: always() }', "7:20 Unexpected value 'if'"],
    ['- { wait-all: , if: always() }', "7:23 Unexpected value 'if'"],
    ['- { cancel: a, if: always() }', "7:22 Unexpected value 'if'"],
    ['- { wait: a, run: x }', "7:20 Unexpected value 'run'"],
    ['- { wait: a, background: true }', "7:20 Unexpected value 'background'"],
    ['- { parallel: [{ run: x }], name: y }', "7:35 Unexpected value 'name'"],
    ['- { background: yes, run: x }', "7:23 Unexpected value 'yes'"],
    [
      '- parallel: [{ run: x, background: true }]',
      "7:30 'background' is not allowed inside a parallel block. Its steps run in the background anyway.",
    ],
    ['- parallel: [{ wait: a }]', "7:22 'wait' is not allowed inside a parallel block."],
    ['- parallel: [{ wait-all: }]', "7:22 'wait-all' is not allowed inside a parallel block."],
    ['- parallel: [{ cancel: a }]', "7:22 'cancel' is not allowed inside a parallel block."],
    ['- parallel: [{ parallel: [{ run: x }] }]', "7:22 Nested 'parallel' blocks are not allowed."],
  ])('SEM-18.2: refuses %s', (step, expected) => {
    const text = withSteps(
      `      - { id: a, background: true, run: x }\n      ${step}\n      - { id: b, background: true, run: x }\n`,
    );
    expect(errorsOf(text)).toEqual([expected]);
  });

  it('SEM-18.2: refuses a wait for a step of a parallel block, and an id that is there twice', () => {
    expect(errorsOf(withSteps('      - parallel: [{ id: a, run: x }]\n      - wait: a\n'))).toEqual([
      "7:15 Step references unknown step ID 'a': its parallel block has waited for it",
    ]);
    expect(errorsOf(withSteps('      - parallel: [{ id: a, run: x }]\n      - { id: a, run: y }\n'))[0]).toContain(
      "The identifier 'a' may not be used more than once",
    );
  });

  it('warns of a wait for a step that does not run in the background', () => {
    expect(warningsOf(withSteps('      - { id: a, run: x }\n      - wait: a\n'))).toEqual([
      "7:15 The step 'a' does not run in the background: it has ended by then.",
    ]);
  });

  it('reads thousands of blocks and targets in a moment', () => {
    const many = Array.from(
      { length: 2_000 },
      (_, at) => `      - parallel: [{ run: x }]\n      - { id: s${at}, background: true, run: x }\n`,
    );
    const started = spentMs();
    expect(steps(`${many.join('')}      - wait: [${many.map((_, at) => `s${at}`).join(', ')}]\n`)).toHaveLength(6_001);
    expect(spentMs() - started).toBeLessThan(5_000);
  });
});
