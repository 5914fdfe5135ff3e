import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dockerEngine, startDocker, type TestDocker } from '../support/docker.ts';
import { findProgram } from '../support/find-program.ts';
import { OfficialJobs, RENAMED_FOR_A_STEP, stepsOf } from './official-jobs.ts';
import { officialRunner } from './official-runner.ts';

const engine = dockerEngine();
const jobs = new OfficialJobs();

const HEALTH = `--health-cmd "bash -c 'echo > /dev/tcp/127.0.0.1/8000'" --health-interval 500ms`;

describe.skipIf(!officialRunner || !engine)('containers on the official runner', () => {
  let docker: TestDocker;
  let programs: string;
  let env: Record<string, string>;

  beforeAll(async () => {
    if (!engine) return;
    docker = await startDocker(engine);
    programs = await mkdtemp(join(tmpdir(), 'switchyard-docker-'));
    // This runner takes no image that it cannot pull, and no registry has the one of the tests.
    const text = `#!/bin/sh\ntest "$1" = pull && exec '${findProgram('docker')}' image inspect -f found "$2"\nexec '${findProgram('docker')}' "$@"\n`;
    await writeFile(join(programs, 'docker'), text, { mode: 0o755 });
    env = { ...docker.env, PATH: programs + delimiter + process.env.PATH };
  });
  afterAll(async () => {
    await docker?.close();
    if (programs) await rm(programs, { recursive: true });
  });

  /** Containers and networks that it marks as its own; other tests use other runners. */
  const left = (): string[] =>
    [
      docker.docker('ps', '-a', '--format', '{{.Names}} {{.Image}}'),
      docker.docker('network', 'ls', '--format', '{{.Name}}'),
    ]
      .join('\n')
      .split('\n')
      .filter((line) => line.includes('official'));

  it('SEM-14: a job in a container reaches its service by name, and JavaScript runs inside', async () => {
    await jobs.pushAction('me/inside', {
      'action.yml': 'name: Inside\nruns: { using: node20, main: main.js, post: post.js }\n',
      'main.js': 'console.log("main in", process.cwd(), process.env.HOME, process.env.GITHUB_SERVER_URL)',
      'post.js': 'console.log("post in", process.cwd())',
    });
    // The Node of a runner that was built here may be a link to the machine's, which the volume puts in its place.
    const { run, job, log } = await jobs.run(
      `    env: { LEVEL: job }
    container:
      image: '${docker.image}'
      env: { GREETING: hello }
      volumes: ['${process.execPath}:/usr/bin/node:ro']
    services:
      web:
        image: ${docker.image}
        volumes: ['${process.execPath}:/usr/bin/node:ro']
        entrypoint: node
        command: -e "setTimeout(() => require('http').createServer((q, r) => r.end('served')).listen(8000), 500)"
        options: ${HEALTH}
    steps:
      - { name: Look, run: 'pwd; echo "$GREETING $LEVEL $GITHUB_WORKSPACE \${{ job.container.id && 1 }}"; echo "made=it" >> "$GITHUB_OUTPUT"', id: look }
      - name: Ask
        shell: bash
        run: exec 3<> /dev/tcp/web/8000; printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3; tail -n 1 <&3; echo " and \${{ steps.look.outputs.made }}"
      - uses: me/inside@v1
        env: { NODE_OPTIONS: "${RENAMED_FOR_A_STEP}" }
`,
      env,
    );
    expect(run.conclusion, log).toBe('success');
    expect(stepsOf(job)).toEqual([
      'Initialize containers: success',
      'Look: success',
      'Ask: success',
      'Run me/inside@v1: success',
      'Post Run me/inside@v1: success',
      'Stop containers: success',
    ]);
    expect(log).toContain('/__w/app/app\nhello job /__w/app/app 1');
    expect(log).toContain('served and it');
    expect(log).toContain('main in /__w/app/app /github/home http://switchyard.localhost');
    expect(log).toContain('post in /__w/app/app');
    expect(left()).toEqual([]);
  });

  it('SEM-17.7, 17.8: Docker actions are built from their Dockerfile, or an image is one', async () => {
    const script = (text: string): string => `#!/bin/sh\n${text}\n`;
    await jobs.pushAction('me/build', {
      'action.yml': `name: Build
inputs: { word: { default: none } }
outputs: { said: { description: x } }
runs: { using: docker, image: Dockerfile, args: [main, '\${{ inputs.word }}'], env: { STAGE: manifest }, post-entrypoint: /post.sh }
`,
      Dockerfile: `FROM ${docker.image}\nCOPY *.sh /\nRUN chmod 755 /*.sh\nENTRYPOINT ["/main.sh"]\n`,
      'main.sh': script(
        'echo "$STAGE $PWD $*"; echo "said=$INPUT_WORD" >> "$GITHUB_OUTPUT"; echo kept=yes >> "$GITHUB_STATE"; echo made > made.txt',
      ),
      'post.sh': script('echo "post $STATE_kept"; cat made.txt'),
    });
    const { run, job, log } = await jobs.run(
      `    steps:
      - { id: build, uses: me/build@v1, with: { word: hello } }
      - run: echo "said \${{ steps.build.outputs.said }}"; cat made.txt
      - { name: Image, uses: 'docker://${docker.image}', with: { entrypoint: echo, args: from an image } }
`,
      env,
    );
    expect(run.conclusion, log).toBe('success');
    expect(stepsOf(job)).toEqual([
      `Pull ${docker.image}: success`,
      'Build me/build@v1: success',
      'Run me/build@v1: success',
      'Run echo "said hello"; cat made.txt: success',
      'Image: success',
      'Post Run me/build@v1: success',
    ]);
    expect(log).toContain('manifest /github/workspace main hello');
    expect(log).toContain('said hello\nmade');
    expect(log).toMatch(/^from an image$/m);
    expect(log).toContain('post yes\nmade');
  });
});
