import { describe, expect, it } from 'vitest';
import type { Workflow } from '../model.ts';
import { readWorkflow } from './read-workflow.ts';

const PATH = '.github/workflows/ci.yml';
const read = (text: string): Workflow => readWorkflow({ path: PATH, text });
const errors = (text: string): string[] =>
  read(text).errors.map(({ line, column, message }) => `${line}:${column} ${message}`);

const JOB = 'runs-on: x\n    steps: [{ run: make }]';
/** A workflow of jobs that are only `needs` and the like. */
const withJobs = (jobs: Record<string, string>): string =>
  `on: push\njobs:\n${Object.entries(jobs)
    .map(([key, body]) => `  ${key}:\n    ${JOB}\n    ${body}\n`)
    .join('')}`;
const withSteps = (steps: string): string => `on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n${steps}`;

describe('a workflow that is fine', () => {
  const workflow = read(`name: CI
on:
  push:
    branches: [main]
  workflow_dispatch:
    inputs:
      level: { type: choice, options: [a, b], default: a, deprecationMessage: old }
run-name: by \${{ github.actor }}
jobs:
  build:
    runs-on: x
    outputs: { v: '\${{ steps.one.outputs.v }}' }
    steps:
      - id: one
        run: make
      - uses: actions/checkout@v4
      - uses: actions/checkout@v4
      - uses: ./local
      - uses: docker://alpine:3
      - run: |
          echo '\${{ github.sha }}' {x}
            indented
        shell: \${{ matrix.shell }}
  Test:
    needs: BUILD
    if: github.ref == 'refs/heads/main'
    runs-on: x
    steps: [{ run: a }, { run: b }]
`);

  it('has no errors and no warnings', () => {
    expect(workflow.errors).toEqual([]);
    expect(workflow.warnings).toEqual([]);
  });

  it('SEM-1.3: `on` is a key, not a boolean', () => {
    expect(workflow.triggers?.map(({ event }) => event)).toEqual(['push', 'workflow_dispatch']);
  });

  it('SEM-1.7: ignores unknown keys of a dispatch input', () => {
    const input = {
      name: 'level',
      type: 'choice',
      required: false,
      default: 'a',
      description: null,
      options: ['a', 'b'],
    };
    expect(workflow.triggers?.[1]?.inputs).toEqual([input]);
  });

  it('SEM-9.1: needs ignore case and name the job as it is declared', () => {
    expect(workflow.jobs.map(({ key, needs }) => [key, needs])).toEqual([
      ['build', []],
      ['Test', ['build']],
    ]);
    expect(workflow.jobs[1]?.condition).toBe("success() && (github.ref == 'refs/heads/main')");
  });

  it('SEM-1.15: steps without an id get generated names', () => {
    const names = workflow.jobs[0]?.steps.map(({ contextName }) => contextName);
    expect(names).toEqual(['one', '__actions_checkout', '__actions_checkout_2', '__self', '__alpine_3', '__run']);
    expect(workflow.jobs[1]?.steps.map(({ contextName }) => contextName)).toEqual(['__run', '__run_2']);
  });

  it('SEM-21.1: a block scalar with an expression keeps its text, without the file’s indentation', () => {
    const expression = "format('echo ''{0}'' {{x}}\n  indented\n', github.sha)";
    expect(workflow.jobs[0]?.steps[5]?.run).toEqual({ type: 3, expr: expression, line: 20, col: 14 });
  });

  it('SEM-5.2: the name defaults to the path', () => {
    expect(workflow.name).toBe('CI');
    expect(read(withJobs({ a: '' })).name).toBe(PATH);
  });
});

