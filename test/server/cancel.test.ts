import { describe, expect, it } from 'vitest';
import type { RunnerList } from '../../src/protocol/dashboard/index.ts';
import type { BrokerMessage, JobRequestBody } from '../../src/protocol/runner/broker.ts';
import type { JobMessage } from '../../src/protocol/runner/job-message.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { serversPerTest, type TestServer } from '../support/server.ts';
import { call, type SimulatedRunner } from '../support/simulated-runner.ts';
import { waitFor } from '../support/wait.ts';

const { start } = serversPerTest();

const ACTIONS = '/api/v3/repos/me/app/actions';
const JOB = "runs-on: self-hosted, steps: [{ run: 'true' }]";

const post = (server: TestServer, path: string) =>
  call<{ message?: string }>('POST', `${server.url}${ACTIONS}/${path}`, { token: server.token });

const cancel = (server: TestServer) => post(server, 'runs/1/cancel');
const forceCancel = (server: TestServer) => post(server, 'runs/1/force-cancel');

async function take(runner: SimulatedRunner): Promise<JobMessage> {
  return (await runner.acquire(await runner.waitForJob())).body;
}

/** A busy poll that the server has; it resolves to nothing when it is stopped. */
async function parkPoll(server: TestServer, runner: SimulatedRunner) {
  const since = new Date().toISOString();
  const controller = new AbortController();
  const message: Promise<BrokerMessage | undefined> = runner.poll('Busy', controller.signal).then(
    ({ body }) => body,
    () => undefined,
  );
  await waitFor('the poll', async () => {
    const { runners } = await server.rest<RunnerList>('GET', '/switchyard/v1/runners');
    return runners.some(({ name, lastSeenAt }) => name === runner.name && (lastSeenAt ?? '') >= since);
  });
  // What the server had to look up for the poll comes before this.
  await server.runs();
  return { message, stop: () => controller.abort() };
}

