import { describe, expect, it } from 'vitest';
import { type ContextData, fromContextData } from '../../src/protocol/runner/tokens.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { serversPerTest, TestServer } from '../support/server.ts';
import { call } from '../support/simulated-runner.ts';
import { waitFor } from '../support/wait.ts';

const { servers, start } = serversPerTest();

const ACTIONS = '/api/v3/repos/me/app/actions';
const STEPS = "steps: [{ run: 'true' }]";

let runners = 0;
/** Takes the next job, whatever it is, and ends it. */
const runNext = async (server: TestServer, conclusion = 'succeeded', outputs: Record<string, string> = {}) => {
  const values = Object.entries(outputs).map(([name, value]) => [name, { value }]);
  return (await server.runner(`box-${++runners}`)).runOne(conclusion, Object.fromEntries(values));
};

const context = (message: { contextData: Record<string, ContextData> }, name: string) =>
  fromContextData(message.contextData[name] ?? null);

const rerun = (server: TestServer, path = 'runs/1/rerun', body?: object) =>
  call<{ message?: string }>('POST', `${server.url}${ACTIONS}/${path}`, { token: server.token, json: body });

interface RestJob {
  id: number;
  name: string;
  conclusion: string | null;
  run_attempt: number;
}

async function restJobs(server: TestServer, path: string): Promise<Record<string, string>> {
  const { jobs } = await server.rest<{ jobs: RestJob[] }>('GET', `${ACTIONS}/${path}`);
  return Object.fromEntries(jobs.map((job) => [`${job.name} ${job.run_attempt}`, job.conclusion ?? 'open']));
}

async function jobId(server: TestServer, name: string): Promise<number> {
  const job = (await server.run(1)).jobs.find((candidate) => candidate.name === name);
  if (!job) throw new Error(`there is no job ${name}`);
  return job.id;
}

const CHAIN = `
on: push
jobs:
  build:
    runs-on: self-hosted
    outputs: { version: '\${{ steps.v.outputs.version }}' }
    steps: [{ id: v, run: 'true' }]
  lint: { runs-on: self-hosted, ${STEPS} }
  test: { needs: build, runs-on: self-hosted, ${STEPS} }
  deploy: { needs: [test, lint], runs-on: self-hosted, ${STEPS} }
`;

