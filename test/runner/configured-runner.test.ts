import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunnerList } from '../../src/protocol/dashboard/index.ts';
import { TestServer } from '../support/server.ts';
import { waitFor } from '../support/wait.ts';
import { type RunnerProcess, startConfiguredRunner } from './runner-process.ts';
import { runRunner } from './runner-program.ts';

const WORKFLOW = "on: push\njobs:\n  a: { runs-on: [self-hosted, gpu], steps: [{ run: 'echo done' }] }\n";
const FILES = ['.credentials', '.credentials_rsaparams', '.runner'];

describe('a runner that is configured as with config.sh', () => {
  let server: TestServer;
  let root: string;
  const runners: RunnerProcess[] = [];
  beforeEach(async () => {
    server = await TestServer.start();
    root = await mkdtemp(join(tmpdir(), 'switchyard-configured-'));
    await server.push({ README: 'x' }, { ref: 'none' });
  });
  afterEach(async () => {
    for (const runner of runners.splice(0)) await runner.close();
    await rm(root, { recursive: true, force: true });
    await server.close();
  });

  const token = async (kind: 'registration' | 'remove', scope = 'repos/me/app'): Promise<string> => {
    const path = `/api/v3/${scope}/actions/runners/${kind}-token`;
    return (await server.rest<{ token: string }>('POST', path)).token;
  };
  const config = async (...more: string[]) =>
    runRunner([
      ...['config', '--url', `${server.url}/me/app`, '--root', root, '--token', await token('registration')],
      ...['--name', 'box', ...more],
    ]);
  const registered = async () => (await server.rest<RunnerList>('GET', '/switchyard/v1/runners')).runners;
  const start = (...args: string[]): RunnerProcess => {
    const runner = startConfiguredRunner(root, args);
    runners.push(runner);
    return runner;
  };
  const succeeded = (): Promise<unknown> =>
    waitFor('the run to succeed', async () => (await server.runs())[0]?.conclusion === 'success', 30_000);
  const files = async (): Promise<string[]> => (await readdir(root)).filter((name) => name.startsWith('.')).sort();

  it('registers with its labels, keeps its files to itself, runs jobs, and is removed', async () => {
    const { code, output } = await config('--labels', 'gpu, Linux,GPU');
    expect(output).toContain('Runner successfully added');
    expect(code).toBe(0);
    expect(await registered()).toMatchObject([{ name: 'box', scope: { kind: 'repository', name: 'me/app' } }]);
    expect((await registered())[0]?.labels.map(String).sort()).toEqual(['Linux', 'X64', 'gpu', 'self-hosted']);
    expect(await files()).toEqual(FILES);
    for (const name of FILES) expect((await stat(join(root, name))).mode & 0o777).toBe(0o600);

    const runner = start();
    await server.pushWorkflow(WORKFLOW);
    await succeeded();
    await server.pushWorkflow(WORKFLOW);
    await waitFor('the second run', async () => (await server.runs())[1]?.conclusion === 'success');
    await succeeded();
    runner.child.kill('SIGTERM');
    expect(await runner.exited).toBe(0);

    const removed = await runRunner(['remove', '--root', root, '--token', await token('remove')]);
    expect(removed).toMatchObject({ code: 0, output: expect.stringContaining('Runner removed successfully') });
    expect(await registered()).toEqual([]);
    expect(await files()).toEqual([]);
  });

  it('is known at the server by its own version, though it tells GitHub another', async () => {
    await config();
    start();
    await waitFor('it to be online', async () => (await registered())[0]?.state === 'idle');
    const { version } = JSON.parse(await readFile('package.json', 'utf8'));
    expect((await registered())[0]?.version).toBe(version);
  });

  it('with --ephemeral takes one job, and its registration and files are gone', async () => {
    await config('--ephemeral', '--labels', 'gpu');
    const runner = start();
    await server.pushWorkflow(WORKFLOW);
    await succeeded();
    expect(await runner.exited).toBe(0);
    expect(await registered()).toEqual([]);
    expect(await files()).toEqual([]);
  });

  it('with run --once ends after a job and stays registered', async () => {
    await config('--labels', 'gpu');
    const runner = start('--once');
    await server.pushWorkflow(WORKFLOW);
    await succeeded();
    expect(await runner.exited).toBe(0);
    expect(await registered()).toHaveLength(1);
    expect(await files()).toEqual(FILES);
  });

  it('takes a personal access token in place of the tokens for one hour', async () => {
    const args = ['--root', root, '--pat', server.token];
    const url = `${server.url}/enterprises/switchyard`;
    expect(await runRunner(['config', '--url', url, '--name', 'box', ...args])).toMatchObject({ code: 0 });
    expect(await registered()).toMatchObject([{ scope: { kind: 'enterprise' } }]);
    expect(await runRunner(['remove', ...args])).toMatchObject({ code: 0 });
    expect(await registered()).toEqual([]);
  });

  it('takes every option from the environment, and hands none of them to jobs', async () => {
    const env = {
      ACTIONS_RUNNER_INPUT_URL: `${server.url}/me/app`,
      ACTIONS_RUNNER_INPUT_TOKEN: await token('registration'),
      ACTIONS_RUNNER_INPUT_NAME: 'by-env',
      ACTIONS_RUNNER_INPUT_LABELS: 'gpu',
      ACTIONS_RUNNER_INPUT_NO_DEFAULT_LABELS: 'true',
    };
    expect(await runRunner(['config'], { env, cwd: root })).toMatchObject({ code: 0 });
    expect(await registered()).toMatchObject([{ name: 'by-env', labels: ['gpu'] }]);
  });

  it('says in a sentence what is missing or wrong, and registers nothing', async () => {
    const url = `${server.url}/me/app`;
    const said = async (...args: string[]): Promise<string> => {
      const { code, output } = await runRunner(['config', '--root', root, ...args]);
      expect(code).toBeGreaterThan(0);
      return output;
    };
    expect(await said('--token', 'x')).toBe('--url is missing. See switchyard runner --help.\n');
    expect(await said('--url', url)).toContain('--token is missing.');
    expect(await said('--url', 'me/app', '--token', 'x')).toContain('not an http or https URL');
    expect(await said('--url', server.url, '--token', 'x')).toContain('names no repository');
    expect(await said('--url', url, '--token', 'x')).toContain('answered 401');
    expect(await said('--url', url, '--token', await token('remove'))).toContain('401');
    expect(await said('--url', url, '--token', await token('registration'), '--runnergroup', 'nope')).toContain(
      'no runner group "nope"',
    );
    expect(await said('--url', `${server.url}/me`, '--token', await token('registration'))).toContain('404');
    expect(await said('--url', url, '--token', 'x', '--no-default-labels')).toContain('--labels is missing');
    expect(await said('--url', 'http://127.0.0.1:9/me/app', '--token', 'x')).toContain('cannot be reached');
    expect(await registered()).toEqual([]);
    expect(await runRunner(['run', '--root', root])).toMatchObject({
      code: 2,
      output: expect.stringContaining('No runner is configured'),
    });
  });

  it('refuses a folder that is configured, and a name that is taken, until it is told to replace', async () => {
    await config();
    expect((await config()).output).toContain('is configured in');
    const [before] = await registered();
    await runRunner(['remove', '--root', root, '--local']);
    expect((await config()).output).toContain('A runner called box is registered there already.');
    expect(await config('--replace', '--labels', 'gpu')).toMatchObject({ code: 0 });
    const after = await registered();
    expect(after).toHaveLength(1);
    expect(after[0]?.id).not.toBe(before?.id);
    start();
    await server.pushWorkflow(WORKFLOW);
    await succeeded();
  });

  it('goes on after a run that was broken off between the registration and its files', async () => {
    await config();
    for (const name of FILES) await rm(join(root, name));
    await writeFile(join(root, '.runner_pending'), JSON.stringify({ url: `${server.url}/me/app`, name: 'box' }));
    expect(await config()).toMatchObject({ code: 0 });
    expect(await registered()).toHaveLength(1);
    expect(await files()).toEqual(FILES);
  });

  it('is removed also by a second run, when the server knew it no longer in the first', async () => {
    await config();
    const [{ id } = { id: 0 }] = await registered();
    await server.rest('DELETE', `/api/v3/repos/me/app/actions/runners/${id}`);
    const removed = await runRunner(['remove', '--root', root, '--token', await token('remove')]);
    expect(removed).toMatchObject({ code: 0, output: expect.stringContaining('does not know this runner') });
    expect(await files()).toEqual([]);
    expect(await runRunner(['remove', '--root', root])).toMatchObject({ code: 0 });
  });

  it('keeps its files when the server refuses to remove it', async () => {
    await config();
    const { code, output } = await runRunner(['remove', '--root', root, '--token', await token('registration')]);
    expect(output).toContain('401');
    expect(code).not.toBe(0);
    expect(await files()).toEqual(FILES);
    expect(await registered()).toHaveLength(1);
  });
});
