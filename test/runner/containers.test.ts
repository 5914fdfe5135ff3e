import { describe, expect, it } from 'vitest';
import { ContainerJobs, engine } from './container-jobs.ts';

const jobs = new ContainerJobs();

describe.skipIf(!engine)('a job in a container', () => {
  it('SEM-14.4 to 14.6, 14.10: runs its steps inside, with its paths, its PATH and sh', async () => {
    const { conclusion, steps, log } = await jobs.run(`
    container:
      image: ${jobs.docker.image}
      env: { GREETING: hello, MULTI: "one\\ntwo" }
    env: { FROM_JOB: a b, DOCKER_HOST: 'tcp://nowhere:1' }
    outputs: { id: '\${{ job.container.id }}' }
    steps:
      - name: Look
        run: |
          pwd; readlink /proc/$$/exe
          echo "$GREETING [$MULTI] $FROM_JOB $DOCKER_HOST $HOME $GITHUB_WORKSPACE \${{ github.workspace }} $RUNNER_TEMP $CI"
          cat "$GITHUB_EVENT_PATH" | head -1; test -S /var/run/docker.sock
      - name: Write
        id: write
        run: |
          mkdir -p "$RUNNER_TEMP/bin"; echo 'echo tool ran' > "$RUNNER_TEMP/bin/tool"; chmod +x "$RUNNER_TEMP/bin/tool"
          echo "$RUNNER_TEMP/bin" >> "$GITHUB_PATH"; echo "LATER=x y" >> "$GITHUB_ENV"; echo "made=it" >> "$GITHUB_OUTPUT"
          echo '# Summary' >> "$GITHUB_STEP_SUMMARY"; echo content > hashed.txt
      - { name: Use, shell: bash, run: 'tool; echo "$LATER \${{ steps.write.outputs.made }} $PATH"' }
      - { name: Hash, run: 'echo "hash \${{ hashFiles(''hashed.txt'') }}"' }
      - { name: Fail, run: exit 7, continue-on-error: true, working-directory: /tmp }
`);
    expect(conclusion, log).toBe('success');
    expect(steps).toEqual([
      'Set up job: success',
      'Initialize containers: success',
      'Look: success',
      'Write: success',
      'Use: success',
      'Hash: success',
      'Fail: success',
      'Stop containers: success',
      'Complete job: success',
    ]);
    expect(log).toMatch(/^\/__w\/app\/app$/m);
    expect(log).toMatch(/^\/usr\/bin\/sh$/m);
    expect(log).toContain(
      'hello [one\ntwo] a b tcp://nowhere:1 /github/home /__w/app/app /__w/app/app /__w/_temp true',
    );
    expect(log).toContain('tool ran\nx y it /__w/_temp/bin:/usr/local/bin:/usr/bin:/bin');
    expect(log).toMatch(/^hash [0-9a-f]{64}$/m);
    expect(log).toContain('cannot be reached; the image that this machine has is used');
    expect(log).toContain('Process completed with exit code 7.');
    expect(jobs.left()).toEqual([]);
  });

  it('SEM-14.11, 17.5: runs JavaScript and composite actions on the runner’s Node', async () => {
    const main = `const fs = require('node:fs');
      console.log(process.argv[0], process.cwd(), __dirname, process.env['INPUT_WITH-DASH'], process.env.GITHUB_ACTION_PATH);
      fs.appendFileSync(process.env.GITHUB_OUTPUT, 'said=' + process.env.INPUT_WHO + '\\n');
      fs.appendFileSync(process.env.GITHUB_STATE, 'kept=yes\\n');`;
    await jobs.server.push(
      {
        'action.yml':
          'name: x\ninputs: { who: { default: "${{ github.workspace }}" }, with-dash: { default: "1" } }\nruns: { using: node20, pre: pre.js, main: main.js, post: post.js }',
        'pre.js': 'console.log("pre", process.env.HOME)',
        'main.js': main,
        'post.js': 'console.log("post", process.env.STATE_kept)',
      },
      { repository: 'me/greet', ref: 'refs/tags/v1' },
    );
    const { conclusion, log, steps } = await jobs.run(
      `
    container: ${jobs.docker.image}
    steps:
      - uses: actions/checkout@v4
      - { id: greet, uses: me/greet@v1 }
      - run: echo "said \${{ steps.greet.outputs.said }}"; cat README
      - uses: ./local
`,
      {
        README: 'read me\n',
        'local/action.yml':
          'name: y\nruns:\n  using: composite\n  steps:\n    - run: echo "in $GITHUB_ACTION_PATH ${{ github.action_path }}"\n      shell: sh\n    - uses: me/greet@v1\n',
      },
    );
    expect(conclusion, log).toBe('success');
    expect(steps.slice(1, 3)).toEqual(['Initialize containers: success', 'Pre Run me/greet@v1: success']);
    expect(log).toContain('pre /github/home');
    expect(log).toContain('/__e/own/bin/node /__w/app/app /__w/_actions/me/greet/v1 1 /__w/_actions/me/greet/v1');
    expect(log).toContain('said /__w/app/app\nread me');
    expect(log).toContain('in /__w/app/app/local /__w/app/app/local');
    expect(log).toContain('post yes');
    expect(jobs.left()).toEqual([]);
  });

  it('runs nothing on the machine when its container does not start', async () => {
    const { conclusion, log, steps } = await jobs.run(`
    container: { image: '${jobs.docker.image}', options: --memory 1b }
    steps:
      - { name: Never, run: echo never-$((40 + 2)) }
      - { name: Always, if: always(), run: echo never-$((40 + 2)) }
`);
    expect(conclusion).toBe('failure');
    expect(steps).toEqual([
      'Set up job: success',
      'Initialize containers: failure',
      'Never: skipped',
      'Always: failure',
      'Stop containers: success',
      'Complete job: success',
    ]);
    expect(log).toMatch(/##\[error\]docker create failed with exit code 1: .*memory/i);
    expect(log).toContain('##[error]The container of the job does not run.');
    expect(log).not.toContain('never-42');
    expect(jobs.left()).toEqual([]);
  });

  it('SEM-28.2, 28.5: stops a step inside with the signals of a step on the machine, and leaves nothing of it', async () => {
    await jobs.push(`
    container: ${jobs.docker.image}
    steps:
      - name: Limited
        timeout-minutes: 0.05
        continue-on-error: true
        shell: bash
        run: (trap '' INT TERM; sleep 1001) & trap 'echo got TERM' TERM; trap '' INT; sleep 1002 & wait
      - { name: Look, run: 'for p in /proc/[0-9]*; do echo "process $(tr "\\0" " " < $p/cmdline)"; done' }
      - name: Cancelled
        shell: bash
        run: trap 'echo got INT; exit 9' INT; echo waiting; sleep 1003 & wait
      - { name: Always, if: always(), run: 'echo still inside $(pwd); for p in /proc/[0-9]*; do echo "later $(tr "\\0" " " < $p/cmdline)"; done' }
`);
    await jobs.startRunner();
    await jobs.logged('waiting\n');
    const run = await jobs.newestRun();
    await jobs.server.rest('POST', `/api/v3/repos/me/app/actions/runs/${run?.id}/cancel`);
    const { conclusion, log, steps } = await jobs.outcome();
    expect(conclusion, log).toBe('cancelled');
    expect(steps.slice(2, 6)).toEqual(['Limited: success', 'Look: success', 'Cancelled: cancelled', 'Always: success']);
    expect(log).toContain('got TERM');
    expect(log).toMatch(/^process .*tail/m);
    expect(log).not.toMatch(/^process .*sleep 100/m);
    expect(log).toContain('got INT');
    expect(log).toContain('still inside /__w/app/app');
    expect(log).not.toMatch(/^later .*sleep 100/m);
    expect(jobs.left()).toEqual([]);
  });

  it('is given the limits of the operator, with its services and Docker actions, unless its options name others', async () => {
    const { image } = jobs.docker;
    await jobs.push(`
    container: { image: '${image}', options: --memory 100m }
    services: { idle: { image: '${image}', entrypoint: sleep, command: '600' } }
    steps:
      - run: echo waiting; until [ -e go ]; do sleep 0.1; done
      - { uses: 'docker://${image}', with: { args: sh -c 'cat /sys/fs/cgroup/pids/pids.max /sys/fs/cgroup/pids.max 2>/dev/null | head -1' } }
`);
    await jobs.startRunner({ env: { SWITCHYARD_CONTAINER_MEMORY: '50Mi', SWITCHYARD_CONTAINER_PIDS: '123' } });
    await jobs.logged('waiting\n');
    const [service = '', own = ''] = jobs.containers();
    const limits = '{{.HostConfig.Memory}} {{.HostConfig.PidsLimit}}';
    expect(jobs.docker.docker('inspect', '-f', limits, service)).toBe(`${50 * 1024 * 1024} 123`);
    expect(jobs.docker.docker('inspect', '-f', limits, own)).toBe(`${100 * 1024 * 1024} 123`);
    jobs.docker.docker('exec', own, 'touch', '/__w/app/app/go');
    const { conclusion, log } = await jobs.outcome();
    expect(conclusion, log).toBe('success');
    expect(log).toMatch(/^123$/m);
  });
});
