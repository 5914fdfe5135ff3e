import { expect, it } from 'vitest';
import { runCommandAt as switchyard } from '../support/command-line.ts';
import { serversPerTest, type TestServer } from '../support/server.ts';

const { start } = serversPerTest();

const WORKFLOW = `
on: push
jobs:
  build: { runs-on: self-hosted, steps: [{ run: 'true' }] }
  test: { strategy: { matrix: { n: [1, 2] } }, runs-on: self-hosted, steps: [{ run: 'true' }] }
`;

async function runAll(server: TestServer, ...conclusions: string[]): Promise<void> {
  for (const [index, conclusion] of conclusions.entries())
    await (await server.runner(`box-${Date.now()}-${index}`)).runOne(conclusion);
}

it('rerun begins an attempt of all jobs, of what failed, or of one job by its name', async () => {
  const server = await start();
  await server.pushWorkflow(WORKFLOW);
  const early = await switchyard(server, 'rerun', '1');
  expect(early).toMatchObject({ code: 1, err: expect.stringContaining('error: This workflow is already running') });
  await runAll(server, 'failed', 'succeeded', 'succeeded');
  const failed = await switchyard(server, 'rerun', 'run/1', '--failed', '--debug');
  expect(failed).toEqual({ code: 0, err: '', out: `Attempt 2 of run 1 has begun: ${server.url}/runs/1\n` });
  expect(await server.states(1)).toEqual({ build: 'queued', 'test (1)': 'success', 'test (2)': 'success' });
  await runAll(server, 'succeeded');
  const two = await switchyard(server, 'rerun', '1', '--job', 'test');
  expect(two.err).toContain('"test" is more than one job.');
  const one = await switchyard(server, 'rerun', '1', '--job', 'test (2)', '--json');
  expect(JSON.parse(one.out)).toMatchObject({ id: 1, attempt: 3, status: 'queued' });
  await runAll(server, 'succeeded');
  expect((await switchyard(server, 'rerun', '1', '--job', 'nope')).err).toContain('The run has no job "nope".');
  expect((await switchyard(server, 'logs', '1', '--attempt', '4')).err).toContain('Attempt 4 of run 1 was not found');
});

it('cancel asks the jobs, cancel --force does not', async () => {
  const server = await start();
  await server.pushWorkflow("on: push\njobs: { a: { if: always(), runs-on: x, steps: [{ run: 'true' }] } }");
  expect((await switchyard(server, 'cancel', '1')).out).toBe(`Run 1 is being cancelled: ${server.url}/runs/1\n`);
  expect((await switchyard(server, 'cancel', '1', '--force')).out).toBe('Run 1 has ended with cancelled.\n');
  const again = await switchyard(server, 'cancel', '1', '--json');
  expect(again).toMatchObject({ code: 1, out: '' });
  expect(again.err).toContain('Cannot cancel a workflow run that is completed.');
});

it('SEM-13.4: wall sets, shows and removes the wall of a runner or of a group', async () => {
  const server = await start();
  await server.runner('api-prod', ['self-hosted', 'api-prod']);
  const must = 'a job must name the label api-prod or deploy to the environment production.';
  const set = ['wall', 'set', 'api-prod', '--label', 'api-prod', '--environment', 'production'];
  expect(await switchyard(server, ...set)).toMatchObject({ code: 0, out: `api-prod stands behind a wall: ${must}\n` });
  const shown = await switchyard(server, 'wall', 'show', 'api-prod', '--json');
  expect(JSON.parse(shown.out)).toEqual({
    wall: { labels: ['api-prod'], environments: ['production'], refs: [], workflows: [] },
  });
  expect((await switchyard(server, 'wall', 'remove', 'api-prod')).out).toBe('api-prod stands behind no wall.\n');
  const group = ['--group', 'default', '--ref', 'refs/tags/v*', '--ref', 'main'];
  expect((await switchyard(server, 'wall', 'set', ...group)).out).toBe(
    'The group default stands behind a wall: a job must run for one of the refs refs/tags/v*, main.\n',
  );
  const unknown = await switchyard(server, 'wall', 'show', 'api-prd');
  expect(unknown.err).toContain('There is no runner "api-prd".');
  expect(unknown.err).toContain('There are api-prod.');
});
