import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readWorkflow } from '../reader/read-workflow.ts';
import type { Plan, PlannedJob } from './model.ts';
import { type PlanRequest, planWorkflow } from './plan.ts';

const PATH = '.github/workflows/ci.yml';

/** @param beside files by name */
function plan(text: string, over: Partial<PlanRequest> = {}, beside: Record<string, string> = {}): Plan {
  const others = Object.entries(beside).map(([name, other]) => {
    const path = `.github/workflows/${name}`;
    return [path, readWorkflow({ path, text: other })] as const;
  });
  const workflow = readWorkflow({ path: PATH, text });
  return planWorkflow({
    ...{ workflow, files: new Map([[PATH, workflow], ...others]), isComplete: true },
    ...{ event: { name: 'push', payload: {} }, repository: 'me/app', inputs: {}, vars: {}, results: {} },
    ...over,
  });
}

const jobs = (...bodies: string[]): string => `on: push\njobs:\n${bodies.map((body) => `  ${body}\n`).join('')}`;
const STEPS = 'steps: [{ run: x }]';
const states = ({ jobs: planned }: Plan): string[] =>
  planned.map(({ name, state, waitsFor }) => [name, state, ...waitsFor].join(' '));
const only = ({ jobs: [job] }: Plan): PlannedJob => {
  if (!job) throw new Error('no job');
  return job;
};

describe('planWorkflow', () => {
  it('SEM-2.2, 3.8: says whether the event starts the file, and by which filter', () => {
    const text = `on: { push: { branches: [main] } }\njobs: { a: { runs-on: x, ${STEPS} } }`;
    expect(plan(text)).toMatchObject({ triggered: true, passed: ['branches'], filter: null });
    const refused = plan(text, { event: { name: 'push', payload: {}, ref: 'dev' } });
    expect(refused).toMatchObject({ triggered: false, filter: 'branches', jobs: [], runName: null });
    expect(refused.reason).toContain('main');
  });

  it('names errors of the file with their places and plans no job', () => {
    const { errors, jobs: planned } = plan(jobs(`a: { runs-on: x, needs: ghost, ${STEPS} }`));
    expect(errors).toEqual([expect.objectContaining({ file: PATH, line: 3 })]);
    expect(planned).toEqual([]);
  });

  it.each([
    ['SEM-5.3: run-name', 'run-name: by ${{ github.actor }} on ${{ github.ref_name }}\n', 'by octo on main'],
    ['SEM-5.3: the subject of the commit', '', 'Mend it'],
  ])('gives the run its name: %s', (_, head, runName) => {
    const payload = { sender: { login: 'octo' }, head_commit: { message: 'Mend it\n\nreally' } };
    const text = head + jobs(`a: { runs-on: x, ${STEPS} }`);
    expect(plan(text, { event: { name: 'push', payload } }).runName).toBe(runName);
  });

  it('SEM-10.3, 10.12: expands matrices, in order', () => {
    const text = jobs(`a: { runs-on: "\${{ matrix.os }}", strategy: { matrix: { os: [x, y], n: [1, 2] } }, ${STEPS} }`);
    const planned = plan(text).jobs;
    expect(planned.map(({ name }) => name)).toEqual(['a (x, 1)', 'a (x, 2)', 'a (y, 1)', 'a (y, 2)']);
    expect(planned[2]).toMatchObject({ matrix: { os: 'y', n: 1 }, runsOn: { labels: ['y'], group: null } });
  });

  it('evaluates what a job asks for', () => {
    const text = `on: push
concurrency: { group: "all-\${{ github.ref }}", cancel-in-progress: true }
permissions: { contents: read }
jobs:
  a:
    name: Deploy \${{ vars.WHERE }}
    runs-on: { group: big, labels: [x] }
    environment: { name: "\${{ vars.WHERE }}", url: "\${{ steps.x.outputs.url }}", deployment: false }
    concurrency: one
    permissions: { id-token: write }
    timeout-minutes: 5
    continue-on-error: true
    ${STEPS}
`;
    const planned = plan(text, { vars: { WHERE: 'home' } });
    expect(planned.concurrency).toEqual({ group: 'all-refs/heads/main', cancelInProgress: true, queue: 'single' });
    expect(only(planned)).toMatchObject({
      ...{ path: 'a', name: 'Deploy home', state: 'runs', file: PATH, line: 5, column: 3, unknown: [] },
      runsOn: { labels: ['x'], group: 'big' },
      environment: { name: 'home', deployment: false },
      concurrency: { group: 'one', cancelInProgress: false, queue: 'single' },
      ...{ timeoutMinutes: 5, continueOnError: true },
      permissions: expect.objectContaining({ 'id-token': 'write', contents: 'none' }),
    });
  });

  it('SEM-6.3: leaves permissions open that nobody declares, and lowers those of a fork', () => {
    expect(only(plan(jobs(`a: { runs-on: x, ${STEPS} }`))).permissions).toBeNull();
    const text = `on: pull_request\njobs: { a: { permissions: write-all, runs-on: x, ${STEPS} } }`;
    const repo = (name: string) => ({ ref: 'x', repo: { full_name: name } });
    const payload = { action: 'opened', pull_request: { head: repo('you/app'), base: repo('me/app') } };
    expect(only(plan(text, { event: { name: 'pull_request', payload } })).permissions?.contents).toBe('read');
  });
});