describe('a re-run', () => {
  it('is refused after fifty of them, of whatever kind, in GitHub’s status', async () => {
    const server = await start();
    await server.pushWorkflow(`on: push\njobs: { build: { runs-on: self-hosted, ${STEPS} } }`);
    const end = () => server.rest('POST', `${ACTIONS}/runs/1/force-cancel`);
    for (let count = 0; count < 50; count++) {
      await end();
      const path = ['runs/1/rerun', 'runs/1/rerun-failed-jobs', `jobs/${await jobId(server, 'build')}/rerun`][
        count % 3
      ];
      expect((await rerun(server, path)).status).toBe(201);
    }
    await end();
    const message = expect.stringContaining('re-run 50 times');
    expect(await rerun(server)).toMatchObject({ status: 403, body: { message } });
    expect(await rerun(server, `jobs/${await jobId(server, 'build')}/rerun`)).toMatchObject({
      status: 403,
      body: { message },
    });
    expect((await server.run(1)).attempt).toBe(51);
  });

  it('SEM-29.2: of all jobs is another attempt with the same number, commit, event and actor', async () => {
    const server = await start();
    await server.pushWorkflow(CHAIN);
    const before = await server.run(1);
    const first = await runNext(server);
    for (const _ of ['lint', 'test', 'deploy']) await runNext(server);
    expect((await rerun(server)).status).toBe(201);
    const { attempt, status, conclusion, completedAt, attempts, ...after } = await server.run(1);
    expect({ attempt, status, conclusion, completedAt }).toEqual({
      ...{ attempt: 2, status: 'queued', conclusion: null, completedAt: null },
    });
    for (const key of ['id', 'number', 'sha', 'ref', 'event', 'actor', 'title'] as const)
      expect(after[key]).toBe(before[key]);
    expect(attempts).toMatchObject([
      { attempt: 1, status: 'completed', conclusion: 'success' },
      { attempt: 2, status: 'queued' },
    ]);
    const again = await runNext(server);
    expect(context(again, 'github')).toMatchObject({ run_attempt: '2', run_id: '1', run_number: '1' });
    expect(again.plan.planId).not.toBe(first.plan.planId);
    for (const _ of ['lint', 'test', 'deploy']) await runNext(server);
    expect((await server.run(1)).conclusion).toBe('success');
  });

  it('SEM-29.1, 29.3, trap 28: of the failed jobs keeps what succeeded, with outputs, and runs what depends on them', async () => {
    const server = await start();
    await server.pushWorkflow(CHAIN);
    await runNext(server, 'succeeded', { version: '1.2.3' });
    await runNext(server);
    await runNext(server, 'failed');
    expect(await server.states(1)).toMatchObject({ test: 'failure', deploy: 'skipped' });
    await rerun(server, 'runs/1/rerun-failed-jobs');
    expect(await server.states(1)).toEqual({ build: 'success', lint: 'success', test: 'queued', deploy: 'pending' });
    const test = await runNext(server);
    expect(test.jobName).toBe('test');
    expect(context(test, 'needs')).toEqual({ build: { result: 'success', outputs: { version: '1.2.3' } } });
    expect((await runNext(server)).jobName).toBe('deploy');
    expect((await server.run(1)).conclusion).toBe('success');
    expect(await restJobs(server, 'runs/1/jobs')).toEqual({
      ...{ 'build 1': 'success', 'lint 1': 'success', 'test 2': 'success', 'deploy 2': 'success' },
    });
  });

  it('SEM-29.6: leaves every earlier attempt as it was, its jobs and their logs too', async () => {
    const server = await start();
    await server.pushWorkflow(CHAIN);
    await runNext(server);
    await runNext(server);
    await runNext(server, 'failed');
    const failedId = await jobId(server, 'test');
    await rerun(server, 'runs/1/rerun-failed-jobs');
    await runNext(server);
    await runNext(server);
    const first = { 'build 1': 'success', 'lint 1': 'success', 'test 1': 'failure', 'deploy 1': 'skipped' };
    expect(await restJobs(server, 'runs/1/attempts/1/jobs')).toEqual(first);
    expect(Object.keys(await restJobs(server, 'runs/1/jobs?filter=all'))).toHaveLength(6);
    const detail = await server.rest<{ attempt: number; conclusion: string; jobs: { id: number }[] }>(
      'GET',
      '/switchyard/v1/runs/1?attempt=1',
    );
    expect(detail).toMatchObject({ attempt: 1, conclusion: 'failure', status: 'completed' });
    expect(detail.jobs.map(({ id }) => id)).toContain(failedId);
    const one = await server.rest<Record<string, unknown>>('GET', `${ACTIONS}/runs/1/attempts/1`);
    const two = await server.rest<Record<string, unknown>>('GET', `${ACTIONS}/runs/1`);
    expect(one).toMatchObject({ run_attempt: 1, conclusion: 'failure', previous_attempt_url: null });
    expect(two).toMatchObject({ run_attempt: 2, conclusion: 'success', created_at: one.created_at });
    expect(two.previous_attempt_url).toBe(`${server.url}${ACTIONS}/runs/1/attempts/1`);
    expect((await call('GET', `${server.url}${ACTIONS}/runs/1/attempts/3`, { token: server.token })).status).toBe(404);
    expect((await call('GET', `${server.url}/switchyard/v1/runs/1?attempt=3`)).status).toBe(404);
  });

  it('SEM-29.1: of one job runs that and what depends on it, again and again', async () => {
    const server = await start();
    await server.pushWorkflow(CHAIN);
    for (const _ of ['build', 'lint', 'test', 'deploy']) await runNext(server);
    await rerun(server, `jobs/${await jobId(server, 'lint')}/rerun`);
    expect(await server.states(1)).toEqual({ build: 'success', test: 'success', lint: 'queued', deploy: 'pending' });
    for (const name of ['lint', 'deploy']) expect((await runNext(server)).jobName).toBe(name);
    await rerun(server, `jobs/${await jobId(server, 'deploy')}/rerun`);
    expect((await runNext(server)).jobName).toBe('deploy');
    const { attempt, attempts, jobs } = await server.run(1);
    expect([attempt, attempts.length]).toEqual([3, 3]);
    expect(Object.fromEntries(jobs.map((job) => [job.name, job.attempt]))).toEqual({
      ...{ build: 1, test: 1, lint: 2, deploy: 3 },
    });
  });

  it('loses nothing when the server restarts in the middle of it', async () => {
    const first = await start();
    await first.pushWorkflow(CHAIN);
    await runNext(first, 'succeeded', { version: '7' });
    await runNext(first, 'failed');
    await runNext(first);
    await rerun(first, 'runs/1/rerun-failed-jobs');
    const port = Number(new URL(first.url).port);
    await first.stop();
    const second = await TestServer.start({ port, dataFolder: first.folder });
    servers.splice(0, 1, second);
    expect((await runNext(second)).jobName).toBe('lint');
    expect((await runNext(second)).jobName).toBe('deploy');
    expect((await second.run(1)).conclusion).toBe('success');
  });

  it('SEM-29.1: of a cancelled run also begins what was skipped only because of that', async () => {
    const server = await start();
    await server.pushWorkflow(`
on: push
jobs:
  build: { if: always(), runs-on: self-hosted, ${STEPS} }
  test: { needs: build, runs-on: self-hosted, ${STEPS} }
  never: { needs: build, if: github.ref == 'refs/heads/other', runs-on: self-hosted, ${STEPS} }
`);
    await server.rest('POST', `${ACTIONS}/runs/1/cancel`);
    await runNext(server);
    expect(await server.states(1)).toEqual({ build: 'success', test: 'skipped', never: 'skipped' });
    await rerun(server, 'runs/1/rerun-failed-jobs');
    expect(await server.states(1)).toEqual({ build: 'success', never: 'skipped', test: 'queued' });
    await runNext(server);
    expect((await server.run(1)).conclusion).toBe('success');
  });

  it('SEM-29.5: with debug logging tells the runner so, for that attempt alone', async () => {
    const server = await start();
    await server.pushWorkflow(`on: push\njobs: { a: { runs-on: self-hosted, ${STEPS} } }`);
    const quiet = await runNext(server);
    await rerun(server, 'runs/1/rerun', { enable_debug_logging: true });
    const loud = await runNext(server);
    await rerun(server);
    const quietAgain = await runNext(server);
    for (const name of ['ACTIONS_STEP_DEBUG', 'ACTIONS_RUNNER_DEBUG']) {
      expect(loud.variables[name]).toEqual({ value: 'true' });
      for (const message of [quiet, quietAgain]) expect(message.variables[name]).toBeUndefined();
    }
  });

  it('SEM-8.9: joins its concurrency group as a newcomer', async () => {
    const server = await start();
    await server.pushWorkflow(`on: push\nconcurrency: g\njobs: { a: { runs-on: self-hosted, ${STEPS} } }`);
    await runNext(server);
    await server.pushWorkflow(`on: push\nconcurrency: g\njobs: { b: { runs-on: self-hosted, ${STEPS} } }`);
    await rerun(server);
    expect((await server.run(1)).status).toBe('pending');
    expect((await runNext(server)).jobName).toBe('b');
    expect((await runNext(server)).jobName).toBe('a');
    expect((await server.runs()).map(({ conclusion }) => conclusion)).toEqual(['success', 'success']);
  });

  it('SEM-29.7: asks the rules of environments again', async () => {
    const clock = new ManualClock(Date.now());
    const server = await start({ clock });
    await server.push({ 'README.md': 'x' });
    await server.rest('PUT', '/api/v3/repos/me/app/environments/prod', { wait_timer: 30 });
    await server.pushWorkflow(`on: push\njobs: { a: { environment: prod, runs-on: self-hosted, ${STEPS} } }`);
    expect(await server.states(1)).toEqual({ a: 'waiting' });
    clock.advance(30 * 60_000);
    await waitFor('the end of the timer', async () => (await server.states(1)).a === 'queued');
    await server.rest('POST', `${ACTIONS}/runs/1/cancel`);
    await rerun(server, 'runs/1/rerun-failed-jobs');
    expect(await server.states(1)).toEqual({ a: 'waiting' });
    clock.advance(30 * 60_000);
    await waitFor('the end of the timer', async () => (await server.states(1)).a === 'queued');
  });

  it('explains who began an attempt, and what it keeps', async () => {
    const server = await start();
    await server.pushWorkflow(CHAIN);
    await runNext(server, 'failed');
    await runNext(server);
    await rerun(server, 'runs/1/rerun-failed-jobs', { enable_debug_logging: true });
    const { history, jobs } = await server.explainRun(1);
    expect(history.map(({ text }) => text)).toEqual([
      'The event push was taken in.',
      'Started by push of refs/heads/main (admin).',
      'Attempt 1 ended with failure.',
      'Attempt 2 was begun by admin, with debug logging: 3 jobs run again, 1 is kept.',
    ]);
    const lint = jobs?.find(({ subject }) => subject.name === 'lint');
    expect(lint?.sentences).toContain('It ran in attempt 1 and is kept.');
  });
});