describe('cancelling a run', () => {
  it('SEM-28.1: leaves a running job alone whose condition holds for a cancelled run too', async () => {
    const server = await start();
    const [first, second] = [await server.runner('box-1'), await server.runner('box-2')];
    await server.pushWorkflow(`on: push\njobs:\n  stop: { ${JOB} }\n  stay: { if: always(), ${JOB} }`);
    const messages = [await take(first), await take(second)];
    const polls = [await parkPoll(server, first), await parkPoll(server, second)];
    await cancel(server);
    const told = await polls[0]?.message;
    expect(JSON.parse(told?.body ?? '{}')).toMatchObject({ jobId: messages[0]?.jobId });
    expect(messages.map(({ jobName }) => jobName)).toEqual(['stop', 'stay']);
    polls[1]?.stop();
    expect(await polls[1]?.message).toBeUndefined();
    await first.complete(messages[0] as JobMessage, { conclusion: 'canceled' });
    expect((await server.run(1)).status).toBe('in_progress');
    await second.complete(messages[1] as JobMessage);
    expect(await server.states(1)).toEqual({ stop: 'cancelled', stay: 'success' });
    expect((await server.run(1)).conclusion).toBe('cancelled');
  });

  it('SEM-9.10: ends what is queued, held or blocked, and lets go on what asks for it', async () => {
    const server = await start();
    await server.pushWorkflow(`
on: push
jobs:
  queued: { ${JOB} }
  held: { strategy: { max-parallel: 1, matrix: { n: [1, 2] } }, ${JOB} }
  blocked: { needs: queued, ${JOB} }
  clean: { needs: queued, if: cancelled(), ${JOB} }
  tell: { needs: [blocked], if: failure() || cancelled(), ${JOB} }
  asked: { if: always(), ${JOB} }
`);
    await cancel(server);
    expect(await server.states(1)).toEqual({
      ...{ queued: 'cancelled', 'held (1)': 'cancelled', 'held (2)': 'cancelled', blocked: 'skipped' },
      ...{ clean: 'queued', tell: 'queued', asked: 'queued' },
    });
    const reasons = (await server.explainRun(1)).jobs?.map(({ sentences }) => sentences[0]);
    expect(reasons).toContain('Cancelled by admin.');
    for (const name of ['box-1', 'box-2', 'box-3']) await (await server.runner(name)).runOne();
    expect((await server.run(1)).conclusion).toBe('cancelled');
  });

  it('SEM-8.7, 9.10: ends a job that waits for its concurrency group, and a run that does', async () => {
    const server = await start();
    await server.pushWorkflow(`on: push\njobs:\n  one: { concurrency: g, ${JOB} }\n  two: { concurrency: g, ${JOB} }`);
    expect(await server.states(1)).toEqual({ one: 'queued', two: 'pending' });
    await cancel(server);
    expect(await server.states(1)).toEqual({ one: 'cancelled', two: 'cancelled' });
    const grouped = `on: push\nconcurrency: h\njobs: { a: { ${JOB} }, b: { needs: a, if: always(), ${JOB} } }`;
    for (const message of ['Holds', 'Waits']) await server.pushWorkflow(grouped, { message });
    expect((await server.run(3)).status).toBe('pending');
    await post(server, 'runs/3/cancel');
    expect(await server.states(3)).toEqual({ a: 'cancelled', b: 'cancelled' });
    expect((await server.run(3)).conclusion).toBe('cancelled');
  });

  it('SEM-9.10: ends a job that waits for the rules of its environment', async () => {
    const server = await start();
    await server.push({ 'README.md': 'x' });
    await server.rest('PUT', '/api/v3/repos/me/app/environments/prod', { wait_timer: 30 });
    await server.pushWorkflow(`on: push\njobs:\n  deploy: { environment: prod, ${JOB} }`);
    expect(await server.states(1)).toEqual({ deploy: 'waiting' });
    await cancel(server);
    expect(await server.states(1)).toEqual({ deploy: 'cancelled' });
    expect((await server.run(1)).conclusion).toBe('cancelled');
  });

  it('SEM-28.1: asks each job of a called workflow for itself', async () => {
    const server = await start();
    await server.push({
      '.github/workflows/ci.yml': 'on: push\njobs: { call: { uses: ./.github/workflows/lib.yml } }',
      '.github/workflows/lib.yml': `on: workflow_call\njobs:\n  plain: { ${JOB} }\n  asked: { if: always(), ${JOB} }\n  after: { needs: plain, if: cancelled(), ${JOB} }`,
    });
    await cancel(server);
    expect(await server.states(1)).toEqual({
      ...{ call: 'in_progress', 'call / plain': 'cancelled', 'call / asked': 'queued', 'call / after': 'queued' },
    });
    for (const name of ['box-1', 'box-2']) await (await server.runner(name)).runOne();
    expect(await server.states(1)).toMatchObject({ call: 'cancelled' });
    expect((await server.run(1)).conclusion).toBe('cancelled');
  });

  it('SEM-28.4: closes a job whose runner does not end it within its cancel time-out', async () => {
    const clock = new ManualClock(Date.now());
    const server = await start({ clock, leaseMs: 60 * 60_000 });
    const runner = await server.runner('box-1');
    await server.pushWorkflow(`on: push\njobs: { slow: { cancel-timeout-minutes: 2, ${JOB} } }`);
    const message = await take(runner);
    await cancel(server);
    const { body } = await runner.poll('Busy');
    expect(JSON.parse(body.body)).toEqual({ jobId: message.jobId, timeout: '00:02:00' });
    // The runner's listener has killed the worker by then.
    clock.advance(2 * 60_000 + 14_000);
    expect(await server.states(1)).toEqual({ slow: 'in_progress' });
    clock.advance(1_000);
    const [job] = await waitFor('the end of the job', async () => {
      const { jobs } = await server.run(1);
      return jobs[0]?.status === 'completed' && jobs;
    });
    expect(job).toMatchObject({
      conclusion: 'cancelled',
      reason: 'Cancelled; the runner box-1 did not finish within 2 minutes.',
    });
    expect((await runner.complete(message)).status).toBe(404);
  });

  it('SEM-28.1: keeps to the time-out of the first request when it is asked again', async () => {
    const clock = new ManualClock(Date.now());
    const server = await start({ clock, leaseMs: 60 * 60_000 });
    const runner = await server.runner('box-1');
    await server.pushWorkflow(`on: push\njobs: { slow: { cancel-timeout-minutes: 1, ${JOB} } }`);
    await take(runner);
    await cancel(server);
    clock.advance(60_000);
    expect((await cancel(server)).status).toBe(202);
    clock.advance(15_000);
    await waitFor('the end of the run', async () => (await server.run(1)).status === 'completed');
    expect((await cancel(server)).body.message).toBe('Cannot cancel a workflow run that is completed.');
  });
});

