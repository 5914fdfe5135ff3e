import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { jobMessage, type ScriptedJob, StandInServer } from '../support/stand-in-server.ts';
import { type RunnerProcess, startRunner } from './runner-process.ts';

let server: StandInServer;
let runner: RunnerProcess | undefined;

beforeEach(async () => {
  server = new StandInServer();
  await server.start();
});

afterEach(async () => {
  await runner?.close();
  await server.stop();
  expect(server.violations).toEqual([]);
});

/** Runs one job on an ephemeral runner to its end. */
async function runJob(job: ScriptedJob, env: Record<string, string> = {}) {
  runner = startRunner(server.jitConfig(), { env });
  server.offer(jobMessage(server, job));
  expect(await runner.exited, runner.output()).toBe(0);
  const [completion] = server.completions;
  if (!completion || server.completions.length !== 1) throw new Error(`completed ${server.completions.length} times`);
  const conclusions = completion.stepResults?.map(({ name, conclusion }) => `${name}: ${conclusion}`);
  return { completion, conclusions };
}

describe('a job', () => {
  it('runs green, reports every step, and ends an ephemeral runner', async () => {
    const { completion, conclusions } = await runJob({
      env: { GREETING: 'hello' },
      steps: [
        { name: 'Say hello', run: 'echo "$GREETING from $RUNNER_NAME on $GITHUB_REF_NAME"; pwd' },
        {
          name: 'Check',
          run: 'test "$CI" = true && test "$GITHUB_ACTIONS" = true && test -z "$GITHUB_TOKEN" && test -f "$GITHUB_EVENT_PATH"',
        },
      ],
    });
    expect(completion.conclusion).toBe('succeeded');
    expect(conclusions).toEqual([
      'Set up job: succeeded',
      'Say hello: succeeded',
      'Check: succeeded',
      'Complete job: succeeded',
    ]);
    expect(server.stepLog('Say hello')).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z ##\[group\]Run echo/);
    expect(server.stepLog('Say hello')).toContain('Z hello from runner-7 on main\n');
    expect(server.stepLog('Say hello')).toContain('/_work/r/r\n');
    expect(server.stepLog('Complete job')).toMatch(/^\S+Z Cleaning up orphan processes\n$/);
    expect(server.jobLog()).toContain('hello from runner-7 on main');
    expect([...server.steps.values()].map(({ status, conclusion }) => [status, conclusion])).toEqual(
      Array.from({ length: 4 }, () => [6, 2]),
    );
    expect(server.sessionDeleted).toBe(true);
    expect(runner?.output()).toContain('Job build completed with result: Succeeded');
  });

  it('skips steps after a failure, runs always() and failure() ones, and fails (SEM-19)', async () => {
    const { completion, conclusions } = await runJob({
      steps: [
        { name: 'tolerated', id: 'soft', run: 'exit 3', continueOnError: true },
        { name: 'fails', id: 'hard', run: 'echo "::error file=a.ts,line=3::broken"; exit 7' },
        { name: 'skipped', run: 'echo never' },
        {
          name: 'on failure',
          run: 'echo seen',
          if: "failure() && steps.soft.outcome == 'failure' && steps.soft.conclusion == 'success'",
        },
        { name: 'always', run: 'echo done', if: 'always()' },
      ],
    });
    expect(completion.conclusion).toBe('failed');
    expect(conclusions?.slice(1, -1)).toEqual([
      'tolerated: succeeded',
      'fails: failed',
      'skipped: skipped',
      'on failure: succeeded',
      'always: succeeded',
    ]);
    expect(server.stepLog('fails')).toContain('##[error]Process completed with exit code 7.');
    expect(server.stepLog('skipped')).toMatch(
      /^\S+Z Skipped because its condition `success\(\)` was false: "fails" ended with failure\.\n$/,
    );
    const annotations = completion.stepResults?.find(({ name }) => name === 'fails')?.annotations;
    expect(annotations?.[0]).toMatchObject({ level: 'failure', message: 'broken', path: 'a.ts', startLine: 3 });
  });

  it('writes into the log of a skipped step its condition with the values that it saw, secrets masked (SEM-9.6)', async () => {
    const { completion, conclusions } = await runJob({
      secrets: { TOKEN: 'correct horse' },
      env: { GIVEN: 'correct horse' },
      steps: [
        {
          name: 'not here',
          run: 'echo never',
          if: "github.ref == 'refs/heads/release' && env.GIVEN",
        },
        { name: 'no failure', run: 'echo never', if: 'failure()' },
      ],
    });
    expect(completion.conclusion).toBe('succeeded');
    expect(conclusions?.slice(1, -1)).toEqual(['not here: skipped', 'no failure: skipped']);
    expect(server.stepLog('not here')).toMatch(
      /^\S+Z Skipped because its condition `.*` was false: github\.ref is "refs\/heads\/main", env\.GIVEN is "\*\*\*"\.\n$/,
    );
    expect(server.stepLog('no failure')).toContain('Z Skipped because its condition `failure()` was false.\n');
    expect(completion.stepResults?.map(({ completed_log_lines }) => completed_log_lines).slice(1, -1)).toEqual([1, 1]);
  });

  it('passes outputs, env, path and summary by files, and drops an output that holds a secret', async () => {
    const { completion } = await runJob({
      secrets: { PASSWORD: 'correct horse' },
      steps: [
        {
          id: 'first',
          name: 'writes',
          run: [
            'echo "version=1.2.3" >> "$GITHUB_OUTPUT"',
            'printf "notes<<END\\none\\ntwo\\nEND\\n" >> "$GITHUB_OUTPUT"',
            'echo "COLOR=blue" >> "$GITHUB_ENV"',
            'mkdir -p tools && printf "#!/bin/sh\\necho tool ran\\n" > tools/mytool && chmod +x tools/mytool && echo "$PWD/tools" >> "$GITHUB_PATH"',
            'echo "# Hello correct horse" >> "$GITHUB_STEP_SUMMARY"',
            'echo "leak=correct horse" >> "$GITHUB_OUTPUT"',
          ].join('\n'),
        },
        { name: 'reads', run: 'mytool; echo "color $COLOR"; echo "the password is correct horse"' },
        // Long enough for the live console to be opened.
        { name: 'lasts', run: 'sleep 0.6' },
      ],
      outputs: {
        version: 'steps.first.outputs.version',
        notes: 'steps.first.outputs.notes',
        leak: 'steps.first.outputs.leak',
        none: 'steps.first.outputs.none',
      },
    });
    expect(completion.conclusion).toBe('succeeded');
    expect(completion.outputs).toEqual({ version: { value: '1.2.3' }, notes: { value: 'one\ntwo' } });
    const log = server.stepLog('reads');
    expect(log).toContain('tool ran');
    expect(log).toContain('color blue');
    expect(log).toContain('the password is ***');
    expect(log).toContain('COLOR: blue');
    expect(server.jobLog()).not.toContain('correct horse');
    expect(server.feedText()).toContain('the password is ***');
    expect(server.feedText()).not.toContain('correct horse');
    const summary = [...server.blobs].find(([name]) => name.startsWith('summary-'))?.[1].content;
    expect(summary).toBe('# Hello ***\n');
    expect(server.stepLog('Complete job')).toContain("Skip output 'leak' since it may contain secret.");
  });

  it('runs python, sh and custom shells, and honours working-directory', async () => {
    const { conclusions } = await runJob({
      steps: [
        { name: 'python', shell: 'python3 {0}', run: 'print("six", 2 * 3)' },
        { name: 'sh', shell: 'sh', run: 'mkdir -p sub/deep && echo sh' },
        { name: 'pipefail', shell: 'bash', run: 'false | true' },
        { name: 'no pipefail', run: 'false | true', if: 'always()', workingDirectory: 'sub/deep' },
        { name: 'missing folder', run: 'true', workingDirectory: 'nowhere', if: 'always()' },
        { name: 'unknown shell', run: 'true', shell: 'fish', if: 'always()' },
      ],
    });
    expect(conclusions?.slice(1, -1)).toEqual([
      'python: succeeded',
      'sh: succeeded',
      'pipefail: failed',
      'no pipefail: succeeded',
      'missing folder: failed',
      'unknown shell: failed',
    ]);
    expect(server.stepLog('missing folder')).toMatch(/working directory .*nowhere does not exist/);
    expect(server.stepLog('unknown shell')).toContain("Invalid shell option 'fish'");
  });

  it('fails in "Set up job" when it needs a container and there is no Docker', async () => {
    const job = {
      container: 'alpine:3',
      steps: [
        { name: 'node', run: 'true' },
        { name: 'run', run: 'touch /tmp/never' },
      ],
    };
    const { completion, conclusions } = await runJob(job, { DOCKER_HOST: 'unix:///nowhere/docker.sock' });
    expect(completion.conclusion).toBe('failed');
    expect(conclusions).toEqual(['Set up job: failed', 'node: skipped', 'run: skipped', 'Complete job: succeeded']);
    expect(server.stepLog('Set up job')).toMatch(
      /The Docker engine at unix:\/\/\/nowhere\/docker.sock does not answer|docker is not on the PATH/,
    );
  });

  it('stops a step at its time-out and goes on as after a failure (SEM-19.4)', async () => {
    const { completion, conclusions } = await runJob({
      steps: [
        { name: 'slow', run: 'sleep 600', timeoutInMinutes: 0.005 },
        { name: 'after', run: 'echo after', if: 'failure()' },
      ],
    });
    expect(completion.conclusion).toBe('failed');
    expect(conclusions?.slice(1, -1)).toEqual(['slow: failed', 'after: succeeded']);
    expect(server.stepLog('slow')).toContain('has timed out after 0.005 minutes');
  });

  it('uploads a log of many blocks whole and in order', async () => {
    const { completion } = await runJob({ steps: [{ name: 'chatty', run: 'seq 1 120000' }] });
    expect(completion.conclusion).toBe('succeeded');
    const lines = server
      .stepLog('chatty')
      .trimEnd()
      .split('\n')
      .map((line) => line.slice(29))
      .filter((line) => /^\d+$/.test(line));
    expect(lines).toHaveLength(120_000);
    expect(lines.every((line, index) => line === `${index + 1}`)).toBe(true);
    const blob = [...server.blobs.values()].find(({ content }) => content.includes(' 120000\n'));
    expect(blob).toMatchObject({ type: 'AppendBlob', sealed: true });
  });

  it('kills what a step left running and says so (SEM-15.5)', async () => {
    // Until it is named after the last of the three programs.
    const run =
      'nohup setsid sleep 4711.25 >/dev/null 2>&1 &\nuntil grep -qs sleep /proc/$!/comm; do :; done\necho started';
    const { completion } = await runJob({ steps: [{ name: 'leaves', run }] });
    expect(completion.conclusion).toBe('succeeded');
    expect(server.stepLog('Complete job')).toMatch(/Terminate orphan process: pid \(\d+\) \(sleep\)/);
  });
});

