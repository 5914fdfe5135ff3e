import { describe, expect, it } from 'vitest';
import { soundWorkflow } from '../../test/support/workflow-text.ts';
import type { Json } from '../protocol/runner/tokens.ts';
import {
  type Evaluated,
  evaluateJobCondition,
  expandMatrix,
  type JobConfiguration,
  type JobResult,
  type JobState,
  type ResolvedJob,
  readWorkflow,
  resolveJob,
  runTitle,
  transitiveNeeds,
  type Workflow,
} from './index.ts';

/** One job `a` with this body, after `first` and `second`, which need nothing and `first`. */
function workflowWith(body: string, root = ''): Workflow {
  const job = (key: string, more: string) => `  ${key}:\n    steps: [{run: x}]\n${more}\n`;
  const others = job('First', '    runs-on: x') + job('second', '    runs-on: x\n    needs: first');
  const runsOn = body.includes('runs-on') ? '' : '    runs-on: x\n';
  const text = `on: push\n${root}\njobs:\n${others}${job('a', `${runsOn}    ${body.replaceAll('\n', '\n    ')}`)}`;
  const workflow = readWorkflow({ path: 'ci.yml', text });
  expect(workflow.errors).toEqual([]);
  return workflow;
}

const contexts = {
  github: { ref: 'refs/heads/main' },
  needs: { first: { result: 'success', outputs: { m: '[1,2]', n: '' } } },
};

function condition(written: string, results: Record<string, JobResult>, over: Partial<JobState> = {}) {
  const workflow = workflowWith(`needs: second${written ? `\nif: ${written}` : ''}`);
  return evaluateJobCondition(workflow, 'a', { contexts, ancestorResults: results, cancelled: false, ...over });
}

const GREEN: Record<string, JobResult> = { First: 'success', second: 'success' };

describe('conditions of jobs', () => {
  it('SEM-9.5: success() looks at every ancestor, not only at direct needs', () => {
    expect(transitiveNeeds(workflowWith('needs: second'), 'a')).toEqual(['First', 'second']);
    expect(condition('', GREEN).run).toBe(true);
    expect(condition('', { ...GREEN, First: 'failure' }).run).toBe(false);
  });

  it('SEM-9.5, trap 6: a skipped grandparent skips the grandchild', () => {
    expect(condition('', { ...GREEN, First: 'skipped' }).run).toBe(false);
  });

  it.each<[string, Record<string, JobResult>, boolean]>([
    ['failure()', GREEN, false],
    ['failure()', { ...GREEN, First: 'failure' }, true],
    ['failure()', { ...GREEN, First: 'cancelled' }, false],
    ['always()', { ...GREEN, First: 'failure' }, true],
    ['cancelled()', GREEN, false],
    ["success('SECOND')", { ...GREEN, First: 'failure' }, true],
    ["failure('second')", { ...GREEN, First: 'failure' }, false],
    ["failure('first', 'second')", { ...GREEN, First: 'failure' }, true],
    ["success('nobody')", GREEN, false],
    ["github.ref == 'refs/heads/main'", { ...GREEN, First: 'failure' }, false],
    ["github.ref == 'refs/heads/main'", GREEN, true],
    ["github.ref == 'x'", GREEN, false],
    ["github.ref == 'failure()' || true", { ...GREEN, First: 'failure' }, false],
    ['"!cancelled()"', { ...GREEN, First: 'failure' }, true],
  ])('SEM-9.3, 9.5, 9.7: %s after %j is %s', (written, results, expected) => {
    expect(condition(written, results).run).toBe(expected);
  });

  it('SEM-9.10, trap 7: once the run is cancelled only jobs that ask for it run', () => {
    const cancelled = (written: string) => condition(written, GREEN, { cancelled: true }).run;
    expect(['', 'success()', 'always()', 'cancelled()', 'failure() || cancelled()'].map(cancelled)).toEqual([
      ...[false, false, true, true, true],
    ]);
  });

  it('SEM-5.6: a needed job’s result and outputs are readable, ignoring case', () => {
    const workflow = workflowWith("needs: first\nif: needs.FIRST.result == 'success' && needs.first.outputs.m != ''");
    const state = { contexts, ancestorResults: { First: 'success' as const }, cancelled: false };
    expect(evaluateJobCondition(workflow, 'a', state)).toEqual({
      run: true,
      condition: "success() && (needs.FIRST.result == 'success' && needs.first.outputs.m != '')",
      values: [
        { name: 'needs.FIRST.result', value: 'success' },
        { name: 'needs.first.outputs.m', value: '[1,2]' },
      ],
    });
  });

  it('SEM-5.7: an evaluation error is told, and the job does not run', () => {
    expect(condition("fromJSON('')", GREEN)).toMatchObject({
      run: false,
      error: "Error when evaluating 'if' for job 'a'. fromJSON: the text is empty, so it is not JSON",
    });
  });
});