describe('force-cancelling a run (SEM-28.6)', () => {
  const EVERYTHING = `
on: push
jobs:
  running: { if: always(), ${JOB} }
  queued: { if: always(), runs-on: nobody, steps: [{ run: 'true' }] }
  blocked: { needs: running, if: always(), ${JOB} }
  call: { uses: ./.github/workflows/lib.yml }
`;
  const LIB = `on: workflow_call\njobs: { inner: { if: always(), runs-on: nobody, steps: [{ run: 'true' }] } }`;
  const files = { '.github/workflows/ci.yml': EVERYTHING, '.github/workflows/lib.yml': LIB };

  it('ends every job at once, whatever its condition says, and records who did it', async () => {
    const server = await start();
    const runner = await server.runner('box-1');
    await server.push(files);
    await take(runner);
    await cancel(server);
    expect((await server.run(1)).status).toBe('in_progress');
    expect((await forceCancel(server)).status).toBe(202);
    expect(new Set(Object.values(await server.states(1)))).toEqual(new Set(['cancelled']));
    const { conclusion, status, jobs } = await server.run(1);
    expect({ conclusion, status }).toEqual({ conclusion: 'cancelled', status: 'completed' });
    expect(jobs).toHaveLength(5);
    for (const { reason } of jobs) expect(reason).toMatch(/^Force-cancelled by admin: /);
    expect((await forceCancel(server)).status).toBe(409);
  });

  it('tells a runner whose poll is parked, refuses its renewals and its report, and lets it go', async () => {
    const server = await start();
    const runner = await server.runner('box-1');
    await server.pushWorkflow(`on: push\njobs: { a: { ${JOB} } }`);
    const message = await take(runner);
    const poll = await parkPoll(server, runner);
    await forceCancel(server);
    const told = await poll.message;
    expect(told?.messageType).toBe('JobCancellation');
    expect(JSON.parse(told?.body ?? '{}')).toMatchObject({ jobId: message.jobId });
    expect((await runner.renew(message)).status).toBe(404);
    expect((await runner.complete(message)).status).toBe(404);
    expect(await server.states(1)).toEqual({ a: 'cancelled' });
    // An ephemeral runner had its one job.
    expect((await runner.poll()).body).toMatchObject({ errorKind: 'RunnerNotFound' });
  });

  it('says nothing to a runner about a job that ended by itself', async () => {
    const server = await start();
    const runner = await server.runner('box-1');
    await server.pushWorkflow(`on: push\njobs: { a: { ${JOB} }, b: { ${JOB} } }`);
    const offer: JobRequestBody = await runner.waitForJob();
    const { body: message } = await runner.acquire(offer);
    const poll = await parkPoll(server, runner);
    await runner.complete(message);
    await forceCancel(server);
    poll.stop();
    expect(await poll.message).toBeUndefined();
    expect(await server.states(1)).toEqual({ a: 'success', b: 'cancelled' });
  });

  it('frees a concurrency group for the next at once', async () => {
    const server = await start();
    const runner = await server.runner('box-1');
    const grouped = `on: push\nconcurrency: g\njobs: { a: { if: always(), ${JOB} } }`;
    await server.pushWorkflow(grouped);
    await take(runner);
    await server.pushWorkflow(grouped, { message: 'Next' });
    await forceCancel(server);
    expect((await server.run(2)).status).toBe('queued');
    await (await server.runner('box-2')).runOne();
    expect((await server.run(2)).conclusion).toBe('success');
  });
});
