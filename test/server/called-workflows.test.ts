import { describe, expect, it } from 'vitest';
import { type ContextData, fromContextData } from '../../src/protocol/runner/tokens.ts';
import { serversPerTest, type TestServer } from '../support/server.ts';

const { start } = serversPerTest();

const CALLER = `
on: push
jobs:
  build:
    runs-on: self-hosted
    outputs: { version: '\${{ steps.v.outputs.version }}' }
    steps: [{ id: v, run: 'true' }]
  ship:
    needs: build
    uses: ./.github/workflows/deploy.yml
    with: { version: '\${{ needs.build.outputs.version }}', count: 2 }
    secrets: { key: '\${{ secrets.DEPLOY_KEY }}' }
  report:
    needs: ship
    runs-on: self-hosted
    steps: [{ run: 'echo \${{ needs.ship.outputs.url }}' }]
`;

const CALLEE = `
on:
  workflow_call:
    inputs:
      version: { type: string, required: true }
      count: { type: number, required: false, default: 1 }
      dry: { type: boolean, default: true }
    secrets: { key: { required: true } }
    outputs: { url: { value: '\${{ jobs.upload.outputs.url }}' } }
jobs:
  upload:
    name: Upload \${{ inputs.version }}
    runs-on: self-hosted
    outputs: { url: '\${{ steps.u.outputs.url }}' }
    steps: [{ id: u, run: 'true' }]
  verify:
    needs: upload
    if: inputs.dry
    runs-on: self-hosted
    steps: [{ run: 'true' }]
`;

const files = (caller: string, callee: string): Record<string, string> => ({
  '.github/workflows/ci.yml': caller,
  '.github/workflows/deploy.yml': callee,
});

let runners = 0;
const runNext = async (server: TestServer, conclusion = 'succeeded', outputs: Record<string, { value: string }> = {}) =>
  (await server.runner(`box-${++runners}`)).runOne(conclusion, outputs);

const context = (message: { contextData: Record<string, ContextData> }, name: string): unknown =>
  fromContextData(message.contextData[name] ?? null);