describe('a re-run of a matrix', () => {
  const MATRIX = `
on: push
jobs:
  test:
    runs-on: [self-hosted, '\${{ matrix.os }}']
    strategy: { fail-fast: false, max-parallel: 1, matrix: { os: [a, b, c] } }
    steps: [{ run: 'true' }]
  after: { needs: test, if: always(), runs-on: self-hosted, ${STEPS} }
`;
  const labels = ['self-hosted', 'a', 'b', 'c'];
  const next = async (server: TestServer, conclusion = 'succeeded') =>
    (await server.runner(`box-${++runners}`, labels)).runOne(conclusion);

  it('SEM-29.1: runs the failed combinations alone, within max-parallel, and what needs any of them', async () => {
    const server = await start();
    await server.pushWorkflow(MATRIX);
    for (const conclusion of ['failed', 'succeeded', 'failed', 'succeeded']) await next(server, conclusion);
    const after = await jobId(server, 'after');
    await rerun(server, 'runs/1/rerun-failed-jobs');
    const states = await server.states(1);
    expect(states).toMatchObject({ 'test (b)': 'success', after: 'pending' });
    expect([states['test (a)'], states['test (c)']]).toEqual(['queued', 'queued']);
    const explained = (await server.explainRun(1)).jobs?.map(({ sentences }) => sentences.join(' '));
    expect(explained?.filter((text) => text.includes('max-parallel'))).toHaveLength(1);
    const first = await next(server);
    expect(context(first, 'matrix')).toEqual({ os: 'a' });
    expect(context(first, 'strategy')).toMatchObject({ 'job-index': 0, 'job-total': 3, 'max-parallel': 1 });
    expect((await next(server)).jobDisplayName).toBe('test (c)');
    expect((await next(server)).jobName).toBe('after');
    expect(await jobId(server, 'after')).not.toBe(after);
    expect((await server.run(1)).conclusion).toBe('success');
  });

  it('SEM-29.1: runs one combination that is asked for', async () => {
    const server = await start();
    await server.pushWorkflow(MATRIX);
    for (const _ of ['a', 'b', 'c', 'after']) await next(server);
    await rerun(server, `jobs/${await jobId(server, 'test (b)')}/rerun`);
    expect((await next(server, 'failed')).jobDisplayName).toBe('test (b)');
    expect(context(await next(server), 'needs')).toMatchObject({ test: { result: 'failure' } });
    expect(await server.states(1)).toEqual({
      ...{ 'test (a)': 'success', 'test (b)': 'failure', 'test (c)': 'success', after: 'success' },
    });
  });

  it('SEM-29.6: lets a dynamic matrix expand differently when what it needs runs again', async () => {
    const server = await start();
    await server.pushWorkflow(`
on: push
jobs:
  plan:
    runs-on: self-hosted
    outputs: { list: '\${{ steps.l.outputs.list }}' }
    steps: [{ id: l, run: 'true' }]
  work:
    needs: plan
    runs-on: self-hosted
    strategy: { matrix: { n: '\${{ fromJSON(needs.plan.outputs.list) }}' } }
    steps: [{ run: 'true' }]
`);
    await runNext(server, 'succeeded', { list: '[1, 2]' });
    for (const _ of [1, 2]) await runNext(server);
    await rerun(server);
    await runNext(server, 'succeeded', { list: '[3]' });
    await runNext(server);
    expect(await server.states(1)).toEqual({ plan: 'success', 'work (3)': 'success' });
    expect(await restJobs(server, 'runs/1/attempts/1/jobs')).toEqual({
      ...{ 'plan 1': 'success', 'work (1) 1': 'success', 'work (2) 1': 'success' },
    });
  });
});

