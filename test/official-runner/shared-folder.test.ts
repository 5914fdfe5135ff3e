import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunnerList } from '../../src/protocol/dashboard/index.ts';
import { type RunnerProcess, startConfiguredRunner } from '../runner/runner-process.ts';
import { runRunner } from '../runner/runner-program.ts';
import { TestServer } from '../support/server.ts';
import { waitFor } from '../support/wait.ts';
import { OfficialRunner, officialRunner } from './official-runner.ts';
import { freePort80 } from './port-80.ts';

const HOST = '127.77.0.1';
const port80 = await freePort80(HOST);

const workflow = (label: string): string =>
  `on: push\njobs:\n  a: { runs-on: [self-hosted, ${label}], steps: [{ run: 'echo done' }] }\n`;

describe.skipIf(!officialRunner || !port80)('a folder that GitHub’s runner and ours take over from each other', () => {
  let server: TestServer;
  const folders: string[] = [];
  const officials: OfficialRunner[] = [];
  const ours: RunnerProcess[] = [];

  beforeAll(async () => {
    server = await TestServer.start({ host: HOST, port: 80 });
    await server.push({ README: 'x' }, { ref: 'none' });
  });
  afterAll(async () => {
    for (const runner of officials) await runner.close();
    for (const runner of ours) await runner.close();
    await server?.close();
    for (const folder of folders) await rm(folder, { recursive: true, force: true });
  });

  const newFolder = async (): Promise<string> => {
    const folder = await mkdtemp(join(tmpdir(), 'switchyard-shared-'));
    folders.push(folder);
    return folder;
  };
  const token = async (kind: 'registration' | 'remove', scope: string): Promise<string> =>
    (await server.rest<{ token: string }>('POST', `/api/v3/${scope}/actions/runners/${kind}-token`)).token;
  const registered = async (): Promise<string[]> =>
    (await server.rest<RunnerList>('GET', '/switchyard/v1/runners')).runners.map(({ name }) => name);
  const runJob = async (label: string): Promise<void> => {
    await server.pushWorkflow(workflow(label));
    const [run] = await server.runs();
    await waitFor(
      `the job for ${label}`,
      async () => (await server.run(run?.id ?? 0)).conclusion === 'success',
      60_000,
    );
  };
  const runOurs = (root: string): RunnerProcess => {
    const runner = startConfiguredRunner(root);
    ours.push(runner);
    return runner;
  };
  const runTheirs = async (root: string): Promise<OfficialRunner> => {
    const runner = OfficialRunner.run(root);
    officials.push(runner);
    await runner.listening();
    return runner;
  };
  /** Theirs writes a byte order mark. */
  const settingsOf = async (root: string) =>
    JSON.parse((await readFile(join(root, '.runner'), 'utf8')).replace(/^\uFEFF/, '')) as Record<string, unknown>;

  it('is configured by ours, run by theirs and by ours, and removed by theirs', async () => {
    const root = await newFolder();
    const args = ['--url', `${server.url}/me/app`, '--token', await token('registration', 'repos/me/app')];
    expect(
      await runRunner(['config', '--root', root, ...args, '--name', 'from-ours', '--labels', 'one']),
    ).toMatchObject({ code: 0, output: expect.not.stringContaining('answered') });
    await OfficialRunner.layOut(root);
    const theirs = await runTheirs(root);
    await runJob('one');
    theirs.stop();
    expect(await theirs.exited()).toBe(0);

    const runner = runOurs(root);
    await runJob('one');
    runner.child.kill('SIGTERM');
    expect(await runner.exited).toBe(0);

    const removed = await OfficialRunner.configure(root, ['remove', '--token', await token('remove', 'repos/me/app')]);
    expect(removed.output).toContain('Runner removed successfully');
    expect(removed.code).toBe(0);
    expect(await registered()).not.toContain('from-ours');
    expect((await readdir(root)).filter((name) => /^\.(runner|credentials)/.test(name))).toEqual([]);
  }, 180_000);

  it('is configured by theirs, run by ours and by theirs, and removed by ours', async () => {
    const root = await newFolder();
    const scope = 'enterprises/switchyard';
    await OfficialRunner.layOut(root);
    const configured = await OfficialRunner.configure(root, [
      ...['configure', '--unattended', '--url', `${server.url}/${scope}`, '--name', 'from-theirs', '--labels', 'two'],
      ...['--token', await token('registration', scope)],
    ]).catch((error: unknown) => ({ code: -1, output: String(error) }));
    expect(configured.output).toContain('Runner successfully added');
    expect(configured.code).toBe(0);

    const runner = runOurs(root);
    await runJob('two');
    runner.child.kill('SIGTERM');
    expect(await runner.exited).toBe(0);

    const theirs = await runTheirs(root);
    await runJob('two');
    theirs.stop();
    await theirs.exited();

    expect(await runRunner(['remove', '--root', root, '--token', await token('remove', scope)])).toMatchObject({
      code: 0,
    });
    expect(await registered()).not.toContain('from-theirs');
  }, 180_000);

  it('holds the same settings, whoever wrote them', async () => {
    const [one, other] = [await newFolder(), await newFolder()];
    const scope = 'orgs/me';
    const url = ['--url', `${server.url}/me`, '--work', 'w', '--ephemeral', '--disableupdate'];
    const tokens = [await token('registration', scope), await token('registration', scope)];
    const own = await runRunner(['config', '--root', one, ...url, '--name', 'a', '--token', tokens[0] ?? '']);
    expect(own.output).toContain('Settings saved');
    await OfficialRunner.layOut(other);
    await OfficialRunner.configure(other, [
      'configure',
      '--unattended',
      ...url,
      '--name',
      'b',
      '--token',
      tokens[1] ?? '',
    ]);
    const common = (settings: Record<string, unknown>) => ({ ...settings, agentId: 0, agentName: '' });
    expect(common(await settingsOf(one))).toEqual(common(await settingsOf(other)));
  }, 120_000);
});
