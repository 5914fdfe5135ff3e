import { describe, expect, it } from 'vitest';
import {
  errorsOf,
  readText,
  WORKFLOW_PATH,
  warningsOf,
  withJobs,
  withSteps,
} from '../../../test/support/workflow-text.ts';

describe('a workflow that is fine', () => {
  const workflow = readText(`name: CI
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
    expect(readText(withJobs({ a: '' })).name).toBe(WORKFLOW_PATH);
  });
});

describe('errors of the schema', () => {
  it('SEM-1.8: carries file, line and column', () => {
    expect(readText(withJobs({ a: 'nonsense: 1' })).errors).toEqual([
      { file: WORKFLOW_PATH, line: 6, column: 5, message: "Unexpected value 'nonsense'" },
    ]);
  });

  it.each([
    ['SEM-1.6: a key given twice, ignoring case', withJobs({ a: 'RUNS-ON: y' }), /^6:5 'RUNS-ON' is already defined$/],
    ['SEM-1.6: job ids that differ in case', withJobs({ a: '', A: '' }), /^7:3 'A' is already defined$/],
    ['SEM-1.11: no `on`', 'jobs: {}\n', /Required property is missing: on/],
    [
      'SEM-1.11: no jobs',
      'on: push\njobs: {}\n',
      /^2:7 The workflow must contain at least one job with no dependencies\.$/,
    ],
    ['SEM-1.7: a key that every object of JavaScript has', withJobs({ a: 'constructor: 1' }), /^6:5 Unexpected value/],
    ['SEM-1.7: another such key', `${withJobs({ a: '' })}__proto__: {}\n`, /^7:1 Unexpected value '__proto__'$/],
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
    expect(errorsOf(text)[0]).toMatch(expected);
  });

  it('SEM-9.5, 20.14: job keys are arguments of a job’s status functions only', () => {
    expect(errorsOf(withJobs({ a: "if: failure('b')", b: '' }))).toEqual([]);
    expect(errorsOf(withSteps("      - run: x\n        if: failure('b')\n"))[0]).toMatch(
      /^7:13 Too many parameters supplied: 'failure'/,
    );
  });

  it('trap 30: takes env in a step’s timeout', () => {
    expect(errorsOf(withSteps('      - run: x\n        timeout-minutes: ${{ fromJSON(env.T) }}\n'))).toEqual([]);
  });

  it('points into a block scalar at the line and column of the expression', () => {
    expect(errorsOf(withSteps('      - run: |\n          one\n\n            ${{ nope }}\n'))).toEqual([
      "9:13 Unrecognized named-value: 'nope'. Located at position 1 within expression: nope",
    ]);
  });

  it('points at the start of a folded scalar, whose lines are not the value’s', () => {
    expect(errorsOf(withSteps('      - run: >-\n          one\n          ${{ nope }}\n'))).toEqual([
      "6:14 Unrecognized named-value: 'nope'. Located at position 1 within expression: nope",
    ]);
  });

  it('SEM-1.8: keeps at most 10 errors', () => {
    const many = Array.from({ length: 30 }, (_, index) => `x${index}: 1`).join('\n    ');
    expect(errorsOf(withJobs({ a: many }))).toHaveLength(10);
  });

  it('SEM-1.9: refuses a text with an expression that is over 21,000 characters', () => {
    const script = `echo \${{ github.sha }} ${'x'.repeat(21_000)}`;
    expect(errorsOf(withSteps(`      - run: ${script}\n`))).toEqual(['6:14 Exceeded max expression length 21000']);
    expect(errorsOf(withSteps(`      - run: echo ${'x'.repeat(30_000)}\n`))).toEqual([]);
  });
});

describe('what nothing here acts on', () => {
  it('is warned of at its place', () => {
    const text = withJobs({ a: 'snapshot: image\n    permissions: { contents: read, drives: write }' });
    expect(errorsOf(text)).toEqual([]);
    expect(warningsOf(`permissions: { code-quality: read }\n${text}`)).toEqual([
      '1:16 The permission `code-quality` has no effect: nothing here is guarded by it.',
      '7:5 `snapshot` has no effect: no images are made of runners here.',
      '8:36 The permission `drives` has no effect: nothing here is guarded by it.',
    ]);
  });

  it('is not bounded as errors are: 40 jobs are 40 warnings, and 140 are 100', () => {
    const jobs = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, n) => [`job-${n}`, 'snapshot: image']));
    expect(warningsOf(withJobs(jobs(40)))).toHaveLength(40);
    expect(warningsOf(withJobs(jobs(140)))).toHaveLength(100);
  });

  it('leaves out what takes effect', () => {
    const body = 'environment: production\n    concurrency: two\n    permissions: write-all';
    const text = withJobs({ a: body }).replace('on: push', 'on: [push, release, issues]');
    expect(warningsOf(`concurrency: one\npermissions: write-all\n${text}`)).toEqual([]);
  });
});

describe('triggers of a file with errors', () => {
  it('SEM-1.10: are read although a job is wrong', () => {
    expect(readText('on: {push: {branches: [main]}}\njobs: {a: {}}\n').triggers).toEqual([
      { event: 'push', branches: ['main'] },
    ]);
  });

  it('SEM-1.10: are read although the YAML breaks off later', () => {
    const workflow = readText('on: push\njobs: [\n');
    expect(workflow.triggers).toEqual([{ event: 'push' }]);
    expect(workflow.errors).toHaveLength(1);
  });

  it('are unknown when there is no `on`, or nothing at all', () => {
    expect(readText('jobs: {}\n').triggers).toBeNull();
    expect(readText('').triggers).toBeNull();
    expect(errorsOf('')).toEqual(['null:null The file is empty.']);
  });

  it('SEM-3.1, 3.6: wrong filters are errors at their place', () => {
    // In the order of the file, not that of finding them.
    expect(errorsOf(`on: {push: {branches: ['a[', ok], branches-ignore: x}}\n${withJobs({ a: '' }).slice(9)}`)).toEqual(
      [
        '1:12 you may only define one of branches and branches-ignore for a single event',
        "1:24 The pattern 'a[' is invalid: a '[' is not closed.",
      ],
    );
  });
});
