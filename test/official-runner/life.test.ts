/** How official runners come, stay and go: the scripts that people call, scale sets, and what a cancelled job leaves. */
import { readdir } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { RunnerList } from '../../src/protocol/dashboard/index.ts';
import { processesWith } from '../runner/runner-process.ts';
import { ScaleSetClient } from '../support/scale-set-client.ts';
import { waitFor } from '../support/wait.ts';
import { OfficialJobs } from './official-jobs.ts';
import { OfficialRunner, officialRunner } from './official-runner.ts';
import { freePort80 } from './port-80.ts';

const HOST = '127.77.0.2';
const port80 = await freePort80(HOST);

const jobs = new OfficialJobs(port80 ? { host: HOST, port: port80 } : {});

const registered = async (): Promise<string[]> =>
  (await jobs.server.rest<RunnerList>('GET', '/switchyard/v1/runners')).runners.map(({ name }) => name);

describe.skipIf(!officialRunner || !port80)('config.sh and run.sh of the official runner', () => {
  const token = async (kind: 'registration' | 'remove'): Promise<string[]> => {
    const path = `/api/v3/repos/me/app/actions/runners/${kind}-token`;
    return ['--token', (await jobs.server.rest<{ token: string }>('POST', path)).token];
  };
  const newRunner = async (): Promise<string> => {
    await jobs.server.push({ README: 'x' }, { ref: 'none' });
    const folder = jobs.newFolder();
    await OfficialRunner.layOut(folder);
    return folder;
  };
  const config = (folder: string, ...args: string[]) => OfficialRunner.script(folder, 'config.sh', args).ended();
  const added = async (folder: string, name: string, ...args: string[]): Promise<void> => {
    const common = ['--unattended', '--url', `${jobs.server.url}/me/app`, '--name', name, '--labels', name];
    const { code, output } = await config(folder, ...common, ...args);
    expect(output).toContain('Settings Saved.');
    expect(code).toBe(0);
  };
  const settings = async (folder: string): Promise<string[]> =>
    (await readdir(folder)).filter((name) => /^\.(runner|credentials)/.test(name));

  it('register one that stays, take several jobs one after the other, and remove it', async () => {
    const folder = await newRunner();
    await added(folder, 'stays', ...(await token('registration')));
    const runner = jobs.keep(OfficialRunner.script(folder, 'run.sh'));
    await runner.listening();
    for (const n of [3, 1]) {
      const list = Array.from({ length: n }, (_, index) => index);
      const id = await jobs.push(
        `on: push\njobs:\n  job:\n    strategy: { matrix: { n: [${list}] } }\n    runs-on: [self-hosted, linux, stays]\n    steps:\n      - run: test ! -e made; touch made; rm made; echo "on $RUNNER_NAME"\n`,
      );
      const run = await jobs.ended(id);
      expect(run.jobs.map(({ conclusion, runner }) => `${conclusion} on ${runner?.name}`)).toEqual(
        list.map(() => 'success on stays'),
      );
    }
    expect(await registered()).toContain('stays');
    runner.stop();
    expect((await runner.ended()).output).toContain('Exiting');
    const removed = await config(folder, 'remove', ...(await token('remove')));
    expect(removed.output).toContain('Runner removed successfully');
    expect(removed.code).toBe(0);
    expect(await registered()).not.toContain('stays');
    expect(await settings(folder)).toEqual([]);
  });

  it('replace one of the same name, with a person’s token; an ephemeral one ends with its job', async () => {
    const [first, second] = [await newRunner(), await newRunner()];
    await added(first, 'once', '--pat', jobs.server.token);
    await added(second, 'once', '--pat', jobs.server.token, '--replace', '--ephemeral');
    expect((await registered()).filter((name) => name === 'once')).toHaveLength(1);
    const id = await jobs.push('on: push\njobs:\n  job:\n    runs-on: once\n    steps: [{ run: "true" }]\n');
    const runner = jobs.keep(OfficialRunner.script(second, 'run.sh'));
    expect((await jobs.ended(id)).conclusion).toBe('success');
    expect((await runner.ended()).code).toBe(0);
    expect(await settings(second)).toEqual([]);
    expect(await registered()).not.toContain('once');
  });

  it('say why a wrong token is refused', async () => {
    const folder = await newRunner();
    const { code, output } = await config(
      folder,
      ...['--unattended', '--url', `${jobs.server.url}/me/app`, '--name', 'never', '--token', 'AWRONGTOKEN'],
    );
    expect(code).not.toBe(0);
    expect(output).toMatch(/Http response code: (NotFound|Unauthorized) from 'POST \S+runner-registration'/);
    expect(await settings(folder)).toEqual([]);
  });
});

describe.skipIf(!officialRunner)('the official runner', () => {
  it('takes the JIT config of a scale set and the job that was acquired for it', async () => {
    await jobs.server.push({ README: 'x' }, { ref: 'none' });
    const client = await ScaleSetClient.connect(jobs.server);
    const set = await client.create('arc');
    const listener = await client.listen(set);
    const id = await jobs.push(
      'on: push\njobs:\n  build:\n    runs-on: arc\n    steps: [{ run: echo on $RUNNER_NAME }]\n',
    );
    expect(await listener.next()).toEqual(['JobAvailable build']);
    const [job] = (await jobs.server.run(id)).jobs;
    await listener.acquire(job?.id ?? 0);
    expect(await listener.next()).toEqual(['JobAssigned build']);
    const runner = jobs.keep(await OfficialRunner.start(jobs.newFolder(), await client.jitConfig(set, 'arc-runner-1')));
    const told = await listener.next();
    expect(told.concat(told.length === 1 ? await listener.next() : [])).toEqual([
      'JobStarted build',
      'JobCompleted build',
    ]);
    expect(listener.statistics).toMatchObject({ totalAssignedJobs: 0, totalRegisteredRunners: 0 });
    const run = await jobs.ended(id);
    expect(run.jobs[0]).toMatchObject({ conclusion: 'success', runner: { name: 'arc-runner-1' } });
    expect((await runner.ended()).code).toBe(0);
    await listener.close();
  });

  it('leaves no process of a job that is cancelled, not even one of a session of its own', async () => {
    const id = await jobs.push(
      'on: push\njobs:\n  job:\n    runs-on: leftovers\n    steps:\n      - run: sleep 31415 & setsid sleep 31416 & exec sleep 31417\n',
    );
    const runner = await jobs.startRunner(['leftovers']);
    const left = (): number[] => ['31415', '31416', '31417'].flatMap((word) => processesWith(`sleep\0${word}`));
    await waitFor('all three', () => left().length === 3, 60_000);
    await jobs.server.rest('POST', `/api/v3/repos/me/app/actions/runs/${id}/cancel`);
    expect((await jobs.ended(id)).conclusion).toBe('cancelled');
    expect((await runner.ended()).code).toBe(0);
    expect(left()).toEqual([]);
  });
});