describe('a re-run of a called workflow', () => {
  const CALLEE = `
on: { workflow_call: { outputs: { url: { value: '\${{ jobs.upload.outputs.url }}' } } } }
jobs:
  pack: { runs-on: self-hosted, ${STEPS} }
  upload:
    needs: pack
    runs-on: self-hosted
    outputs: { url: '\${{ steps.u.outputs.url }}' }
    steps: [{ id: u, run: 'true' }]
`;
  const CALLER = `
on: push
jobs:
  ship: { uses: ./.github/workflows/deploy.yml }
  other: { runs-on: self-hosted, ${STEPS} }
  report: { needs: ship, runs-on: self-hosted, ${STEPS} }
`;
  const files = { '.github/workflows/ci.yml': CALLER, '.github/workflows/deploy.yml': CALLEE };

  /** `other`, then `pack`, then `upload`, which fails. */
  async function failedUpload(): Promise<TestServer> {
    const server = await start();
    await server.push(files);
    const took = [await runNext(server), await runNext(server), await runNext(server, 'failed')];
    expect(took.map(({ jobName }) => jobName)).toEqual(['other', 'pack', 'upload']);
    return server;
  }

  it('SEM-29.1, 29.3: keeps the called jobs that succeeded, and what the call gives to others is new', async () => {
    const server = await failedUpload();
    const shipId = await jobId(server, 'ship');
    await rerun(server, 'runs/1/rerun-failed-jobs');
    expect(await server.states(1)).toEqual({
      ...{
        ship: 'in_progress',
        other: 'success',
        'ship / pack': 'success',
        'ship / upload': 'queued',
        report: 'pending',
      },
    });
    await runNext(server, 'succeeded', { url: 'https://example.test' });
    const report = await runNext(server);
    expect(context(report, 'needs')).toEqual({ ship: { result: 'success', outputs: { url: 'https://example.test' } } });
    const { conclusion, jobs } = await server.run(1);
    expect(conclusion).toBe('success');
    expect(jobs.filter(({ parentId }) => parentId === shipId).map(({ name }) => name)).toEqual([
      ...['ship / pack', 'ship / upload'],
    ]);
  });

  it('SEM-29.6: shows the earlier attempt with its calls as they ended then', async () => {
    const server = await failedUpload();
    await rerun(server, 'runs/1/rerun-failed-jobs');
    await runNext(server);
    await runNext(server);
    const { jobs } = await server.rest<Awaited<ReturnType<TestServer['run']>>>(
      'GET',
      '/switchyard/v1/runs/1?attempt=1',
    );
    const ship = jobs.find(({ name }) => name === 'ship');
    expect(ship).toMatchObject({ attempt: 1, conclusion: 'failure' });
    expect(jobs.filter(({ parentId }) => parentId === ship?.id).map((job) => [job.name, job.conclusion])).toEqual([
      ['ship / pack', 'success'],
      ['ship / upload', 'failure'],
    ]);
    // GitHub's REST shows called jobs alone.
    const last = {
      'other 1': 'success',
      'ship / pack 1': 'success',
      'ship / upload 2': 'success',
      'report 2': 'success',
    };
    expect(await restJobs(server, 'runs/1/jobs')).toEqual(last);
    const first = {
      'other 1': 'success',
      'ship / pack 1': 'success',
      'ship / upload 1': 'failure',
      'report 1': 'skipped',
    };
    expect(await restJobs(server, 'runs/1/attempts/1/jobs')).toEqual(first);
    expect(await restJobs(server, 'runs/1/jobs?filter=all')).toEqual({ ...first, ...last });
  });

  it('SEM-29.1: makes everything that a call does anew when the call itself is asked for', async () => {
    const server = await failedUpload();
    await rerun(server, `jobs/${await jobId(server, 'ship')}/rerun`);
    for (const name of ['pack', 'upload', 'report']) expect((await runNext(server)).jobName).toBe(name);
    expect((await server.run(1)).conclusion).toBe('success');
  });

  it('ends the jobs of a call that is cancelled while it waits to be let in again', async () => {
    const server = await start();
    const grouped = CALLER.replace('ship: { uses', 'ship: { concurrency: harbour, uses');
    await server.push({ ...files, '.github/workflows/ci.yml': grouped });
    for (const conclusion of ['succeeded', 'succeeded', 'failed']) await runNext(server, conclusion);
    await server.pushWorkflow(`on: push\njobs: { b: { concurrency: harbour, runs-on: nobody, ${STEPS} } }`);
    await rerun(server, 'runs/1/rerun-failed-jobs');
    expect(await server.states(1)).toMatchObject({ ship: 'pending', 'ship / upload': 'pending' });
    await server.rest('POST', `${ACTIONS}/runs/1/cancel`);
    expect(await server.states(1)).toEqual({
      ...{
        ship: 'cancelled',
        other: 'success',
        'ship / pack': 'success',
        'ship / upload': 'cancelled',
        report: 'skipped',
      },
    });
    expect((await server.run(1)).conclusion).toBe('cancelled');
  });

  it('SEM-29.4: of all jobs resolves a branch again, of some keeps the file that the first attempt had', async () => {
    const server = await start();
    const lib = (job: string) => `on: workflow_call\njobs: { ${job}: { runs-on: self-hosted, ${STEPS} } }`;
    const library = { '.github/workflows/lib.yml': lib('one') };
    await server.push(library, { repository: 'me/lib' });
    await server.pushWorkflow('on: push\njobs: { call: { uses: me/lib/.github/workflows/lib.yml@main } }');
    await runNext(server, 'failed');
    await server.push({ '.github/workflows/lib.yml': lib('two') }, { repository: 'me/lib' });
    await rerun(server, 'runs/1/rerun-failed-jobs');
    expect((await runNext(server, 'failed')).jobName).toBe('one');
    await rerun(server);
    expect((await runNext(server)).jobName).toBe('two');
    expect(await server.states(1)).toEqual({ call: 'success', 'call / two': 'success' });
  });

  it('SEM-29.4: is refused, and nothing changes, when a called file cannot be had any more', async () => {
    const server = await start();
    const text = `on: workflow_call\njobs: { a: { runs-on: self-hosted, ${STEPS} } }`;
    await server.push({ '.github/workflows/lib.yml': text }, { repository: 'me/lib' });
    await server.pushWorkflow('on: push\njobs: { call: { uses: me/lib/.github/workflows/lib.yml@main } }');
    await runNext(server);
    await server.push({ 'README.md': 'nothing left' }, { repository: 'me/lib' });
    const { status, body } = await rerun(server);
    expect(status).toBe(422);
    expect(body.message).toContain('me/lib has no file .github/workflows/lib.yml at main');
    expect(await server.run(1)).toMatchObject({ attempt: 1, status: 'completed', conclusion: 'success' });
  });
});