describe('the built-in checkout', () => {
  it('checks out the commit of the run, hands on credentials for the job and removes them', async () => {
    const probe = startRunner(server.jitConfig());
    await probe.close();
    const git = (cwd: string, ...args: string[]) =>
      execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@e', ...args], { cwd })
        .toString()
        .trim();
    runner = startRunner(server.jitConfig());
    const origin = join(runner.root, 'origin', 'o', 'r');
    execFileSync('git', ['init', '-q', '-b', 'main', origin]);
    execFileSync('sh', ['-c', 'echo one > file'], { cwd: origin });
    git(origin, 'add', '.');
    git(origin, 'commit', '-qm', 'one');
    const sha = git(origin, 'rev-parse', 'HEAD');
    git(origin, 'tag', 'v1');
    execFileSync('sh', ['-c', 'echo two > file'], { cwd: origin });
    git(origin, 'commit', '-qam', 'two');
    git(origin, 'config', 'uploadpack.allowAnySHA1InWant', 'true');
    server.offer(
      jobMessage(server, {
        github: { sha, server_url: `file://${join(runner.root, 'origin')}` },
        steps: [
          { id: 'co', name: 'checkout', uses: 'actions/checkout@v4' },
          {
            name: 'look',
            run: 'cat file; git rev-parse --abbrev-ref HEAD; git log --oneline | wc -l; cat .git/config',
          },
          {
            name: 'again',
            uses: 'actions/checkout@v3',
            with: { ref: 'v1', 'fetch-depth': '0', path: 'sub', 'persist-credentials': 'false' },
          },
          { name: 'look again', run: 'cd sub; cat file; git tag; grep -c extraheader .git/config || true' },
        ],
        outputs: { commit: 'steps.co.outputs.commit', ref: 'steps.co.outputs.ref' },
      }),
    );
    expect(await runner.exited, runner.output()).toBe(0);
    expect(server.completions[0]?.conclusion, server.jobLog()).toBe('succeeded');
    expect(server.completions[0]?.outputs).toEqual({ commit: { value: sha }, ref: { value: 'refs/heads/main' } });
    expect(server.stepLog('checkout')).toContain("answered by Switchyard's built-in checkout");
    const look = server
      .stepLog('look')
      .split('\n')
      .map((line) => line.slice(29));
    expect(look).toEqual(expect.arrayContaining(['one', 'main', '1']));
    expect(look.join('\n')).toMatch(/extraheader = AUTHORIZATION: basic \*\*\*/);
    expect(server.stepLog('look again')).toMatch(/Z one\n.*Z v1\n.*Z 0\n/);
    const names = server.completions[0]?.stepResults?.map(({ name }) => name);
    expect(names?.slice(-3)).toEqual(['Post again', 'Post checkout', 'Complete job']);
    const config = join(runner.root, '_work/r/r/.git/config');
    expect(existsSync(config)).toBe(true);
    expect(readFileSync(config, 'utf8')).not.toContain('extraheader');
  });

  it('can be turned off', async () => {
    const { completion } = await runJob(
      { steps: [{ name: 'checkout', uses: 'actions/checkout@v4' }] },
      { SWITCHYARD_BUILT_IN_CHECKOUT: 'false' },
    );
    expect(completion.conclusion).toBe('failed');
    expect(server.stepLog('Set up job')).toContain('actions/checkout@v4');
  });
});