describe('conditions', () => {
  const condition = (written: string): string =>
    jobs(`a: { runs-on: x, ${STEPS} }`, `b: { needs: a, if: "${written}", runs-on: x, ${STEPS} }`);

  it('SEM-9.6, 9.7: skips a job whose condition is false, and whoever needs it, with the values it saw', () => {
    const text = jobs(
      `a: { if: "github.ref == 'refs/heads/dev'", runs-on: x, ${STEPS} }`,
      `b: { needs: a, runs-on: x, ${STEPS} }`,
      `c: { needs: b, if: always(), runs-on: x, ${STEPS} }`,
    );
    const planned = plan(text);
    expect(states(planned)).toEqual(['a skipped', 'b skipped', 'c runs']);
    expect(planned.jobs[0]?.condition).toEqual({
      expression: "success() && (github.ref == 'refs/heads/dev')",
      result: false,
      values: [{ name: 'github.ref', value: 'refs/heads/main' }],
    });
  });

  it.each([
    ['success()', 'b after-needs a'],
    ['failure()', 'b after-needs a'],
    ["needs.a.outputs.x == '1'", 'b after-needs a'],
    ["always() && needs.a.result == 'skipped'", 'b after-needs a'],
    ["success('a')", 'b after-needs a'],
    ["github.ref == 'nope'", 'b skipped'],
    ['cancelled()', 'b skipped'],
    ['success() && failure()', 'b skipped'],
    ['always()', 'b runs a'],
    ['success() || !success()', 'b runs a'],
  ])('SEM-9.5: tells of %s only what is certain before the need has ended', (written, state) => {
    expect(states(plan(condition(written)))).toEqual(['a runs', state]);
  });

  it.each([
    ['success()', 'success', 'b runs'],
    ['success()', 'failure', 'b skipped'],
    ['failure()', 'failure', 'b runs'],
    ["needs.a.outputs.x == '1'", 'success', 'b runs'],
    ["needs.a.result == 'cancelled' && !cancelled()", 'cancelled', 'b runs'],
  ] as const)('SEM-9.8: tells of %s once the need is known to be a %s', (written, result, state) => {
    const results = { A: { result, outputs: { x: '1' } } };
    expect(states(plan(condition(written), { results }))[1]).toBe(state);
  });

  it('takes what a known need needed itself for successful', () => {
    const text = jobs(
      `a: { runs-on: x, ${STEPS} }`,
      `b: { needs: a, runs-on: x, ${STEPS} }`,
      `c: { needs: b, runs-on: x, ${STEPS} }`,
    );
    const results = { b: { result: 'success' as const, outputs: {} } };
    expect(states(plan(text, { results }))).toEqual(['a runs', 'b after-needs a', 'c runs']);
  });

  it('SEM-5.7: fails a job whose condition or matrix cannot be evaluated, and goes on', () => {
    const text = jobs(
      `a: { if: "fromJSON('x')", runs-on: x, ${STEPS} }`,
      `b: { runs-on: x, strategy: { matrix: { x: "\${{ github.ref }}" } }, ${STEPS} }`,
      `c: { runs-on: "\${{ fromJSON('') }}", ${STEPS} }`,
      `d: { runs-on: x, ${STEPS} }`,
    );
    const planned = plan(text);
    expect(states(planned)).toEqual(['a fails', 'b fails', 'c fails', 'd runs']);
    expect(planned.jobs.map(({ errors }) => errors.length)).toEqual([1, 1, 1, 0]);
    expect(planned.errors).toEqual([]);
  });
});

