/**
 * Two runners in containers on one engine, with the same paths inside, that run container jobs with services side by side:
 * where the official runner's clean-up made "exit code 137" of each other's jobs.
 */
import { expect } from 'vitest';
import { waitFor } from '../support/wait.ts';
import { ContainedRunner, WORK_INSIDE } from './contained-runner.ts';
import type { ContainerJobs } from './container-jobs.ts';

/** Every job marks its workspace and its service, waits until the other has done so too, and finds only its own marks. */
const workflow = (image: string): string => `
on: push
jobs:
  side:
    strategy: { fail-fast: false, matrix: { side: [left, right] } }
    runs-on: [self-hosted, '\${{ matrix.side }}']
    container: ${image}
    services:
      web:
        image: ${image}
        volumes: ['${process.execPath}:/usr/bin/node:ro']
        entrypoint: node
        command: -e "require('http').createServer((q, r) => r.end('\${{ matrix.side }} \${{ github.run_id }}')).listen(8000)"
        options: --health-cmd "bash -c 'echo > /dev/tcp/127.0.0.1/8000'" --health-interval 200ms
    steps:
      - run: test ! -e mark; echo "\${{ matrix.side }} \${{ github.run_id }}" > mark; pwd
      - name: Ask
        shell: bash
        run: |
          for i in 1 2 3 4 5; do
            exec 3<> /dev/tcp/web/8000; printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3
            test "$(tail -n 1 <&3)" = "$(cat mark)"
            sleep 0.1
          done
      - run: test "$(cat mark)" = "\${{ matrix.side }} \${{ github.run_id }}"; rm mark
`;

/** Runs so many rounds; every job must succeed, and nothing be left of any. */
export async function runSideBySide(jobs: ContainerJobs, rounds: number): Promise<void> {
  const { docker, image, socket } = jobs.docker;
  const runners: ContainedRunner[] = [];
  try {
    await jobs.server.push({ README: 'x' }, { ref: 'none' });
    for (const side of ['left', 'right']) {
      const path = '/api/v3/repos/me/app/actions/runners/registration-token';
      const { token } = await jobs.server.rest<{ token: string }>('POST', path);
      const registration = { url: `${jobs.server.url}/me/app`, token, name: side, labels: [side] };
      const volumes = [`${socket}:/var/run/docker.sock`, `WORK:${WORK_INSIDE}`];
      runners.push(new ContainedRunner(jobs.docker, { registration, volumes }));
    }
    let seen = 0;
    for (let round = 1; round <= rounds; round++) {
      await jobs.server.push({ '.github/workflows/ci.yml': workflow(image), round: String(round) });
      const run = await waitFor(
        `round ${round}`,
        async () => {
          const newest = await jobs.newestRun();
          seen = Math.max(seen, marked(docker, runners).length);
          return newest?.number === round && newest.status === 'completed' && newest;
        },
        60_000,
        100,
      );
      const logs = await Promise.all(run.jobs.map((job) => jobs.log(job)));
      expect(run.conclusion, `round ${round}: ${logs.join('\n')}`).toBe('success');
      for (const log of logs) expect(log).toMatch(/^\/__w\/app\/app$/m);
    }
    expect(marked(docker, runners)).toEqual([]);
    // Two jobs at once have two containers and a network each: the look was not for something that is never there.
    expect(seen).toBeGreaterThan(3);
  } catch (error) {
    throw new Error(runners.map((runner) => runner.output()).join('\n'), { cause: error });
  } finally {
    for (const runner of runners) runner.close();
  }
}

/** Leases of all containers, networks and images that these runners have made: they name the runner's container. */
function marked(docker: (...args: string[]) => string, runners: ContainedRunner[]): string[] {
  const format = ['--format', '{{.Label "switchyard.lease"}}'];
  const leases = [docker('ps', '-a', ...format), docker('network', 'ls', ...format)].join('\n').split('\n');
  return leases.filter((lease) => runners.some(({ id }) => lease.includes(id)));
}