describe('a re-run is refused', () => {
  const ONE = `on: push\njobs: { a: { runs-on: self-hosted, ${STEPS} } }`;

  it('SEM-29.1: while the run goes on, in the words and with the status of GitHub', async () => {
    const server = await start();
    await server.pushWorkflow(ONE);
    expect(await rerun(server)).toMatchObject({ status: 403, body: { message: 'This workflow is already running' } });
    expect(await rerun(server, `jobs/${await jobId(server, 'a')}/rerun`)).toMatchObject({
      ...{ status: 403, body: { message: 'The workflow run containing this job is already running' } },
    });
  });

  it('SEM-29.1: from thirty days after the first attempt', async () => {
    const clock = new ManualClock(Date.now());
    const server = await start({ clock });
    await server.pushWorkflow(ONE);
    await runNext(server);
    const day = 24 * 60 * 60 * 1000;
    clock.advance(29 * day);
    expect((await rerun(server)).status).toBe(201);
    await server.rest('POST', `${ACTIONS}/runs/1/cancel`);
    clock.advance(day + 60_000);
    expect(await rerun(server)).toMatchObject({
      status: 403,
      body: { message: 'Unable to retry this workflow run because it was created over a month ago' },
    });
  });

  it('when no job failed, when the file had errors, and for a job of an earlier attempt', async () => {
    const server = await start();
    await server.pushWorkflow(ONE);
    await runNext(server);
    expect(await rerun(server, 'runs/1/rerun-failed-jobs')).toMatchObject({
      ...{ status: 403, body: { message: 'No job of the run failed.' } },
    });
    const id = await jobId(server, 'a');
    await rerun(server);
    await runNext(server);
    expect((await rerun(server, `jobs/${id}/rerun`)).body.message).toContain('not part of the latest attempt');
    await server.pushWorkflow('on: push\njobs: { a: { needs: nobody, runs-on: x } }');
    expect(await rerun(server, 'runs/2/rerun')).toMatchObject({
      ...{ status: 403, body: { message: 'This workflow run cannot be retried' } },
    });
    expect((await rerun(server, 'runs/9/rerun')).status).toBe(404);
    expect((await rerun(server, 'jobs/99/rerun')).status).toBe(404);
  });

  it('when its concurrency group cannot be told any more, and nothing changes', async () => {
    const server = await start();
    const variables = `${ACTIONS}/variables`;
    await server.push({ 'README.md': 'x' });
    await server.rest('POST', variables, { name: 'GROUP', value: 'g' });
    await server.pushWorkflow(
      `on: push\nconcurrency: '\${{ vars.GROUP }}'\njobs: { a: { runs-on: self-hosted, ${STEPS} } }`,
    );
    await runNext(server);
    await server.rest('DELETE', `${variables}/GROUP`);
    expect((await rerun(server)).status).toBe(422);
    expect(await server.run(1)).toMatchObject({ attempt: 1, status: 'completed', conclusion: 'success' });
  });
});

it('takes a request that names a content type and has no body, as gh sends it', async () => {
  const server = await start();
  await server.pushWorkflow(CHAIN);
  const post = (path: string) =>
    fetch(`${server.url}${ACTIONS}/runs/1/${path}`, {
      method: 'POST',
      headers: { authorization: `token ${server.token}`, 'content-type': 'application/json; charset=utf-8' },
    });
  expect((await post('cancel')).status).toBe(202);
  expect((await post('rerun')).status).toBe(201);
});

it('our own API begins an attempt and answers with the run', async () => {
  const server = await start();
  await server.pushWorkflow(CHAIN);
  await runNext(server, 'failed');
  await runNext(server);
  const post = (json: object) =>
    call<Record<string, unknown>>('POST', `${server.url}/switchyard/v1/runs/1/rerun`, { token: server.token, json });
  expect((await post({ jobs: 'some' })).status).toBe(422);
  expect(await post({ jobs: 'failed' })).toMatchObject({
    status: 201,
    body: { id: 1, attempt: 2, triggeringActor: 'admin' },
  });
  expect((await post({ jobs: 'all' })).body).toMatchObject({ code: 'cannot-rerun' });
});