describe('what only results can tell', () => {
  const fan = jobs(
    `a: { runs-on: x, ${STEPS} }`,
    `b: { needs: a, name: "of \${{ needs.a.outputs.v }}", runs-on: x, timeout-minutes: 7, ${STEPS} }`,
    `c: { needs: a, runs-on: "\${{ matrix.os }}", strategy: { matrix: "\${{ fromJSON(needs.a.outputs.m) }}" }, ${STEPS} }`,
  );

  it('SEM-10.14: is left open, and the rest is told', () => {
    const [, b, c] = plan(fan).jobs;
    expect(b).toMatchObject({ name: 'b', unknown: ['name'], runsOn: { labels: ['x'] }, timeoutMinutes: 7 });
    expect(c).toMatchObject({ name: 'c', unknown: ['strategy', 'runs-on'], runsOn: null, matrix: null });
  });

  it('is told with the results', () => {
    const results = { a: { result: 'success' as const, outputs: { v: '1', m: '{"os": ["x", "y"]}' } } };
    expect(states(plan(fan, { results }))).toEqual(['a runs', 'of 1 runs', 'c (x) runs', 'c (y) runs']);
  });
});

describe('called workflows', () => {
  const callee = `on:
  workflow_call: { inputs: { where: { type: string }, count: { type: number, default: 3 } } }
permissions: { contents: read }
jobs:
  test: { runs-on: "\${{ inputs.where }}", ${STEPS} }
  ship: { needs: test, name: "ship \${{ inputs.count }}", runs-on: x, ${STEPS} }
`;
  const call = (keys: string): string =>
    jobs(`a: { runs-on: x, ${STEPS} }`, `call: { ${keys}, uses: ./.github/workflows/called.yml }`);

  it('SEM-11.4, 11.10: are expanded, with their inputs, as jobs of the caller', () => {
    const planned = plan(call('with: { where: here }'), {}, { 'called.yml': callee });
    expect(states(planned)).toEqual(['a runs', 'call runs', 'call / test runs', 'call / ship 3 after-needs call/test']);
    expect(planned.jobs[1]).toMatchObject({ calls: './.github/workflows/called.yml', runsOn: null });
    expect(planned.jobs[2]).toMatchObject({ path: 'call/test', runsOn: { labels: ['here'] }, line: 5 });
    expect(planned.jobs[3]).toMatchObject({ needs: ['call/test'], file: '.github/workflows/called.yml' });
  });

  it('SEM-11.11: are expanded once for each combination of the caller', () => {
    const text = call('strategy: { matrix: { p: [x, y] } }, with: { where: "${{ matrix.p }}" }');
    const planned = plan(text, {}, { 'called.yml': callee });
    expect(planned.jobs.map(({ name }) => name)).toEqual([
      ...['a', 'call (x)', 'call (x) / test', 'call (x) / ship 3'],
      ...['call (y)', 'call (y) / test', 'call (y) / ship 3'],
    ]);
  });

  it('wait with their caller, and leave open what its needs decide', () => {
    const text = call('needs: a, with: { where: "${{ needs.a.outputs.x }}", count: 4 }');
    const planned = plan(text, {}, { 'called.yml': callee });
    expect(states(planned)).toEqual([
      ...['a runs', 'call after-needs a', 'call / test after-needs a', 'call / ship 4 after-needs call/test'],
    ]);
    expect(planned.jobs[1]?.unknown).toEqual(['with']);
    expect(planned.jobs[2]).toMatchObject({ unknown: ['runs-on'], runsOn: null });
  });

  it('are left out when the caller is skipped', () => {
    const text = call("if: github.ref == 'x'");
    expect(states(plan(text, {}, { 'called.yml': callee }))).toEqual(['a runs', 'call skipped']);
  });

  it('take results by the path of their jobs', () => {
    const results = { 'call/test': { result: 'failure' as const, outputs: {} } };
    const planned = plan(call('with: { where: here }'), { results }, { 'called.yml': callee });
    expect(states(planned)[3]).toBe('call / ship skipped');
  });

  it('SEM-6.4: have no more permissions than their caller', () => {
    const planned = plan(call('permissions: { contents: write, issues: write }'), {}, { 'called.yml': callee });
    expect(planned.jobs[2]?.permissions).toMatchObject({ contents: 'read', issues: 'none' });
  });

  it('SEM-11.2: are an error when they cannot be called or do not exist', () => {
    expect(plan(call('with: {}')).errors).toEqual([expect.objectContaining({ line: 4 })]);
    expect(plan(call('with: {}'), { isComplete: false }).errors).toEqual([]);
  });

  it('of another repository are named and not followed', () => {
    const planned = plan(jobs('a: { uses: o/r/.github/workflows/x.yml@v1 }'));
    expect(states(planned)).toEqual(['a runs']);
    expect(only(planned).calls).toBe('o/r/.github/workflows/x.yml@v1');
  });
});

