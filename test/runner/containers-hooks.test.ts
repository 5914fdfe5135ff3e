import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ContainerJobs, engine } from './container-jobs.ts';

const jobs = new ContainerJobs();

describe.skipIf(!engine)('container hooks', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'switchyard-hooks-'));
    copyFileSync(join(import.meta.dirname, 'container-hook.cjs'), join(folder, 'index.js'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** The runner itself is shown an engine that is none: whatever needs Docker goes through the hooks. */
  const start = (hook = join(folder, 'index.js')): Promise<unknown> =>
    jobs.startRunner({
      env: {
        ACTIONS_RUNNER_CONTAINER_HOOKS: hook,
        DOCKER_HOST: 'unix:///nowhere.sock',
        HOOK_DOCKER_HOST: `unix://${jobs.docker.socket}`,
        HOOK_RECORD: join(folder, 'record'),
      },
    });
  const record = (): { command: string; args: Record<string, unknown>; state: { ids?: string[] } }[] =>
    readFileSync(join(folder, 'record'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
  const isGone = (): void => {
    const ids = record().at(-1)?.state.ids ?? [];
    expect(ids).toHaveLength(2);
    for (const id of ids) expect(jobs.docker.docker('ps', '-aq', '--no-trunc')).not.toContain(id);
  };

  it('make the job’s container and its services, run its steps and Docker actions, and clean up', async () => {
    const { image } = jobs.docker;
    await jobs.server.push(
      {
        'action.yml': 'name: x\nruns: { using: node20, main: main.js, post: post.js }',
        'main.js': 'console.log("action in", process.cwd(), __dirname, process.argv[0])',
        'post.js': 'console.log("post ran")',
      },
      { repository: 'me/greet', ref: 'refs/tags/v1' },
    );
    await jobs.push(`
    container:
      image: ${image}
      env: { LEVEL: high }
      options: --cpus 1 --label "a b"
      volumes: ['named:/kept:ro']
      ports: ['80']
      credentials: { username: me, password: word }
    services:
      idle: { image: '${image}', entrypoint: sleep, command: '600' }
    steps:
      - id: first
        run: |
          echo "level $LEVEL in $(pwd) of $GITHUB_WORKSPACE, home $HOME"
          echo "made=it" >> "$GITHUB_OUTPUT"; echo "LATER=x y" >> "$GITHUB_ENV"; echo "$RUNNER_TEMP/bin" >> "$GITHUB_PATH"
          mkdir -p "$RUNNER_TEMP/bin"; echo 'echo tool ran' > "$RUNNER_TEMP/bin/tool"; chmod +x "$RUNNER_TEMP/bin/tool"
      - { shell: bash, run: 'tool; echo "$LATER \${{ steps.first.outputs.made }} [\${{ job.services.idle.ports[''80''] }}]"; echo here > file' }
      - uses: me/greet@v1
      - { uses: 'docker://${image}', with: { entrypoint: sh, args: -c 'cat file; echo "in an action $LATER"' } }
      - { name: Fails, run: exit 7, continue-on-error: true }
`);
    await start();
    const { conclusion, log, steps } = await jobs.outcome();
    expect(conclusion, log).toBe('success');
    expect(steps.slice(0, 3)).toEqual([
      'Set up job: success',
      'Initialize containers: success',
      expect.stringMatching(/^Run echo "level/),
    ]);
    expect(log).toMatch(/^hook prepares$/m);
    expect(log).not.toContain('preparing');
    expect(log).toContain('level high in /__w/app/app of /__w/app/app, home /github/home');
    expect(log).toContain('tool ran\nx y it [8080]');
    expect(log).toMatch(/action in \/__w\/app\/app \/__w\/_actions\/me\/greet\/v1 \/__e\//);
    expect(log).toContain('here\nin an action x y');
    expect(log).toContain('Process completed with exit code 7.');
    expect(log).toContain('post ran');
    const calls = record();
    expect(calls.map(({ command }) => command)).toEqual([
      'prepare_job',
      ...['run_script_step', 'run_script_step', 'run_script_step', 'run_container_step'],
      ...['run_script_step', 'run_script_step', 'cleanup_job'],
    ]);
    expect(calls[0]?.args.container).toMatchObject({
      image,
      createOptions: "--cpus 1 --label 'a b'",
      entryPoint: 'tail',
      userMountVolumes: [{ sourceVolumePath: 'named', targetVolumePath: '/kept', readOnly: true }],
      portMappings: ['80'],
      registry: { username: 'me', password: 'word', serverUrl: '127.0.0.1:9' },
      workingDirectory: '/__w/app/app',
    });
    expect(calls[0]?.args.services).toMatchObject([
      { contextName: 'idle', entryPoint: 'sleep', entryPointArgs: ['600'] },
    ]);
    isGone();
  });

  it('SEM-28.2: are asked to clean up after a cancellation too', async () => {
    await jobs.push(`
    container: ${jobs.docker.image}
    services: { idle: { image: '${jobs.docker.image}', entrypoint: sleep, command: '600' } }
    steps:
      - run: echo waiting; sleep 600
`);
    await start();
    await jobs.logged('waiting\n');
    const run = await jobs.newestRun();
    await jobs.server.rest('POST', `/api/v3/repos/me/app/actions/runs/${run?.id}/cancel`);
    expect((await jobs.outcome()).conclusion).toBe('cancelled');
    isGone();
  });

  it.each([
    ['exit 3', 'ended prepare_job with exit code 3'],
    [
      'grep -o "/[^\\"]*hook_responses[^\\"]*" | xargs sh -c \'echo "{}" > $0\'',
      'did not answer prepare_job with isAlpine',
    ],
    [
      'grep -o "/[^\\"]*hook_responses[^\\"]*" | xargs sh -c \'echo "[" > $0\'',
      'The answer of the container hook to prepare_job',
    ],
  ])('fail the job with a sentence when the script is %j', async (script, sentence) => {
    writeFileSync(join(folder, 'index.sh'), script);
    await jobs.push(`    container: ${jobs.docker.image}\n    steps: [{ run: 'true' }]\n`);
    await start(join(folder, 'index.sh'));
    const { conclusion, log, steps } = await jobs.outcome();
    expect(conclusion).toBe('failure');
    expect(steps[1]).toBe('Initialize containers: failure');
    expect(log).toContain(sentence);
  });
});

describe('ACTIONS_RUNNER_REQUIRE_JOB_CONTAINER', () => {
  const plain = new ContainerJobs({ withDocker: false });

  it('runner-protocol 11.7: refuses a job without a container of its own', async () => {
    await plain.push('    steps: [{ run: echo never }]\n');
    await plain.startRunner({ env: { ACTIONS_RUNNER_REQUIRE_JOB_CONTAINER: 'true' } });
    const { conclusion, log } = await plain.outcome();
    expect(conclusion).toBe('failure');
    expect(log).toContain('##[error]This runner only takes jobs that have a container of their own.');
  });
});
