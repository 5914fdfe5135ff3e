import { describe, expect, it } from 'vitest';
import { evaluateTemplate } from './expressions/index.ts';
import { jobPayload, readWorkflow } from './index.ts';

const workflow = readWorkflow({
  path: '.github/workflows/ci.yml',
  text: `on: push
env:
  A: 1.10
  B: true
  C:
  D: \${{ github.sha }}
defaults: {run: {shell: bash}}
jobs:
  build:
    runs-on: x
    container: \${{ matrix.image }}
    services: {db: {image: postgres, env: {P: "\${{ secrets.P }}"}}}
    env: {E: 1e20}
    outputs: {v: "\${{ steps.s.outputs.v }}"}
    environment: {name: prod, url: "http://\${{ steps.s.outputs.h }}"}
    steps:
      - id: s
        name: Say \${{ github.ref }}
        if: always()
        run: echo '\${{ github.sha }}'
        shell: sh
        working-directory: sub
        continue-on-error: true
        timeout-minutes: 5
        env: {X: "\${{ env.A }}"}
      - uses: actions/cache/save@v4
        with: {key: "\${{ hashFiles('a') }}", n: 1}
      - uses: ./action
      - uses: docker://alpine:3
        if: runner.os == 'Linux'
      - uses: $/.github/actions/own
      - uses: $/
`,
});

const origin = { repository: 'octo/lib', path: workflow.path, ref: 'v1', sha: 'abc123' };

let id = 0;
const payload = jobPayload({ workflow, origin }, 'build', () => `id-${++id}`, { name: 'prod', deployment: true });
const actionSteps = payload.steps.filter((step) => step.type === 'action');

describe('jobPayload', () => {
  it('reads the file without errors', () => {
    expect(workflow.errors).toEqual([]);
  });

  it('runner-protocol 6.5: a run step', () => {
    expect(payload.steps[0]).toEqual({
      type: 'action',
      id: 'id-1',
      name: 's',
      displayNameToken: { type: 3, expr: "format('Say {0}', github.ref)", file: 1, line: 18, col: 15 },
      contextName: 's',
      enabled: true,
      condition: 'always()',
      continueOnError: true,
      timeoutInMinutes: 5,
      reference: { type: 'script' },
      inputs: {
        type: 2,
        map: [
          { Key: 'script', Value: { type: 3, expr: "format('echo ''{0}''', github.sha)", file: 1, line: 20, col: 14 } },
          { Key: 'shell', Value: 'sh' },
          { Key: 'workingDirectory', Value: 'sub' },
        ],
      },
      environment: { type: 2, map: [{ Key: 'X', Value: { type: 3, expr: 'env.A', file: 1, line: 25, col: 19 } }] },
    });
  });

  it('runner-protocol 6.5: the three kinds of action, and the defaults', () => {
    const [, remote, local, image] = actionSteps;
    expect(remote?.reference).toEqual({
      ...{ type: 'repository', repositoryType: 'GitHub', name: 'actions/cache', ref: 'v4', path: 'save' },
    });
    expect(remote?.inputs).toMatchObject({ map: [{ Key: 'key' }, { Key: 'n', Value: '1' }] });
    expect(local?.reference).toEqual({ type: 'repository', repositoryType: 'self', path: './action' });
    expect(image?.reference).toEqual({ type: 'containerRegistry', image: 'alpine:3' });
    expect(image?.condition).toBe("success() && (runner.os == 'Linux')");
    expect(local).toMatchObject({
      continueOnError: false,
      timeoutInMinutes: null,
      environment: null,
      inputs: { type: 2, map: [] },
    });
    expect(local).not.toHaveProperty('displayNameToken');
  });

  it('SEM-17.1: an action of the same repository is one of the file’s own commit', () => {
    const own = { type: 'repository', repositoryType: 'GitHub', name: 'octo/lib', ref: 'abc123' };
    expect(actionSteps.slice(4).map(({ reference }) => reference)).toEqual([
      { ...own, path: '.github/actions/own' },
      own,
    ]);
  });

  it('SEM-7.3, 21.6: env goes out unevaluated, outer first, with scalars as texts', () => {
    const [outer, inner] = payload.environmentVariables;
    expect(evaluateTemplate(outer ?? null, { contexts: { github: { sha: 'abc' } } })).toEqual({
      A: '1.1',
      B: 'true',
      C: '',
      D: 'abc',
    });
    expect(inner).toEqual({ type: 2, map: [{ Key: 'E', Value: '1E+20' }] });
  });

  it('SEM-5.8: defaults, outputs, containers and the environment’s url are left to the runner', () => {
    const run = { type: 2, map: [{ Key: 'shell', Value: 'bash' }] };
    expect(payload.defaults).toEqual([{ type: 2, map: [{ Key: 'run', Value: run }] }]);
    expect(payload.jobOutputs).toMatchObject({ map: [{ Key: 'v', Value: { expr: 'steps.s.outputs.v' } }] });
    expect(payload.jobContainer).toMatchObject({ expr: 'matrix.image' });
    expect(payload.jobServiceContainers).toMatchObject({ map: [{ Key: 'db' }] });
    expect(payload.actionsEnvironment).toMatchObject({ name: 'prod', url: { type: 3 } });
    expect(payload.fileTable).toEqual(['.github/workflows/ci.yml']);
  });

  it('SEM-18.1, 18.2: background steps, and what waits for them, as the runner of GitHub reads them', () => {
    const text = `on: push
jobs:
  a:
    runs-on: x
    steps:
      - { id: db, background: true, run: one }
      - parallel: [{ run: two }, { id: three, uses: a/b@c }]
      - { id: w, wait: [db], continue-on-error: true }
      - { name: All, wait-all: true }
      - cancel: db
`;
    const one = readWorkflow({ path: workflow.path, text });
    expect(one.errors).toEqual([]);
    let next = 0;
    const { steps } = jobPayload({ workflow: one, origin }, 'a', () => `id-${++next}`);
    const control = { type: 'backgroundStepControl', condition: 'always()', continueOnError: false };
    expect(steps).toMatchObject([
      { type: 'action', contextName: 'db', background: true },
      { type: 'action', contextName: '__run', background: true, parallelGroupId: 'id-2' },
      { type: 'action', contextName: 'three', background: true, parallelGroupId: 'id-2' },
      { ...control, controlType: 'wait', stepIds: ['__run', 'three'], parallelGroupId: 'id-2', name: '__wait' },
      { ...control, controlType: 'wait', stepIds: ['db'], name: 'w', continueOnError: true, displayNameToken: 'Wait' },
      { ...control, controlType: 'wait-all', name: '__wait-all', displayNameToken: 'All' },
      { ...control, controlType: 'cancel', stepIds: ['db'], name: '__cancel', displayNameToken: 'Cancel' },
    ]);
    expect(steps[0]).not.toHaveProperty('parallelGroupId');
    expect(steps[5]).not.toHaveProperty('stepIds');
  });

  it('survives the wire', () => {
    expect(JSON.parse(JSON.stringify(payload))).toEqual(payload);
  });
});