describe('a job that calls a workflow', () => {
  it('SEM-11.4, 11.6, 11.8, 11.10, 22.3: passes inputs and secrets on, and gives the called outputs to its dependants', async () => {
    const server = await start();
    const secret = { value: 'hunter22' };
    await server.push({ 'README.md': 'x' });
    await server.rest('PUT', '/switchyard/v1/repos/me/app/secrets/DEPLOY_KEY', secret);
    await server.rest('PUT', '/switchyard/v1/repos/me/app/secrets/OTHER', secret);
    await server.push(files(CALLER, CALLEE));
    await runNext(server, 'succeeded', { version: { value: '1.2.3' } });
    const upload = await runNext(server, 'succeeded', { url: { value: 'https://example.test/1.2.3' } });
    expect(upload.jobDisplayName).toBe('ship / Upload 1.2.3');
    expect(context(upload, 'inputs')).toEqual({ version: '1.2.3', count: 2, dry: true });
    expect(upload.variables.KEY?.value ?? upload.variables.key?.value).toBe('hunter22');
    expect(Object.keys(upload.variables)).not.toContain('OTHER');
    expect(context(upload, 'github')).toMatchObject({ workflow: '.github/workflows/ci.yml', event_name: 'push' });
    expect(context(upload, 'job')).toMatchObject({ workflow_file_path: '.github/workflows/deploy.yml' });
    expect(upload.fileTable).toEqual(['.github/workflows/deploy.yml']);
    await runNext(server);
    const report = await runNext(server);
    const needs = { ship: { result: 'success', outputs: { url: 'https://example.test/1.2.3' } } };
    expect(context(report, 'needs')).toEqual(needs);
    expect(await server.states(1)).toEqual({
      build: 'success',
      ship: 'success',
      'ship / Upload 1.2.3': 'success',
      'ship / verify': 'success',
      report: 'success',
    });
    expect((await server.run(1)).conclusion).toBe('success');
  });

  it('SEM-11.9, 9.7: fails with its jobs, which skips what needs it', async () => {
    const server = await start();
    await server.push(
      files(
        CALLER.replace("secrets: { key: '${{ secrets.DEPLOY_KEY }}' }", 'secrets: inherit'),
        CALLEE.replace('secrets: { key: { required: true } }', ''),
      ),
    );
    await runNext(server);
    await runNext(server, 'failed');
    expect(await server.states(1)).toMatchObject({
      ship: 'failure',
      'ship / verify': 'skipped',
      report: 'skipped',
    });
    expect((await server.run(1)).conclusion).toBe('failure');
  });

  it('SEM-11.11: makes one instance of the called workflow per combination of its matrix', async () => {
    const server = await start();
    const caller = `
on: push
jobs:
  ship:
    strategy: { matrix: { region: [north, south] } }
    uses: ./.github/workflows/deploy.yml
    with: { region: '\${{ matrix.region }}' }
`;
    const callee = `
on: { workflow_call: { inputs: { region: { type: string } } } }
jobs: { up: { runs-on: self-hosted, steps: [{ run: 'true' }] } }
`;
    await server.push(files(caller, callee));
    const regions = [await runNext(server), await runNext(server)].map((message) => context(message, 'inputs'));
    expect(regions).toEqual([{ region: 'north' }, { region: 'south' }]);
    expect(await server.states(1)).toEqual({
      'ship (north)': 'success',
      'ship (north) / up': 'success',
      'ship (south)': 'success',
      'ship (south) / up': 'success',
    });
  });

  it('SEM-11.3, 11.1: nests, and reaches a file of another repository of the server by its ref', async () => {
    const server = await start();
    const leaf = `
on: workflow_call
jobs: { leaf: { runs-on: self-hosted, steps: [{ run: 'true' }] } }
`;
    await server.push({ '.github/workflows/leaf.yml': leaf }, { repository: 'me/shared', ref: 'refs/tags/v1' });
    const middle = `
on: workflow_call
jobs: { inner: { uses: me/shared/.github/workflows/leaf.yml@v1 } }
`;
    const caller = 'on: push\njobs: { outer: { uses: ./.github/workflows/deploy.yml } }\n';
    await server.push(files(caller, middle));
    const [run] = await server.runs();
    const message = await runNext(server);
    expect(message.jobDisplayName).toBe('outer / inner / leaf');
    expect(context(message, 'job')).toMatchObject({
      workflow_repository: 'me/shared',
      workflow_ref: 'me/shared/.github/workflows/leaf.yml@v1',
    });
    expect((await server.run(run?.id ?? 0)).conclusion).toBe('success');
  });

  it('SEM-5.4: keeps the called file as it was when the run was created', async () => {
    const server = await start();
    const callee = (label: string) => `
on: workflow_call
jobs: { up: { runs-on: ${label}, steps: [{ run: 'true' }] } }
`;
    const caller = `
on: push
jobs:
  first: { runs-on: self-hosted, steps: [{ run: 'true' }] }
  ship: { needs: first, uses: ./.github/workflows/deploy.yml }
`;
    await server.push(files(caller, callee('self-hosted')));
    await server.push(files(caller.replace('push', 'workflow_dispatch'), callee('elsewhere')));
    await runNext(server);
    await runNext(server);
    expect((await server.run(1)).conclusion).toBe('success');
  });

  it.each([
    ['a file that does not exist', './.github/workflows/none.yml', 'none.yml'],
    ['a repository that does not exist', 'me/none/.github/workflows/x.yml@v1', 'me/none'],
    ['a ref that does not exist', 'me/app/.github/workflows/deploy.yml@v9', 'v9'],
    ['a file without workflow_call', './.github/workflows/ci.yml', ''],
  ])('SEM-5.5, 11.2: with %s ends the run at once and says so', async (_, uses, hint) => {
    const server = await start();
    await server.push(files(`on: push\njobs: { ship: { uses: '${uses}' } }\n`, CALLEE));
    const run = await server.run(1);
    expect(run).toMatchObject({ conclusion: 'startup_failure', jobs: [] });
    expect(run.errors[0]).toMatchObject({ file: '.github/workflows/ci.yml', line: 2 });
    expect(run.errors[0]?.message).toContain(hint);
  });

  it('SEM-6.4: that is asked for more permissions than its caller has does not start', async () => {
    const server = await start();
    const callee = CALLEE.replace('jobs:', 'permissions: { contents: write }\njobs:');
    await server.push(
      files(
        `on: push\njobs: { ship: { permissions: { contents: read }, uses: ./.github/workflows/deploy.yml, with: { version: '1' }, secrets: inherit } }\n`,
        callee,
      ),
    );
    const run = await server.run(1);
    expect(run.conclusion).toBe('startup_failure');
    expect(run.errors[0]?.message).toMatch(/contents: write/);
  });

  it('SEM-11.13, 28.1: is cancelled with its run, jobs that ask for always() go on', async () => {
    const server = await start();
    const callee = `
on: workflow_call
jobs:
  up: { runs-on: self-hosted, steps: [{ run: 'true' }] }
  clean: { needs: up, if: always(), runs-on: self-hosted, steps: [{ run: 'true' }] }
`;
    await server.push(files('on: push\njobs: { ship: { uses: ./.github/workflows/deploy.yml } }\n', callee));
    await server.rest('POST', '/switchyard/v1/runs/1/cancel');
    const clean = await runNext(server);
    expect(clean.jobDisplayName).toBe('ship / clean');
    expect(await server.states(1)).toEqual({ ship: 'cancelled', 'ship / up': 'cancelled', 'ship / clean': 'success' });
    expect((await server.run(1)).conclusion).toBe('cancelled');
  });
});
