import { mkdir, mkdtemp, readdir, readFile, readlink, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { waitFor } from '../../../../test/support/wait.ts';
import { systemClock } from '../../../common/clock.ts';
import { silentLogger } from '../../../common/log.ts';
import { GitHubClient, generateJitConfig } from '../../../github/index.ts';
import type { RunnerSpec } from '../../resources/runner-spec.ts';
import { GitHubStandIn, STAND_IN_TOKEN } from '../../testing/github-stand-in.ts';
import { describeBackend } from '../contract.ts';
import type { Backend, Exit } from '../types.ts';
import { ProcessBackend } from './process-backend.ts';
import { startTimeOf } from './process-table.ts';

const program = fileURLToPath(new URL('../../testing/runner-program.mjs', import.meta.url));
const open = (runnerRoot: string, runnersEndWithFleet = false, spareRunners = 0): ProcessBackend =>
  new ProcessBackend({
    runnerRoot,
    externals: '/none',
    runnersEndWithFleet,
    spareRunners,
    clock: systemClock,
    logger: silentLogger,
    command: [process.execPath, program, 'runner'],
  });

async function jitConfigOf(github: GitHubStandIn, name: string): Promise<string> {
  const client = new GitHubClient({ url: github.url, token: STAND_IN_TOKEN });
  const scope = { kind: 'repository', owner: 'octo', name: 'app' } as const;
  const answer = await generateJitConfig(client, scope, { name, runner_group_id: 1, labels: ['self-hosted'] });
  return answer.encoded_jit_config;
}

async function stopAll(backend: Backend): Promise<void> {
  for (const { name } of await backend.list()) await backend.stop(name, 0);
  await backend.close();
}

const pidOf = async (root: string, name: string): Promise<number> =>
  JSON.parse(await readFile(join(root, name, 'process.json'), 'utf8')).pid;

for (const spares of [0, 2])
  describeBackend(`process, with ${spares} spare runners`, async () => {
    const runnerRoot = await mkdtemp(join(tmpdir(), 'fleet-'));
    const github = await GitHubStandIn.start();
    const backends = [open(runnerRoot, false, spares)];
    return {
      backend: backends[0] as Backend,
      async reopen() {
        const next = open(runnerRoot, false, spares);
        backends.push(next);
        return next;
      },
      jitConfig: await jitConfigOf(github, 'one'),
      crash: async (name) => void process.kill(await pidOf(runnerRoot, name), 'SIGKILL'),
      async close() {
        await stopAll(open(runnerRoot));
        for (const backend of backends) await backend.close();
        await github.close();
        await rm(runnerRoot, { recursive: true, force: true });
      },
    };
  });

describe('the process backend', { timeout: 30_000 }, () => {
  let root: string;
  let github: GitHubStandIn;
  let backend: ProcessBackend;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'fleet-'));
    github = await GitHubStandIn.start();
    backend = open(root);
  });
  afterEach(async () => {
    await stopAll(backend);
    await github.close();
    await rm(root, { recursive: true, force: true });
  });

  const start = async (env: RunnerSpec['env'] = []): Promise<void> => {
    const jitConfig = await jitConfigOf(github, 'box');
    await backend.start({ name: 'box', jitConfig, keepConfig: false, spec: { repository: 'octo/app', env } });
  };
  const ended = (): Promise<Exit> => new Promise((resolve) => backend.onExit((_name, exit) => resolve(exit)));
  const online = (): Promise<void> => github.waitForOnline(() => github.named('box').status === 'online');

  it('gives the JIT config by standard input only: not in arguments, environment or files', async () => {
    await start();
    await online();
    const pid = await pidOf(root, 'box');
    const config = (await jitConfigOf(github, 'other')).slice(0, 40);
    expect(await readFile(`/proc/${pid}/cmdline`, 'utf8')).not.toContain(config);
    expect(await readFile(`/proc/${pid}/environ`, 'utf8')).not.toContain(config);
    expect((await readdir(join(root, 'box'))).sort()).toEqual(['process.json', 'runner.log']);
    expect(await readFile(join(root, 'box', 'runner.log'), 'utf8')).toContain('--jitconfig - --root');
  });

  it('keeps its folder to itself', async () => {
    await start();
    expect((await stat(join(root, 'box'))).mode & 0o777).toBe(0o700);
    expect((await stat(join(root, 'box', 'runner.log'))).mode & 0o777).toBe(0o600);
  });

  it('makes the work folder of its own that the spec asks for, which goes with the runner', async () => {
    const spec = { repository: 'octo/app', workDir: join(root, '.jobs') };
    const end = ended();
    await backend.start({ name: 'box', jitConfig: await jitConfigOf(github, 'box'), keepConfig: false, spec });
    expect(await readdir(spec.workDir)).toEqual(['box']);
    expect(backend.workFolder('box', spec)).toBe(join(spec.workDir, 'box'));
    await backend.stop('box', 0);
    await end;
    await backend.remove('box', { keepLog: false });
    expect(await readdir(spec.workDir)).toEqual([]);
  });

  it('tells exit code and last output of a runner that could not start, and keeps its log', async () => {
    const end = ended();
    await start([{ name: 'FAIL_WITH', value: 'no such host' }]);
    expect(await end).toMatchObject({ code: 3, output: 'cannot start: no such host' });
    await backend.remove('box', { keepLog: true });
    expect(await readdir(root)).toEqual(['.failed']);
    expect(await readFile(join(root, '.failed', 'box.log'), 'utf8')).toContain('no such host');
  });

  it('kills a runner that ignores the request to end, after the grace', async () => {
    await start([{ name: 'IGNORE_SIGTERM', value: 'yes' }]);
    await online();
    const end = ended();
    await backend.stop('box', 50);
    expect((await end).signal).toBe('SIGKILL');
  });

  it('kills what a dead runner leaves behind, also in other process groups', async () => {
    await start([{ name: 'WITH_STRAY', value: 'yes' }]);
    await online();
    await expect.poll(() => readFile(join(root, 'box', 'runner.log'), 'utf8'), { timeout: 10_000 }).toContain('stray');
    const stray = Number(/stray (\d+)/.exec(await readFile(join(root, 'box', 'runner.log'), 'utf8'))?.[1]);
    expect(await startTimeOf(stray)).toBeDefined();
    const end = ended();
    process.kill(await pidOf(root, 'box'), 'SIGKILL');
    await end;
    await expect.poll(() => startTimeOf(stray), { timeout: 10_000 }).toBeUndefined();
  });

  describe('with a spare runner', () => {
    beforeEach(async () => {
      await backend.close();
      backend = open(root, false, 1);
    });

    const spares = async (): Promise<string[]> => (await readdir(root)).filter((name) => name.startsWith('.spare-'));
    const startNamed = async (name: string, env: RunnerSpec['env'] = []): Promise<number> => {
      const jitConfig = await jitConfigOf(github, name);
      await backend.start({ name, jitConfig, keepConfig: false, spec: { repository: 'octo/app', env } });
      return pidOf(root, name);
    };
    /** Pid of the process in a spare's folder; awaited. */
    const sparePid = async (): Promise<number> => {
      const found = await waitFor('a spare runner', async () => {
        const [folder = ''] = await spares();
        const pids = (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry));
        for (const pid of pids) {
          const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => '');
          if (folder !== '' && cwd === join(root, folder)) return Number(pid);
        }
        return false;
      });
      return found;
    };

    it('gives the next runner of the same kind a process that waits, whose folder is then its own', async () => {
      await startNamed('first');
      const waiting = await sparePid();
      expect(await startNamed('second')).toBe(waiting);
      await github.waitForOnline(() => github.named('second').status === 'online');
      expect(await readFile(join(root, 'second', 'runner.log'), 'utf8')).toContain('second listens');
      expect(await readlink(`/proc/${waiting}/cwd`)).toBe(join(root, 'second'));
      const next = await sparePid();
      expect(next).not.toBe(waiting);
      expect(await spares()).toHaveLength(1);
    });

    it('starts one of another kind anew, and keeps a spare of that kind in the place of the other', async () => {
      await startNamed('first');
      const waiting = await sparePid();
      expect(await startNamed('second', [{ name: 'A', value: '1' }])).not.toBe(waiting);
      await expect.poll(() => startTimeOf(waiting), { timeout: 10_000 }).toBeUndefined();
      const other = await sparePid();
      expect(await startNamed('third', [{ name: 'A', value: '1' }])).toBe(other);
    });

    it('registers nothing for it, does not list it, and leaves no process of it when it closes', async () => {
      await startNamed('first');
      const waiting = await sparePid();
      expect([...github.runners.values()].map(({ name }) => name)).toEqual(['first']);
      expect((await backend.list()).map(({ name }) => name)).toEqual(['first']);
      await backend.stop('first', 1_000);
      await backend.close();
      expect(await startTimeOf(waiting)).toBeUndefined();
      expect(await spares()).toEqual([]);
    });

    it('removes what spares of a killed fleet have left', async () => {
      await mkdir(join(root, '.spare-of-before'));
      await backend.list();
      expect(await spares()).toEqual([]);
    });
  });

  describe('told that runners end with the fleet', () => {
    beforeEach(async () => {
      await backend.close();
      backend = open(root, true);
    });

    it('lets them run while it lives, and stops one as any other', async () => {
      await start();
      await online();
      const end = ended();
      await backend.stop('box', 5_000);
      expect(await end).toMatchObject({ code: 0 });
    });

    it('ends them when it closes', async () => {
      await start();
      await online();
      const pid = await pidOf(root, 'box');
      expect(await startTimeOf(pid)).toBeDefined();
      await backend.close();
      await expect.poll(() => startTimeOf(pid), { timeout: 10_000 }).toBeUndefined();
    });
  });

  it('warns of every field that a plain process cannot honour', () => {
    const expected = [
      'image',
      'resources.requests',
      'resources.limits.memory',
      'resources.limits.nvidia.com/gpu',
      'env[1].valueFrom',
    ];
    const warnings = backend.review({
      repository: 'octo/app',
      image: 'runner:1',
      resources: { requests: { cpu: 1 }, limits: { cpu: '1', memory: 'much', 'nvidia.com/gpu': 1 } },
      dockerEnabled: false,
      env: [
        { name: 'A', value: '1' },
        { name: 'B', valueFrom: {} },
      ],
    });
    // Where no group may be made, `cpu` is named too.
    const fields = warnings.map(({ field }) => field).filter((field) => field !== 'resources.limits.cpu');
    expect(fields).toEqual(expected);
  });
});
