import { describe, expect, it } from 'vitest';
import { errorsOf, readText, withJobs, withSteps } from '../../../test/support/workflow-text.ts';

const CALL = 'on: push\njobs:\n  a:\n    uses: ./.github/workflows/b.yml\n';

describe('keys of jobs', () => {
  it.each([
    ...['name: n', 'needs: b', 'if: true', 'permissions: {}', 'environment: e', 'concurrency: c', 'outputs: { o: x }'],
    ...['env: { E: x }', 'defaults: { run: { shell: sh } }', 'strategy: { matrix: { v: [1] } }', 'timeout-minutes: 1'],
    ...['cancel-timeout-minutes: 1', 'continue-on-error: true', 'container: image', 'services: { s: image }'],
    ...['snapshot: image'],
  ])('SEM-1.13: a job takes %s', (key) => {
    expect(errorsOf(withJobs({ a: key, b: '' }))).toEqual([]);
  });

  it.each([
    ...['name: n', 'needs: b', 'if: true', 'permissions: {}', 'concurrency: c', 'strategy: { matrix: { v: [1] } }'],
    ...['with: { i: 1 }', 'secrets: inherit', 'secrets: { s: x }'],
  ])('SEM-1.13: a call takes %s', (key) => {
    const other = '  b:\n    runs-on: x\n    steps: [{ run: make }]\n';
    expect(errorsOf(`${CALL}    ${key}\n${other}`)).toEqual([]);
  });

  it.each([
    ...['runs-on: x', 'environment: e', 'outputs: { o: x }', 'env: { E: x }', 'defaults: { run: { shell: sh } }'],
    ...['timeout-minutes: 1', 'cancel-timeout-minutes: 1', 'continue-on-error: true', 'container: image'],
    ...['services: { s: image }', 'steps: [{ run: x }]', 'snapshot: image', 'nonsense: 1'],
  ])('SEM-1.13: a call does not take %s', (key) => {
    expect(errorsOf(`${CALL}    ${key}\n`)).toEqual([`5:5 Unexpected value '${key.split(':')[0]}'`]);
  });

  it.each(['with: { i: 1 }', 'secrets: inherit'])('SEM-1.13: a job with steps does not take %s', (key) => {
    expect(errorsOf(withJobs({ a: key }))).toEqual([`6:5 Unexpected value '${key.split(':')[0]}'`]);
  });

  it('SEM-1.13: a job runs somewhere or calls', () => {
    expect(errorsOf('on: push\njobs:\n  a:\n    steps: [{ run: x }]\n')).toEqual([
      '4:5 Required property is missing: runs-on',
    ]);
    expect(errorsOf('on: push\njobs:\n  a:\n    name: x\n')).toEqual([
      expect.stringMatching(/^4:5 There's not enough info to determine what you meant\. Add one of these properties: /),
    ]);
  });

  it.each(['', '    steps: []\n'])('a job has steps', (steps) => {
    const nothing = 'No steps defined in `steps` and no workflow called in `uses` for the following jobs: a';
    expect(errorsOf(`on: push\njobs:\n  a:\n    runs-on: x\n${steps}`)).toEqual([`3:3 ${nothing}`]);
  });
});

describe('ids', () => {
  it.each([
    ['1a', /'1a' is invalid\. IDs may only contain/],
    ['a.b', /'a\.b' is invalid/],
    ['__a', /'__a' is invalid\. IDs starting with '__' are reserved/],
    ['a'.repeat(100), /must be less than 100 characters/],
  ])('SEM-1.12: refuses the id %s of a job or step', (id, expected) => {
    expect(errorsOf(withJobs({ [id]: '' }))).toEqual([expect.stringMatching(expected)]);
    expect(errorsOf(withSteps(`      - {run: x, id: ${id}}\n`))).toEqual([expect.stringMatching(expected)]);
  });

  it.each(['a', '_', '_a-B_9', 'a'.repeat(99)])('SEM-1.12: takes the id %s', (id) => {
    expect(errorsOf(withJobs({ [id]: '' }))).toEqual([]);
    expect(errorsOf(withSteps(`      - {run: x, id: ${id}}\n`))).toEqual([]);
  });

  it('SEM-1.12: an empty id is one error', () => {
    expect(errorsOf(withJobs({ '""': '' }))).toEqual(["3:3 Unexpected value ''"]);
  });

  it('SEM-1.12: ids of jobs and steps are unique ignoring case', () => {
    expect(errorsOf(withJobs({ a: '', A: '' }))[0]).toMatch(/^7:3 'A' is already defined$/);
    expect(errorsOf(withSteps('      - {run: x, id: a}\n      - {run: x, id: A}\n'))).toEqual([
      "7:22 The identifier 'A' may not be used more than once within the same scope.",
    ]);
  });
});

describe('keys of steps', () => {
  it.each([
    ...['id: i', 'name: n', 'if: true', 'env: { E: x }', 'shell: sh', 'working-directory: d'],
    ...['continue-on-error: true', 'timeout-minutes: 1'],
  ])('SEM-1.14: a script takes %s', (key) => {
    expect(errorsOf(withSteps(`      - run: make\n        ${key}\n`))).toEqual([]);
  });

  it.each([
    ...['id: i', 'name: n', 'if: true', 'env: { E: x }', 'with: { i: 1 }', 'continue-on-error: true'],
    ...['timeout-minutes: 1'],
  ])('SEM-1.14: an action takes %s', (key) => {
    expect(errorsOf(withSteps(`      - uses: a/b@c\n        ${key}\n`))).toEqual([]);
  });

  it.each([
    ['run: make', 'uses: a/b@c'],
    ['run: make', 'with: { i: 1 }'],
    ['uses: a/b@c', 'run: make'],
    ['uses: a/b@c', 'shell: sh'],
    ['uses: a/b@c', 'working-directory: d'],
    ['run: make', 'nonsense: 1'],
  ])('SEM-1.14: a step with %s does not take %s', (kind, key) => {
    const unexpected = `7:9 Unexpected value '${key.split(':')[0]}'`;
    expect(errorsOf(withSteps(`      - ${kind}\n        ${key}\n`))).toEqual([unexpected]);
  });

  it('SEM-1.14: a step runs a script or uses an action', () => {
    expect(errorsOf(withSteps('      - name: x\n'))).toEqual([
      "6:9 There's not enough info to determine what you meant. Add one of these properties: cancel, run, shell, uses, wait, wait-all, with, working-directory",
    ]);
    expect(errorsOf(withSteps('      - shell: sh\n'))).toEqual(['6:9 Required property is missing: run']);
  });

  it('SEM-1.15: steps without an id get generated names, which give way to given ones', () => {
    const uses = [
      'actions/checkout@v4',
      'actions/checkout/sub@v4',
      './local',
      'docker://alpine:3.8',
      '$/.github/actions/one',
    ];
    const steps = [...uses.map((name) => `{ uses: "${name}" }`), '{ run: x }', '{ run: x }', '{ run: x, id: _run }'];
    const { jobs } = readText(withSteps(steps.map((step) => `      - ${step}\n`).join('')));
    expect(jobs[0]?.steps.map(({ contextName }) => contextName)).toEqual([
      ...[
        '__actions_checkout',
        '__actions_checkout_2',
        '__self',
        '__alpine_3_8',
        '__selfRepository',
        '__run',
        '__run_2',
        '_run',
      ],
    ]);
  });

  it.each([
    'actions/checkout',
    'checkout@v4',
    'docker://',
    '$$docker://x',
    '/@x',
  ])('SEM-17.1: refuses uses: %s', (uses) => {
    const expected = `6:15 Expected format {org}/{repo}[/path]@ref. Actual '${uses}'`;
    expect(errorsOf(withSteps(`      - uses: ${uses}\n`))).toEqual([expected]);
  });
});

describe('conditions', () => {
  it('SEM-9.4, trap 5: warns of a condition that is always true', () => {
    const workflow = readText(withJobs({ a: 'if: ${{ false }} && true' }));
    expect(workflow.errors).toEqual([]);
    expect(workflow.jobs[0]?.condition).toBe("success() && (format('{0} && true', false))");
    expect(workflow.warnings).toEqual([
      expect.objectContaining({ line: 6, message: expect.stringMatching(/^The condition mixes text with/) }),
    ]);
  });

  it.each([
    ['""', 'success()'],
    ['${{ github.ref }}', 'success() && (github.ref)'],
    ['github.ref', 'success() && (github.ref)'],
    ["github.x == 'failure()'", "success() && (github.x == 'failure()')"],
    ['${{ always() && github.ref }}', 'always() && github.ref'],
    ['FAILURE() || github.ref', 'FAILURE() || github.ref'],
    ['contains(github.ref, success())', 'contains(github.ref, success())'],
    ['true', 'success() && (true)'],
    ['false', 'success() && (false)'],
    ['0', 'success() && (0)'],
  ])('SEM-9.3: if: %s is %s, of a job and of a step', (written, compiled) => {
    const job = readText(withJobs({ a: `if: ${written}` }));
    expect(job.errors).toEqual([]);
    expect(job.jobs[0]?.condition).toBe(compiled);
    const step = readText(withSteps(`      - run: x\n        if: ${written}\n`));
    expect(step.errors).toEqual([]);
    expect(step.jobs[0]?.steps[0]?.condition).toBe(compiled);
  });

  it('SEM-9.5, 20.14: job keys are arguments of a job’s status functions only', () => {
    expect(errorsOf(withJobs({ a: "if: failure('b')", b: '' }))).toEqual([]);
    expect(errorsOf(withSteps("      - run: x\n        if: failure('b')\n"))).toEqual([
      expect.stringMatching(/^7:13 Too many parameters supplied: 'failure'/),
    ]);
  });
});
