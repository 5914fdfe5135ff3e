import { describe, expect, it } from 'vitest';
import { ContainerJobs, engine } from './container-jobs.ts';

const jobs = new ContainerJobs();

const show = 'echo "$STAGE $PWD [$INPUT_PLACE] $GITHUB_WORKSPACE $HOME $RUNNER_TEMP $LEVEL $0 $*"';

describe.skipIf(!engine)('Docker actions', () => {
  it('SEM-17.7: are built before the steps, and get inputs, args, env, state and paths, with stages before and after', async () => {
    const manifest = `
name: Build
inputs: { place: { default: '\${{ github.workspace }}/sub' }, words: { default: "a 'b' \\"c\\"" } }
outputs: { said: { description: x } }
runs:
  using: docker
  image: Dockerfile
  args: [main, '\${{ inputs.words }}', '']
  env: { LEVEL: 'from \${{ inputs.place }}', STAGE: manifest }
  pre-entrypoint: /pre.sh
  post-entrypoint: /post.sh
`;
    const script = (text: string): string => `#!/bin/sh\n${text}\n`;
    await jobs.server.push(
      {
        'action.yml': manifest,
        Dockerfile: `FROM ${jobs.docker.image}\nCOPY *.sh /\nRUN chmod 755 /*.sh\nENV STAGE=image\nENTRYPOINT ["/main.sh"]\n`,
        'pre.sh': script('echo "pre $*"; echo kept=yes >> "$GITHUB_STATE"'),
        'main.sh': script(`${show}; echo "said=hello" >> "$GITHUB_OUTPUT"; echo made > made.txt; echo "args $#"`),
        'post.sh': script('echo "post $STATE_kept"; cat /github/workspace/made.txt'),
      },
      { repository: 'me/build', ref: 'refs/tags/v1' },
    );
    const { conclusion, log, steps } = await jobs.run(
      `
    steps:
      - uses: actions/checkout@v4
      - { id: build, uses: me/build@v1, env: { LEVEL: step } }
      - run: echo "said \${{ steps.build.outputs.said }}"; cat made.txt
      - { uses: me/build@v1, with: { place: elsewhere } }
      - { name: Local, uses: ./local, with: { args: "one 'two three'" } }
`,
      {
        'local/Dockerfile': `FROM ${jobs.docker.image}\nENTRYPOINT ["echo", "local says"]\n`,
      },
    );
    expect(conclusion, log).toBe('success');
    expect(steps).toEqual([
      'Set up job: success',
      'Build me/build@v1: success',
      'Pre Run me/build@v1: success',
      'Pre Run me/build@v1: success',
      'Run actions/checkout@v4: success',
      'Run me/build@v1: success',
      'Run echo "said hello"; cat made.txt: success',
      'Run me/build@v1: success',
      'Local: success',
      'Post Run me/build@v1: success',
      'Post Run me/build@v1: success',
      'Post Run actions/checkout@v4: success',
      'Complete job: success',
    ]);
    expect(log).toContain(`pre main a 'b' "c"`);
    expect(log).toContain(
      `manifest /github/workspace [/github/workspace/sub] /github/workspace /github/home /github/runner_temp step /main.sh main a 'b' "c"`,
    );
    expect(log).toContain('args 3');
    expect(log).toContain('[elsewhere] /github/workspace /github/home /github/runner_temp from elsewhere');
    expect(log).toContain('said hello\nmade');
    expect(log).toContain('local says one two three');
    expect(log).toContain('post yes\nmade');
    expect(jobs.left()).toEqual([]);
  });

  it('SEM-17.8: an image is an action, also beside a job’s container and its services', async () => {
    const { conclusion, log, steps } = await jobs.run(`
    container: ${jobs.docker.image}
    services:
      web:
        image: ${jobs.docker.image}
        volumes: ['${process.execPath}:/usr/bin/node:ro']
        entrypoint: node
        command: -e "require('http').createServer((q, r) => r.end('from the service\\n')).listen(8000)"
        options: --health-cmd "bash -c 'echo > /dev/tcp/127.0.0.1/8000'" --health-interval 200ms
    env: { TOKEN: secret of the env }
    steps:
      - { run: mkdir sub; echo inside > sub/file; echo "PATH_OF=$GITHUB_WORKSPACE/sub" >> "$GITHUB_ENV" }
      - uses: docker://${jobs.docker.image}
        with: { entrypoint: bash, args: -c "${'exec 3<> /dev/tcp/web/8000; printf \\"GET / HTTP/1.0\\r\\n\\r\\n\\" >&3; tail -n 1 <&3'}" }
      - uses: docker://${jobs.docker.image}
        with: { args: sh -c 'cat $PATH_OF/file; echo "$PATH_OF $TOKEN $UNKNOWN"; echo "NEXT=$INPUT_MORE" >> $GITHUB_ENV', more: m }
      - { run: 'echo "next $NEXT"' }
      - { uses: 'docker://${jobs.docker.image}', with: { args: sh -c 'exit 9' } }
`);
    expect(conclusion, log).toBe('failure');
    expect(steps.slice(0, 3)).toEqual([
      'Set up job: success',
      `Pull ${jobs.docker.image}: success`,
      'Initialize containers: success',
    ]);
    expect(log).toContain('from the service');
    expect(log).toContain('inside\n/github/workspace/sub secret of the env');
    expect(log).toContain('next m');
    expect(log).toContain('##[error]Process completed with exit code 9.');
    expect(jobs.left()).toEqual([]);
  });

  it('fails before the steps when its image cannot be had or built', async () => {
    const { conclusion, log, steps } = await jobs.run(
      `
    steps:
      - { name: Pulled, uses: 'docker://switchyard-test-none@sha256:zz' }
`,
    );
    expect(conclusion).toBe('failure');
    expect(steps).toEqual([
      'Set up job: success',
      'Pull switchyard-test-none@sha256:zz: failure',
      'Pulled: skipped',
      'Complete job: success',
    ]);
    expect(log).toContain('##[error]The image switchyard-test-none@sha256:zz cannot be pulled');
  });

  it('SEM-28.5: a cancelled one is signalled, and its container is gone', async () => {
    await jobs.push(`
    steps:
      - uses: docker://${jobs.docker.image}
        with: { args: bash -c "trap 'echo got INT' INT; trap 'echo got TERM' TERM; echo waiting; while true; do sleep 0.1; done" }
      - { if: always(), run: 'echo "left [$(docker ps -q --filter label=switchyard.job=$RUNNER_TRACKING_ID)]"' }
`);
    await jobs.startRunner();
    await jobs.logged('waiting\n');
    const run = await jobs.newestRun();
    await jobs.server.rest('POST', `/api/v3/repos/me/app/actions/runs/${run?.id}/cancel`);
    const { conclusion, log } = await jobs.outcome();
    expect(conclusion, log).toBe('cancelled');
    expect(log).toContain('got INT\ngot TERM');
    expect(log).toContain('left []');
    expect(jobs.left()).toEqual([]);
  });
});