describe('errors of the schema', () => {
  it('SEM-1.8: carries file, line and column', () => {
    expect(read(withJobs({ a: 'nonsense: 1' })).errors).toEqual([
      { file: PATH, line: 6, column: 5, message: "Unexpected value 'nonsense'" },
    ]);
  });

  it.each([
    ['SEM-1.6: a key given twice, ignoring case', withJobs({ a: 'RUNS-ON: y' }), /^6:5 'RUNS-ON' is already defined$/],
    ['SEM-1.6: job ids that differ in case', withJobs({ a: '', A: '' }), /^7:3 'A' is already defined$/],
    ['SEM-1.11: no `on`', 'jobs: {}\n', /Required property is missing: on/],
    ['SEM-1.11: no jobs', 'on: push\njobs: {}\n', /^2:7 The workflow must contain at least one job\.$/],
    ['SEM-1.7: an unknown event', 'on: pushed\njobs: {}\n', /^1:5 Unexpected value 'pushed'$/],
    ['SEM-1.7: an unknown filter', 'on: {push: {branch: main}}\njobs: {}\n', /^1:13 Unexpected value 'branch'$/],
    ['SEM-1.13: runs-on and uses together', withJobs({ a: 'uses: ./x' }), /^6:5 Unexpected value 'uses'$/],
    [
      'SEM-22.4: a secret in a job condition',
      withJobs({ a: 'if: ${{ secrets.X }}' }),
      /^6:9 Unrecognized named-value: 'secrets'/,
    ],
    [
      'SEM-22.4: the same without marks',
      withJobs({ a: 'if: secrets.X' }),
      /^6:9 Unrecognized named-value: 'secrets'\. Located at position 1/,
    ],
    [
      'trap 30: env in a job’s timeout',
      withJobs({ a: 'timeout-minutes: ${{ fromJSON(env.T) }}' }),
      /^6:22 Unrecognized named-value: 'env'/,
    ],
    [
      'SEM-20.1: an expression that is not closed',
      withJobs({ a: 'name: ${{ github.x' }),
      /The expression is not closed/,
    ],
  ])('refuses %s', (_, text, expected) => {
    expect(errors(text)[0]).toMatch(expected);
  });

  it('SEM-9.5, 20.14: job keys are arguments of a job’s status functions only', () => {
    expect(errors(withJobs({ a: "if: failure('b')", b: '' }))).toEqual([]);
    expect(errors(withSteps("      - run: x\n        if: failure('b')\n"))[0]).toMatch(
      /^7:13 Too many parameters supplied: 'failure'/,
    );
  });

  it('trap 30: takes env in a step’s timeout', () => {
    expect(errors(withSteps('      - run: x\n        timeout-minutes: ${{ fromJSON(env.T) }}\n'))).toEqual([]);
  });

  it('points into a block scalar at the line and column of the expression', () => {
    expect(errors(withSteps('      - run: |\n          one\n\n            ${{ nope }}\n'))).toEqual([
      "9:13 Unrecognized named-value: 'nope'. Located at position 1 within expression: nope",
    ]);
  });

  it('points at the start of a folded scalar, whose lines are not the value’s', () => {
    expect(errors(withSteps('      - run: >-\n          one\n          ${{ nope }}\n'))).toEqual([
      "6:14 Unrecognized named-value: 'nope'. Located at position 1 within expression: nope",
    ]);
  });

  it('SEM-1.8: keeps at most 10 errors', () => {
    const many = Array.from({ length: 30 }, (_, index) => `x${index}: 1`).join('\n    ');
    expect(errors(withJobs({ a: many }))).toHaveLength(10);
  });

  it('SEM-1.9: refuses a text with an expression that is over 21,000 characters', () => {
    const script = `echo \${{ github.sha }} ${'x'.repeat(21_000)}`;
    expect(errors(withSteps(`      - run: ${script}\n`))).toEqual(['6:14 Exceeded max expression length 21000']);
    expect(errors(withSteps(`      - run: echo ${'x'.repeat(30_000)}\n`))).toEqual([]);
  });
});

describe('the job graph', () => {
  it.each([
    ['an unknown need', { a: 'needs: [b, nope]', b: '' }, "6:16 Job 'a' depends on unknown job 'nope'."],
    ['a job that needs itself', { a: 'needs: A' }, "6:12 Job 'a' depends on itself."],
    [
      'a circle',
      { a: 'needs: c', b: 'needs: a', c: 'needs: b' },
      "3:3 The jobs need each other in a circle: 'a' needs 'c' needs 'b' needs 'a'.",
    ],
    [
      'a circle beside the start',
      { a: 'needs: b', b: 'needs: c', c: 'needs: b' },
      "3:3 The jobs need each other in a circle: 'b' needs 'c' needs 'b'.",
    ],
  ])('SEM-9.1: refuses %s, once', (_, jobs, expected) => {
    expect(errors(withJobs(jobs))).toEqual([expected]);
  });

  it('SEM-9.1: follows a long chain and a wide diamond', () => {
    const chain = Object.fromEntries(
      Array.from({ length: 500 }, (_, i) => [`j${i}`, i > 1 ? `needs: [j${i - 1}, j${i - 2}]` : '']),
    );
    expect(errors(withJobs(chain))).toEqual([]);
  });
});