describe('workflow_dispatch', () => {
  const text = `on: { workflow_dispatch: { inputs: { level: { type: choice, options: [a, b], required: true } } } }
jobs: { a: { runs-on: "\${{ inputs.level }}-\${{ github.event.inputs.level }}", ${STEPS} } }
`;
  const event = { name: 'workflow_dispatch', payload: {} };

  it('SEM-4.8: gives inputs their values', () => {
    expect(only(plan(text, { event, inputs: { level: 'b' } })).runsOn?.labels).toEqual(['b-b']);
  });

  it('SEM-4.8: refuses wrong ones', () => {
    expect(plan(text, { event, inputs: { level: 'c' } }).errors).toHaveLength(1);
    expect(plan(text, { event }).errors).toEqual([expect.objectContaining({ line: null })]);
  });
});

describe('planWorkflow on any text', () => {
  const pieces = [
    ...['on: [push, workflow_call]\n', 'jobs:\n', '  a:\n', '  b:\n', '    needs: a\n', '    needs: [a, b]\n'],
    ...[
      '    runs-on: x\n',
      '    runs-on: "${{ matrix.x }}"\n',
      '    uses: ./.github/workflows/ci.yml\n',
      '    if: always()\n',
    ],
    ...['    strategy: { matrix: { x: [1, 2] } }\n', '    strategy: "${{ fromJSON(needs.a.outputs.x) }}"\n'],
    ...[
      '    steps: [{ run: x }]\n',
      '    environment: "${{ needs.a.result }}"\n',
      '    concurrency: ""\n',
      '    with: { a: b }\n',
    ],
  ];
  const text = fc
    .array(fc.constantFrom(...pieces), { maxLength: 25 })
    .map((parts) => `on: push\njobs:\n${parts.join('')}`);

  it('never throws', () => {
    fc.assert(
      fc.property(text, text, fc.dictionary(fc.string(), fc.jsonValue()), (own, other, payload) => {
        const planned = plan(
          own,
          { event: { name: 'push', payload: payload as Record<string, never> } },
          { 'x.yml': other },
        );
        for (const { state, errors } of planned.jobs) expect(errors.length > 0).toBe(state === 'fails');
      }),
      { numRuns: 200 },
    );
  });
});
