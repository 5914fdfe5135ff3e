import { describe, expect, it } from 'vitest';
import { waitFor } from '../support/wait.ts';
import { ContainerJobs, engine } from './container-jobs.ts';
import { workerOf } from './runner-process.ts';

const jobs = new ContainerJobs();

/** Id of the first container of the job, once its step runs. */
async function containerOf(job: string): Promise<string> {
  await jobs.push(job);
  await jobs.startRunner();
  await jobs.logged('waiting\n');
  const first = jobs.containers().at(-1);
  if (first === undefined) throw new Error('no container');
  return first;
}

/** Grows until the kernel ends it. */
const GROW = 'x=$(printf %1000000s x); while true; do x="$x$x"; done';

const limited = (): string => `
    container: { image: '${jobs.docker.image}', options: --memory 48m --memory-swap 48m --tmpfs /tiny:size=1m }
    services:
      big: { image: '${jobs.docker.image}', options: --memory 24m --memory-swap 24m, entrypoint: bash, command: -c '${GROW}' }
    steps:
      - { name: Fill, run: cat /dev/zero > /tiny/file, continue-on-error: true, working-directory: /tiny }
      - { name: Grow, shell: bash, run: '${GROW}', continue-on-error: true }
      - { name: Shot, run: sh -c 'kill -9 $$', continue-on-error: true }
      - { name: Wait, run: echo waiting; sleep 600 }
`;

describe.skipIf(!engine)('exit code 137', () => {
  it('is told as out of memory, as a kill inside, or as a container that somebody removed, also of services', async () => {
    const id = await containerOf(limited());
    jobs.docker.docker('rm', '-f', id);
    const { conclusion, log } = await jobs.outcome();
    expect(conclusion).toBe('failure');
    expect(log).toMatch(/exit code 137. Out of memory: the limit of the container is 48 MiB, its peak \d\d MiB./);
    expect(log).toMatch(/exit code 137. The process was killed with signal 9, by another process of the container/);
    expect(log).toContain('exit code 1. Disk full: the file system of /tiny in the container has 0.0 of 1.0 MiB left.');
    expect(log).toMatch(/##\[warning\]The service 'big' ended before the job did. Out of memory: .* is 24 MiB/);
    expect(log).toMatch(/exit code 137. Killed from outside: .*signal 9 at \d{4}-/);
    expect(jobs.left()).toEqual([]);
  });

  it('is told of a container that a Docker command stopped, also in the steps after it', async () => {
    const id = await containerOf(`
    container: ${jobs.docker.image}
    steps:
      - { name: Wait, run: echo waiting; sleep 600, continue-on-error: true }
      - { name: After, run: 'true' }
`);
    jobs.docker.docker('stop', '-t', '0', id);
    const { log } = await jobs.outcome();
    const sentence = /Killed from outside: a Docker command sent the container signal (9|15) at/g;
    expect(log.match(sentence), log).toHaveLength(2);
    expect(jobs.left()).toEqual([]);
  });

  it('is told of a Docker action whose process somebody killed on the machine', async () => {
    const id = await containerOf(`
    steps:
      - uses: docker://${jobs.docker.image}
        with: { args: sh -c 'echo waiting; sleep 600' }
`);
    process.kill(Number(jobs.docker.docker('inspect', '-f', '{{.State.Pid}}', id)), 'SIGKILL');
    const { log } = await jobs.outcome();
    expect(log).toMatch(/Process completed with exit code 137. The container was ended by signal 9, though no Docker/);
    expect(jobs.left()).toEqual([]);
  });
});

describe.skipIf(!engine)('a job whose processes die', () => {
  const waits = (): string => `
    container: ${jobs.docker.image}
    services: { idle: { image: '${jobs.docker.image}', entrypoint: sleep, command: '600' } }
    steps:
      - run: echo waiting; sleep 600
`;

  it('leaves no container when its worker is killed: the listener removes them', async () => {
    await containerOf(waits());
    expect(jobs.left()).toHaveLength(3);
    const [runner] = jobs.runners;
    if (!runner) throw new Error('no runner');
    process.kill(workerOf(runner.child), 'SIGKILL');
    const { conclusion } = await jobs.outcome();
    expect(conclusion).toBe('failure');
    expect(await runner.exited).toBe(0);
    expect(jobs.left()).toEqual([]);
  });

  it('SEM-14.3, 32.31: leaves them when the whole runner is killed, to the next runner, which touches nothing of those that live', async () => {
    await containerOf(waits());
    // Counted before: any runner of the engine may remove them afterwards.
    const dead = jobs.containers();
    expect(dead).toHaveLength(2);
    const [runner] = jobs.runners;
    if (!runner) throw new Error('no runner');
    const worker = workerOf(runner.child);
    for (const pid of [runner.child.pid ?? 0, worker]) process.kill(pid, 'SIGKILL');
    await runner.exited;
    // What a runner elsewhere has, of which nothing can be known here, and what nobody has marked.
    const { docker, image } = jobs.docker;
    const foreign = docker('run', '-d', '--label', 'switchyard.lease=process/other/b/1/1/1', image, 'sleep', '600');
    const plain = docker('run', '-d', image, 'sleep', '600');
    try {
      await jobs.push(`
    container: ${image}
    steps:
      - run: echo second
`);
      await jobs.startRunner();
      await jobs.logged('second\n');
      await waitFor('the second run', async () => (await jobs.newestRun())?.status === 'completed');
      expect(jobs.left()).toEqual([]);
      const running = docker('ps', '-q', '--no-trunc').split('\n');
      expect(running).toContain(foreign);
      expect(running).toContain(plain);
      for (const id of dead) expect(running).not.toContain(id);
    } finally {
      docker('rm', '-f', foreign, plain);
    }
  });
});