describe('ids and steps', () => {
  it.each([
    ['1a', /'1a' is invalid\. IDs may only contain/],
    ['a.b', /'a\.b' is invalid/],
    ['__a', /'__a' is invalid\. IDs starting with '__' are reserved/],
    ['a'.repeat(100), /must be less than 100 characters/],
  ])('SEM-1.12: refuses the job id %s', (id, expected) => {
    expect(errors(withJobs({ [id]: '' }))[0]).toMatch(expected);
  });

  it('SEM-1.12: step ids are unique ignoring case', () => {
    expect(errors(withSteps('      - {run: x, id: a}\n      - {run: x, id: A}\n'))[0]).toMatch(
      /^7:.*'A' may not be used more than once/,
    );
  });

  it.each(['actions/checkout', 'checkout@v4', 'docker://', '$/x'])('SEM-17.1: refuses uses: %s', (uses) => {
    expect(errors(withSteps(`      - uses: ${uses}\n`))).toHaveLength(1);
  });

  it('refuses a job without steps', () => {
    expect(errors('on: push\njobs:\n  a:\n    runs-on: x\n')).toEqual(["3:3 No steps defined for job 'a'."]);
  });

  it('SEM-9.4, trap 5: warns of a condition that is always true', () => {
    const workflow = read(withJobs({ a: 'if: ${{ false }} && true' }));
    expect(workflow.errors).toEqual([]);
    expect(workflow.jobs[0]?.condition).toBe("success() && (format('{0} && true', false))");
    expect(workflow.warnings.map(({ line, message }) => `${line} ${message}`)).toEqual([
      expect.stringMatching(/^6 The condition mixes text with/),
    ]);
  });
});

describe('keys that nothing acts on yet', () => {
  const warnings = (text: string): string[] =>
    read(text).warnings.map(({ file, line, column, message }) => `${file === PATH} ${line}:${column} ${message}`);

  it('are each warned of at their place, in the order of the file', () => {
    const text = `on:
  push:
  schedule: [{ cron: '5 4 * * *' }]
  pull_request:
permissions: write-all
concurrency: one
jobs:
  a:
    runs-on: x
    environment: production
    permissions: { contents: read, id-token: write }
    concurrency: { group: two, cancel-in-progress: true }
    steps: [{ run: make }]
`;
    expect(read(text).errors).toEqual([]);
    expect(warnings(text)).toEqual([
      expect.stringMatching(/^true 3:3 The event `schedule` does not start runs here yet/),
      expect.stringMatching(/^true 4:3 The event `pull_request` does not start runs here yet/),
      expect.stringMatching(/^true 5:1 `permissions` has no effect yet/),
      expect.stringMatching(/^true 6:1 `concurrency` has no effect yet: runs of one group/),
      expect.stringMatching(/^true 10:5 `environment` has no effect yet/),
      expect.stringMatching(/^true 11:5 `permissions` has no effect yet/),
      expect.stringMatching(/^true 12:5 `concurrency` has no effect yet: jobs of one group/),
    ]);
  });

  it.each(['on: release', 'on: [push, release]'])('include the events of %s', (on) => {
    expect(warnings(withJobs({ a: '' }).replace('on: push', on))).toEqual([
      expect.stringMatching(/^true 1:\d+ The event `release`/),
    ]);
  });

  it.each([
    'read-all',
    '{}',
    '{ contents: read, issues: none }',
  ])('leave out permissions: %s, which only read', (text) => {
    expect(warnings(`permissions: ${text}\n${withJobs({ a: `permissions: ${text}` })}`)).toEqual([]);
  });

  it('are not bounded as errors are: 40 jobs with an environment are 40 warnings', () => {
    const jobs = Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`job-${n}`, 'environment: production']));
    expect(warnings(withJobs(jobs))).toHaveLength(40);
    const more = Object.fromEntries(Array.from({ length: 140 }, (_, n) => [`job-${n}`, 'environment: production']));
    expect(warnings(withJobs(more))).toHaveLength(100);
  });
});

describe('triggers of a file with errors', () => {
  it('SEM-1.10: are read although a job is wrong', () => {
    expect(read('on: {push: {branches: [main]}}\njobs: {a: {}}\n').triggers).toEqual([
      { event: 'push', branches: ['main'] },
    ]);
  });

  it('SEM-1.10: are read although the YAML breaks off later', () => {
    const workflow = read('on: push\njobs: [\n');
    expect(workflow.triggers).toEqual([{ event: 'push' }]);
    expect(workflow.errors).toHaveLength(1);
  });

  it('are unknown when there is no `on`, or nothing at all', () => {
    expect(read('jobs: {}\n').triggers).toBeNull();
    expect(read('').triggers).toBeNull();
    expect(errors('')).toEqual(['null:null The file is empty.']);
  });

  it('SEM-3.1, 3.6: wrong filters are errors at their place', () => {
    // In the order of the file, not that of finding them.
    expect(errors(`on: {push: {branches: ['a[', ok], branches-ignore: x}}\n${withJobs({ a: '' }).slice(9)}`)).toEqual([
      '1:12 you may only define one of branches and branches-ignore for a single event',
      "1:24 The pattern 'a[' is invalid: a '[' is not closed.",
    ]);
  });
});
