import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HostedGitHub, PAT, TOKEN } from '../support/hosted-github.ts';
import { openssl } from '../support/private-tls.ts';
import { jobMessage } from '../support/stand-in-server.ts';
import { poll, type RunnerProcess, startConfiguredRunner } from './runner-process.ts';
import { runRunner } from './runner-program.ts';

describe.skipIf(!openssl)('a runner at github.com', () => {
  let github: HostedGitHub;
  let root: string;
  let runner: RunnerProcess | undefined;
  beforeEach(async () => {
    github = await HostedGitHub.start();
    root = await mkdtemp(join(tmpdir(), 'switchyard-hosted-'));
  });
  afterEach(async () => {
    await runner?.close();
    runner = undefined;
    await github.close();
    await rm(root, { recursive: true, force: true });
  });

  const config = (...args: string[]) =>
    runRunner(
      ['config', '--url', 'https://github.com/octo/app', '--name', 'box 1', '--root', root, '--token', TOKEN, ...args],
      { env: github.environment },
    );
  const start = (): RunnerProcess => {
    runner = startConfiguredRunner(root, [], github.environment);
    return runner;
  };
  const runJob = async (): Promise<void> => {
    const { standIn } = github;
    const done = standIn.completions.length + 1;
    standIn.offer(jobMessage(standIn, { steps: [{ name: 'Say', run: 'echo hello; sleep 0.5' }] }));
    await standIn.until('the job to be complete', () => standIn.completions.length === done, 30_000);
    expect(standIn.completions.at(-1)?.conclusion).toBe('succeeded');
  };
  const files = async (): Promise<string[]> => (await readdir(root)).filter((name) => /^\.(run|cred)/.test(name));

  it('registers by the runner-admin calls and runs a job with every service under a name of its own (runner-protocol 1.3)', async () => {
    expect(await config('--labels', 'gpu,big', '--runnergroup', 'builders', '--disableupdate')).toMatchObject({
      code: 0,
    });
    expect(github.registration).toMatchObject({
      url: 'https://github.com/octo/app',
      group_id: 9,
      name: 'box 1',
      version: '2.336.0',
      updates_disabled: true,
      ephemeral: false,
      labels: [
        { id: 0, name: 'self-hosted', type: 'system' },
        { id: 0, name: 'Linux', type: 'system' },
        { id: 0, type: 'system' },
        { id: 0, name: 'gpu', type: 'user' },
        { id: 0, name: 'big', type: 'user' },
      ],
    });
    const settings = JSON.parse(await readFile(join(root, '.runner'), 'utf8'));
    expect(settings).toMatchObject({ agentId: 7, poolId: 9, useV2Flow: true, useRunnerAdminFlow: true });
    expect(settings.serverUrlV2).toBe('https://broker.actions.githubusercontent.com/broker/');
    expect(settings).not.toHaveProperty('isHostedServer');

    const { exited, child } = start();
    await runJob();
    expect(github.standIn.stepLog('Say')).toContain('hello');
    child.kill('SIGTERM');
    expect(await exited).toBe(0);
    const names = ['broker', 'feed', 'results', 'run', 'tokens'].map((name) => `${name}.actions.githubusercontent.com`);
    expect([...github.hosts].sort()).toEqual(['api.github.com', ...names, 'logs.blob.core.windows.net'].sort());
    expect(github.violations).toEqual([]);
    expect(github.standIn.violations).toEqual([]);

    const removed = await runRunner(['remove', '--root', root, '--token', TOKEN], { env: github.environment });
    expect(removed).toMatchObject({ code: 0 });
    expect(github.calls).toContain('DELETE api.github.com /repos/octo/app/actions/runners/7');
    expect(await files()).toEqual([]);
  });

  it('asks for its tokens with a personal access token', async () => {
    const args = ['--root', root, '--pat', PAT];
    const url = ['--url', 'https://github.com/octo/app', '--name', 'box 1'];
    expect(await runRunner(['config', ...args, ...url], { env: github.environment })).toMatchObject({ code: 0 });
    expect(await runRunner(['remove', ...args], { env: github.environment })).toMatchObject({ code: 0 });
    const repository = 'POST api.github.com /repos/octo/app/actions/runners';
    expect(github.calls).toEqual(
      expect.arrayContaining([`${repository}/registration-token`, `${repository}/remove-token`]),
    );
    expect(await readdir(root)).not.toContain(PAT);
  });

  it('goes back to the old token service while the new one fails, and writes both down', async () => {
    github.hasTwoTokenServices = true;
    expect(await config()).toMatchObject({ code: 0 });
    const { data } = JSON.parse(await readFile(join(root, '.credentials'), 'utf8'));
    expect(data).toMatchObject({
      authorizationUrl: 'https://vstoken.actions.githubusercontent.com/oauth2/token',
      authorizationUrlV2: 'https://tokens.actions.githubusercontent.com/oauth2/token',
      enableAuthMigrationByDefault: 'true',
    });
    github.isNewTokenServiceDown = true;
    start();
    await runJob();
    expect(github.hosts).toContain('vstoken.actions.githubusercontent.com');
    expect(github.violations).toEqual([]);
  });

  it('goes on at the broker that it is sent to', async () => {
    await config();
    start();
    await runJob();
    github.standIn.send('BrokerMigration', { brokerBaseUrl: github.otherBroker });
    await poll('a call to the other broker', () => github.hosts.has('broker-2.actions.githubusercontent.com'));
    await runJob();
  });

  it('deletes its files when its registration is gone (runner-protocol 4.2)', async () => {
    await config();
    const { exited, output } = start();
    await runJob();
    github.standIn.pollError = 'RunnerNotFound';
    github.standIn.send('ForceTokenRefresh', {});
    expect(await exited).toBe(0);
    expect(output()).toContain('no longer knows this runner');
    expect(await files()).toEqual([]);
  });

  it('says in a sentence that a server has only the older protocol, and registers nothing', async () => {
    github.usesNewProtocol = false;
    const { code, output } = await config();
    expect(output).toContain("offers only the older runner protocol (V1), which Switchyard's runner does not speak.");
    expect(code).toBe(2);
    expect(github.registration).toBeUndefined();
    expect(await files()).toEqual([]);
  });
});
