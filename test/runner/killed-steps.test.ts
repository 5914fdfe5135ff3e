import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { memoryGroup } from '../support/control-group.ts';
import { requirement } from '../support/require.ts';
import { waitFor } from '../support/wait.ts';
import { ContainerJobs } from './container-jobs.ts';
import { childrenOf } from './runner-process.ts';

const jobs = new ContainerJobs({ withDocker: false });

const LIMIT_BYTES = 300 * 1024 * 1024;

const canLimit = requirement('memory-cgroup', () => {
  const group = memoryGroup(LIMIT_BYTES);
  void group?.close();
  return group;
});

/** A file system of one MiB in memory, with so many inodes. */
function tinyDisk(inodes: number): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-tiny-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=1m,nr_inodes=${inodes}`, 'tmpfs', folder], { stdio: 'ignore' });
    return folder;
  } catch {
    rmdirSync(folder);
    return undefined;
  }
}

function unmount(folder: string): void {
  execFileSync('umount', [folder]);
  rmdirSync(folder);
}

const canMount = requirement('mount', () => {
  const folder = tinyDisk(10);
  if (folder) unmount(folder);
  return folder;
});

describe.skipIf(!canLimit)('a step that the kernel ends for lack of memory', () => {
  it('says so, with the limit and the peak, also when a shell survived it', async () => {
    const group = memoryGroup(LIMIT_BYTES);
    if (!group) throw new Error('no control group');
    onTestFinished(() => group.close());
    const runner = await jobs.startRunner();
    onTestFinished(() => runner.close());
    const worker = await waitFor('the spare worker', () => childrenOf(runner.child)[0]);
    for (const pid of [runner.child.pid ?? 0, worker]) group.add(pid);
    await jobs.push(`
    steps:
      - name: Grow
        shell: bash --noprofile --norc {0}
        continue-on-error: true
        run: |
          bash -c 'x=$(printf %1000000s x); while true; do x="$x$x"; done'
          exit 3
      - { name: After, run: exit 4 }
`);
    const { log } = await jobs.outcome();
    expect(log).toMatch(
      /exit code 3\. Out of memory: the limit of the control group that the job runs in is 300 MiB, its peak (29\d|300) MiB\.\n/,
    );
    expect(log).toMatch(/exit code 4\.\n/);
  });
});

describe('a step whose process somebody kills', () => {
  it('says that it was not the runner', async () => {
    await jobs.push(`
    steps:
      - { name: Shot, run: exec sleep 7301, continue-on-error: true }
      - { name: Shell, run: sleep 7302, shell: 'bash --noprofile --norc {0}', continue-on-error: true }
      - { name: Asked, run: exec sleep 7303, continue-on-error: true }
`);
    await jobs.startRunner();
    for (const [text, signal] of [
      ['sleep\x007301', 'SIGKILL'],
      ['sleep\x007302', 'SIGKILL'],
      ['sleep\x007303', 'SIGTERM'],
    ] as const) {
      process.kill(await jobs.process(text), signal);
    }
    const { log, conclusion } = await jobs.outcome();
    expect(conclusion).toBe('success');
    const killed =
      /exit code 137\. Killed from outside: another process of this machine sent signal 9; this runner did/g;
    expect(log.match(killed), log).toHaveLength(2);
    expect(log).toContain('exit code 143. Ended from outside: something sent it SIGTERM; this runner did not.');
  });
});

describe.skipIf(!canMount)('a step that fails on a full disk', () => {
  it('says which file system is full, by space or by inodes', async () => {
    const [space, inodes] = [tinyDisk(1_000), tinyDisk(10)];
    if (!space || !inodes) throw new Error('cannot mount');
    onTestFinished(() => [space, inodes].forEach(unmount));
    const { log } = await jobs.run(`
    steps:
      - { name: Space, run: head -c 2000000 /dev/zero > file, working-directory: ${space}, continue-on-error: true }
      - { name: Inodes, run: 'for i in $(seq 20); do echo > $i; done', working-directory: ${inodes}, continue-on-error: true }
      - { name: Neither, run: exit 5 }
`);
    expect(log).toContain(`exit code 1. Disk full: the file system of ${space} has 0.0 of 1.0 MiB left.`);
    expect(log).toMatch(
      new RegExp(`exit code \\d\\. Disk full: the file system of ${inodes} has none of its 10 inodes left`),
    );
    expect(log).toMatch(/exit code 5\.\n/);
  });
});