const ok = <T>(evaluated: Evaluated<T>): T => {
  if (!evaluated.ok) throw new Error(evaluated.errors.map(({ line, message }) => `${line}: ${message}`).join());
  return evaluated.value;
};

const expand = (body: string): JobConfiguration[] => ok(expandMatrix(workflowWith(body), 'a', contexts));

describe('expandMatrix', () => {
  it('SEM-10.11: a job without a matrix is one configuration', () => {
    const strategy = { 'fail-fast': true, 'job-index': 0, 'job-total': 1, 'max-parallel': 1 };
    expect(expand('')).toEqual([{ matrix: null, strategy, nameSuffix: '' }]);
  });

  it('SEM-10.11: numbers the configurations, with defaults for the rest', () => {
    const strategies = expand('strategy: {matrix: {os: [a, b]}}').map(({ strategy }) => strategy);
    const common = { 'fail-fast': true, 'job-total': 2, 'max-parallel': 2 };
    expect(strategies).toEqual([
      { ...common, 'job-index': 0 },
      { ...common, 'job-index': 1 },
    ]);
    const [limited] = expand('strategy: {matrix: {os: [a, b]}, fail-fast: false, max-parallel: 1}');
    expect(limited?.strategy).toMatchObject({ 'fail-fast': false, 'max-parallel': 1 });
    // GitHub's own converter takes 0 for no limit.
    expect(expand('strategy: {matrix: {os: [a, b]}, max-parallel: 0}')[0]?.strategy['max-parallel']).toBe(2);
  });

  it.each([
    ['a vector', 'strategy: {matrix: {v: "${{ fromJSON(needs.first.outputs.m) }}"}}'],
    ['the whole matrix', `strategy: {matrix: "\${{ fromJSON(format('{{\\"v\\":{0}}}', needs.first.outputs.m)) }}"}`],
    ['include', `strategy: {matrix: {include: "\${{ fromJSON('[{\\"v\\":1},{\\"v\\":2}]') }}"}}`],
    ['the whole strategy', `strategy: "\${{ fromJSON('{\\"matrix\\":{\\"v\\":[1,2]}}') }}"`],
  ])('SEM-10.1, 10.14: takes an expression for %s', (_, body) => {
    const workflow = workflowWith(`needs: first\n${body}`);
    expect(ok(expandMatrix(workflow, 'a', contexts)).map(({ matrix }) => matrix)).toEqual([{ v: 1 }, { v: 2 }]);
  });

  it('SEM-10.14, trap 11: an empty text for fromJSON fails the job, at its place', () => {
    const workflow = workflowWith('strategy:\n  matrix:\n    v: ${{ fromJSON(needs.first.outputs.n) }}\nneeds: first');
    expect(expandMatrix(workflow, 'a', contexts)).toEqual({
      ok: false,
      errors: [
        {
          file: 'ci.yml',
          line: 16,
          column: 12,
          message: "Error when evaluating 'strategy' for job 'a'. fromJSON: the text is empty, so it is not JSON",
        },
      ],
    });
  });

  it.each([
    ['strategy: {matrix: {v: "${{ fromJSON(\'[]\') }}"}}', /does not contain any values/],
    ['strategy: {matrix: {v: "${{ github.ref }}"}}', /must be a list/],
    ['strategy: {matrix: "${{ github.nothing }}"}', /must be a mapping/],
    ['strategy: {matrix: {v: [1]}, fail-fast: "${{ github.ref }}"}', /Unexpected value 'refs\/heads\/main'/],
    ['strategy: {matrix: {v: [1]}, max-parallel: "${{ github.ref }}"}', /Unexpected value 'refs/],
    ['strategy: {matrix: {v: [1]}, fail-fast: "${{ github.nothing }}"}', /Unexpected value ''/],
    ['strategy: "${{ github.ref }}"', /must be a mapping/],
  ])('SEM-10.14: %s fails the job', (body, message) => {
    expect(() => expand(body)).toThrow(message);
  });
});

const STRATEGY = { 'fail-fast': true, 'job-index': 3, 'job-total': 9, 'max-parallel': 9 };

function resolve(body: string, matrix: Json = null, nameSuffix = ''): ResolvedJob {
  return ok(resolveJob(workflowWith(body), 'a', contexts, { matrix, strategy: STRATEGY, nameSuffix }));
}

describe('resolveJob', () => {
  it('gives the defaults of SEM-9.11 and 9.12', () => {
    expect(resolve('')).toEqual({
      ...{ name: 'a', labels: ['x'], group: null, timeoutMinutes: 360, cancelTimeoutMinutes: 5 },
      ...{ continueOnError: false, environment: null, concurrency: null },
    });
  });

  it.each<[string, string[], string | null]>([
    ['runs-on: Linux', ['Linux'], null],
    ['runs-on: [self-hosted, "${{ matrix.os }}"]', ['self-hosted', 'ubuntu'], null],
    ['runs-on: "${{ fromJSON(\'[\\"a\\",\\"b\\"]\') }}"', ['a', 'b'], null],
    ['runs-on: {group: big, labels: x}', ['x'], 'big'],
    ['runs-on: {group: org/big}', [], 'org/big'],
    ['runs-on: {labels: [x, x]}', ['x'], null],
  ])('SEM-13.1: %s', (body, labels, group) => {
    expect(resolve(body, { os: 'ubuntu' })).toMatchObject({ labels, group });
  });

  it.each([
    ['runs-on: "${{ matrix.nothing }}"', /neither a label nor a group/],
    ['runs-on: {group: "${{ format(\'foo/big\') }}"}', /Invalid runs-on group name 'foo\/big'/],
    ['runs-on: {group: "${{ format(\'org/a/b\') }}"}', /Invalid runs-on group name/],
    [
      'runs-on: x\ntimeout-minutes: ${{ github.ref }}',
      /14: Error when evaluating 'timeout-minutes' for job 'a'. Unexpected value/,
    ],
    ['runs-on: x\ntimeout-minutes: 0', /more than 0/],
    ['runs-on: x\ntimeout-minutes: ${{ github.nothing }}', /'timeout-minutes' for job 'a'. Unexpected value ''/],
    ['runs-on: x\ncancel-timeout-minutes: ${{ github }}', /A mapping was not expected/],
    ['runs-on: x\ncontinue-on-error: ${{ matrix.nothing }}', /'continue-on-error' for job 'a'. Unexpected value ''/],
    [
      "runs-on: x\ncontinue-on-error: ${{ format('true') }}",
      /'continue-on-error' for job 'a'. Unexpected value 'true'/,
    ],
    ['runs-on: "${{ github }}"', /'runs-on' for job 'a'. Unexpected value 'ref'/],
    ['runs-on: {group: "${{ github.nothing }}"}', /neither a label nor a group/],
    ['runs-on: [x, "${{ github }}"]', /A mapping was not expected/],
    ['runs-on: x\nenvironment: ${{ needs.first }}', /'environment' for job 'a'. Unexpected value 'result'/],
    ["runs-on: x\nenvironment: ${{ fromJSON('{}') }}", /'environment' for job 'a'. Required property is missing: name/],
    [
      'runs-on: x\nenvironment: {name: e, deployment: "${{ github.ref }}"}',
      /'environment' for job 'a'. Unexpected value/,
    ],
    ['runs-on: x\ncontinue-on-error: ${{ github.ref }}', /'continue-on-error'/],
    ['runs-on: x\nname: ${{ github }}', /A mapping was not expected/],
  ])('SEM-5.7, 13.2: %s fails the job', (body, message) => {
    expect(() => resolve(body)).toThrow(message);
  });

  it('SEM-9.11: appends the matrix to a literal name, not to an evaluated one, and cuts at 100', () => {
    expect(resolve('', null, ' (x, 1)').name).toBe('a (x, 1)');
    expect(resolve('name: Build', null, ' (x)').name).toBe('Build (x)');
    expect(resolve('name: on ${{ matrix.os }} ${{ strategy.job-index }}', { os: 'ubuntu' }, ' (ubuntu)').name).toBe(
      'on ubuntu 3',
    );
    expect(resolve(`name: ${'n'.repeat(120)}`).name).toBe(`${'n'.repeat(97)}...`);
  });

  it('SEM-21.2: takes numbers and numeric strings for minutes, and booleans', () => {
    const body =
      "timeout-minutes: ${{ matrix.t }}\ncontinue-on-error: ${{ matrix.os == 'x' }}\ncancel-timeout-minutes: 1";
    const expected = { timeoutMinutes: 7, continueOnError: true, cancelTimeoutMinutes: 1 };
    expect(resolve(body, { t: '7', os: 'x' })).toMatchObject(expected);
  });

  it('SEM-12.1: reads the environment’s name, and an empty one as none', () => {
    expect(resolve('environment: "${{ matrix.e }}"', { e: 'prod' }).environment).toEqual({
      name: 'prod',
      deployment: true,
    });
    expect(resolve('environment: {name: prod, url: "${{ steps.x.outputs.u }}"}').environment).toEqual({
      name: 'prod',
      deployment: true,
    });
    expect(resolve('environment: "${{ matrix.e }}"').environment).toBeNull();
    expect(resolve('environment: {name: "${{ matrix.e }}", url: x}').environment).toBeNull();
    expect(resolve('').environment).toBeNull();
  });

  it('SEM-12.1: an environment may be used without a deployment record', () => {
    const deployment = (written: string) => resolve(`environment: {name: prod, deployment: ${written}}`).environment;
    expect(deployment('false')).toEqual({ name: 'prod', deployment: false });
    expect(deployment('"${{ github.ref == needs.nothing }}"')).toEqual({ name: 'prod', deployment: false });
    expect(deployment('true')).toEqual({ name: 'prod', deployment: true });
    expect(resolve(`environment: "\${{ fromJSON('{\\"name\\":\\"e\\",\\"url\\":\\"u\\"}') }}"`).environment).toEqual({
      ...{ name: 'e', deployment: true },
    });
  });

  it('SEM-11: a call has a name and a group, and runs nowhere itself', () => {
    const text =
      'on: push\njobs:\n  call:\n    uses: ./.github/workflows/b.yml\n    name: to ${{ github.ref }}\n    concurrency: c\n';
    const configuration = { matrix: null, strategy: STRATEGY, nameSuffix: '' };
    expect(ok(resolveJob(soundWorkflow(text), 'call', contexts, configuration))).toEqual({
      ...{ name: 'to refs/heads/main', labels: [], group: null, timeoutMinutes: 360, cancelTimeoutMinutes: 5 },
      ...{ continueOnError: false, environment: null },
      concurrency: { group: 'c', cancelInProgress: false, queue: 'single' },
    });
  });
});

describe('runTitle', () => {
  const title = (runName: string) => runTitle(workflowWith('', `run-name: ${runName}`), contexts, 'fallback');

  it('SEM-5.3: evaluates run-name, and falls back when the result is blank or an error', () => {
    expect(title('on ${{ github.ref }}')).toBe('on refs/heads/main');
    expect(title('${{ inputs.nothing }}')).toBe('fallback');
    expect(title('" "')).toBe('fallback');
    expect(title("${{ fromJSON('') }}")).toBe('fallback');
    expect(runTitle(workflowWith(''), contexts, 'fallback')).toBe('fallback');
  });
});
