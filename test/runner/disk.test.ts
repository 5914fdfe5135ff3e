import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { requirement } from '../support/require.ts';
import { jobMessage, StandInServer } from '../support/stand-in-server.ts';
import { poll, type RunnerProcess, startRunner } from './runner-process.ts';

const mayMount = requirement('mounts', () => {
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-mount-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', 'none', folder], { stdio: 'ignore' });
    execFileSync('umount', [folder]);
    return true;
  } catch {
    return undefined;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

describe.skipIf(!mayMount)('a runner on a small disk', () => {
  const before = process.env.TMPDIR;
  let server: StandInServer;
  let runner: RunnerProcess | undefined;
  let disk: string;
  let tools: string;

  beforeEach(async () => {
    disk = mkdtempSync(join(tmpdir(), 'switchyard-disk-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=80m', 'none', disk]);
    tools = join(disk, 'tools');
    // The folder of the runner lies there too.
    process.env.TMPDIR = disk;
    server = new StandInServer();
    await server.start();
  });

  afterEach(async () => {
    await runner?.close();
    runner = undefined;
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
    await server.stop();
    execFileSync('umount', ['-l', disk]);
    rmSync(disk, { recursive: true });
    expect(server.violations).toEqual([]);
  });

  /** As GitHub's toolkit lays it out. */
  function addTool(tool: string, version: string, mebibytes: number, usedDaysAgo: number): string {
    const folder = join(tools, tool, version);
    mkdirSync(join(folder, 'x64'), { recursive: true });
    writeFileSync(join(folder, 'x64/bin'), Buffer.alloc(mebibytes * 2 ** 20));
    writeFileSync(join(folder, 'x64.complete'), '');
    const used = Date.now() / 1000 - usedDaysAgo * 86_400;
    for (const path of ['x64/bin', 'x64.complete', 'x64', '.']) utimesSync(join(folder, path), used, used);
    return folder;
  }

  /** 48 of the 80 MiB are wanted. */
  const env = (): Record<string, string> => ({ RUNNER_TOOL_CACHE: tools, SWITCHYARD_DISK_MIN_FREE_PERCENT: '60' });

  it('removes tools that were not used for long before its job, which says so', async () => {
    const old = addTool('node', '18.1.0', 30, 20);
    const unused = addTool('go', '1.20.0', 1, 10);
    const inUse = addTool('node', '20.1.0', 10, 0);
    runner = startRunner(server.jitConfig(), { env: env() });
    server.offer(jobMessage(server, { steps: [{ name: 'one', run: 'true' }] }));
    expect(await runner.exited, runner.output()).toBe(0);
    expect([old, unused, inUse].map(existsSync)).toEqual([false, true, true]);
    const log = server.stepLog('Set up job');
    expect(log).toMatch(
      /##\[group\]Disk space\n\S+Z Disk short: the file system of \S+ has \d+ MiB of 80 MiB free, and 48 MiB are wanted\.\n/,
    );
    expect(log).toMatch(/Z Freed node 18\.1\.0 of the tool cache: 30 MiB, \d+ inodes\n/);
  });

  it('that is short of inodes makes room too', async () => {
    const old = addTool('node', '18.1.0', 1, 20);
    const used = Date.now() / 1000 - 20 * 86_400;
    for (let file = 0; file < 400; file++) {
      writeFileSync(join(old, 'x64', String(file)), '');
      utimesSync(join(old, 'x64', String(file)), used, used);
    }
    for (const path of ['x64', '.']) utimesSync(join(old, path), used, used);
    execFileSync('mount', ['-o', 'remount,nr_inodes=440', disk]);
    runner = startRunner(server.jitConfig(), { env: { RUNNER_TOOL_CACHE: tools } });
    server.offer(jobMessage(server, { steps: [{ name: 'one', run: 'true' }] }));
    expect(await runner.exited, runner.output()).toBe(0);
    expect(existsSync(old)).toBe(false);
    const log = server.stepLog('Set up job');
    expect(log).toMatch(/has \d+ of 440 inodes free, and 44 are wanted\./);
    expect(log).toMatch(/Freed node 18\.1\.0 of the tool cache: 1 MiB, 40\d inodes/);
  });

  it('that can free nothing takes no job: it ends with the reason before it is there for any', async () => {
    addTool('node', '20.1.0', 50, 0);
    runner = startRunner(server.jitConfig(), { env: env() });
    expect(await runner.exited).toBe(8);
    expect(runner.output()).toMatch(
      /The runner takes no more jobs: the file system of \S+ has \d+ MiB of 80 MiB free, and 48 MiB are wanted\./,
    );
    expect(runner.output()).not.toContain('Listening for jobs');
  });

  it('that fills up while it waits leaves the next job to others', async () => {
    runner = startRunner(server.jitConfig({ ephemeral: false }), { env: env() });
    await poll('the runner listens', () => runner?.output().includes('Listening for jobs') ?? false);
    addTool('node', '20.1.0', 50, 0);
    server.offer(jobMessage(server, { steps: [{ name: 'one', run: 'true' }] }));
    expect(await runner.exited).toBe(8);
    expect(runner.output()).toMatch(/The runner takes no more jobs: the file system of/);
    expect(server.completions).toEqual([]);
    expect(server.sessionDeleted).toBe(true);
  });

  it('that a job has filled up takes no other', async () => {
    runner = startRunner(server.jitConfig({ ephemeral: false }), { env: env() });
    server.offer(jobMessage(server, { steps: [{ name: 'fills', run: 'head -c 50000000 /dev/zero > kept' }] }));
    expect(await runner.exited).toBe(8);
    expect(server.completions.map(({ conclusion }) => conclusion)).toEqual(['succeeded']);
    expect(runner.output()).toMatch(/The runner takes no more jobs: the file system of/);
  });
});
