import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { STEPS_UPDATE_PATH, StepStatusCode } from '../../src/protocol/runner/constants.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { serversPerTest, TestServer } from '../support/server.ts';
import { call, connectionOf } from '../support/simulated-runner.ts';
import { waitFor } from '../support/wait.ts';

const { servers, start } = serversPerTest();

const ONE_JOB = `
on: push
jobs:
  build:
    runs-on: [self-hosted, Linux]
    steps: [{ run: echo hello }]
`;

const RUNNERS = '/api/v3/enterprises/switchyard/actions/runners';

const CHAIN = `
on: push
jobs:
  build:
    runs-on: self-hosted
    outputs: { version: '\${{ steps.v.outputs.version }}' }
    steps: [{ id: v, run: 'true' }]
  test:
    needs: build
    runs-on: self-hosted
    steps: [{ run: 'echo \${{ needs.build.outputs.version }}' }]
  report:
    needs: test
    if: always()
    runs-on: self-hosted
    steps: [{ run: 'true' }]
  deploy:
    needs: test
    runs-on: self-hosted
    steps: [{ run: 'true' }]
`;

describe('the life of a job', () => {
  it('SEM-5.1, 13.6: goes from a push over a parked poll to a concluded run', async () => {
    const server = await start();
    const runner = await server.runner('box-1');
    const running = runner.runOne();
    const said = await server.pushWorkflow(ONE_JOB, { message: 'Say hello' });
    expect(said).toContain(`#1 started  ${server.url}/runs/1`);
    const message = await running;
    expect(message.jobName).toBe('build');
    const run = await waitFor('the run', async () => {
      const [newest] = await server.runs();
      return newest?.status === 'completed' && newest;
    });
    expect(run).toMatchObject({
      title: 'Say hello',
      event: 'push',
      ref: 'refs/heads/main',
      conclusion: 'success',
      number: 1,
    });
    // The registration of an ephemeral runner ends with its job (SEM-13.7).
    expect((await runner.poll()).body).toMatchObject({ errorKind: 'RunnerNotFound' });
  });

  it('SEM-9.3, 9.7: hands outputs on, runs always() after a failure, skips the rest and says why', async () => {
    const server = await start();
    await server.pushWorkflow(CHAIN);
    await (await server.runner('box-1')).runOne('succeeded', { version: { value: '1.2.3' } });
    const second = await (await server.runner('box-2')).runOne('failed');
    expect(JSON.stringify(second.contextData.needs)).toContain('"v":"1.2.3"');
    await (await server.runner('box-3')).runOne();
    expect(await server.states(1)).toEqual({ build: 'success', test: 'failure', report: 'success', deploy: 'skipped' });
    expect((await server.run(1)).conclusion).toBe('failure');
    const deploy = (await server.explainRun(1)).jobs?.find(({ subject }) => subject.name === 'deploy');
    expect(deploy?.sentences[0]).toBe('Skipped because its condition `success()` was false: test ended with failure.');
  });

  it('tells an ephemeral runner that starts anew in the middle of its job that it is not registered any more', async () => {
    const server = await start();
    await server.pushWorkflow(ONE_JOB);
    const runner = await server.runner('box-1');
    await runner.acquire(await runner.waitForJob());
    expect(await runner.openSession()).toMatchObject({ status: 404, body: { errorKind: 'RunnerNotFound' } });
    expect(await server.states(1)).toEqual({ build: 'failure' });
  });

  it('tells a runner that was removed at once, not when its poll is over', async () => {
    const server = await start();
    const runner = await server.runner('box-1');
    const polling = runner.poll();
    const [found] = (await server.rest<{ runners: { id: number; status: string }[] }>('GET', RUNNERS)).runners;
    await waitFor(
      'the poll',
      async () =>
        (await server.rest<{ runners: { status: string }[] }>('GET', RUNNERS)).runners[0]?.status === 'online',
    );
    await server.rest('DELETE', `${RUNNERS}/${found?.id}`);
    expect((await polling).status).toBeLessThan(500);
    expect((await runner.poll()).body).toMatchObject({ errorKind: 'RunnerNotFound' });
  });

  it('gives the same answer when a runner acquires twice, and 409 to another runner', async () => {
    const server = await start();
    const [first, second] = [await server.runner('box-1'), await server.runner('box-2', ['other'])];
    await server.pushWorkflow(ONE_JOB);
    const offer = await first.waitForJob();
    expect((await second.acquire(offer)).body).toMatchObject({ source: 'actions-run-service', statusCode: 409 });
    const [one, two] = [await first.acquire(offer), await first.acquire(offer)];
    expect(one.status).toBe(200);
    expect(two.body.jobId).toBe(one.body.jobId);
  });

  it('repeats an offer to a runner that polls again without having taken it', async () => {
    const server = await start();
    const runner = await server.runner('box-1');
    await server.pushWorkflow(ONE_JOB);
    const offer = await runner.waitForJob();
    expect(await runner.waitForJob()).toEqual(offer);
  });

  it('SEM-13.5: offers a job to another runner when the first does not take it in time', async () => {
    const clock = new ManualClock(Date.now());
    const server = await start({ clock, acquireMs: 60_000 });
    const first = await server.runner('box-1');
    await server.pushWorkflow(ONE_JOB);
    const offer = await first.waitForJob();
    await first.acknowledge(offer);
    clock.advance(60_000);
    const second = await server.runner('box-2');
    await second.runOne();
    expect((await first.acquire(offer)).status).toBe(404);
    const [build] = (await server.explainRun(1)).jobs ?? [];
    const history = (build?.history ?? []).map(({ text }) => text);
    expect(history).toContain('box-1 did not take the job in time. It waits for another runner.');
    expect(history).toContain('Taken by box-2.');
  });

  it('offers a job anew at once when the runner dies before it said that it got it', async () => {
    const server = await start();
    const first = await server.runner('box-1');
    await server.pushWorkflow(ONE_JOB);
    await first.waitForJob();
    const second = await server.runner('box-2');
    first.die();
    await second.runOne();
    expect(await server.states(1)).toEqual({ build: 'success' });
  });

  it('SEM-28.9: concludes a job whose runner stopped renewing, with the reason, and does not run it again', async () => {
    const clock = new ManualClock(Date.now());
    const server = await start({ clock, leaseMs: 120_000 });
    const runner = await server.runner('box-1');
    await server.pushWorkflow(ONE_JOB);
    const { body: message } = await runner.acquire(await runner.waitForJob());
    clock.advance(120_000);
    const run = await waitFor('the run', async () => {
      const detail = await server.run(1);
      return detail.status === 'completed' && detail;
    });
    expect(run.conclusion).toBe('failure');
    expect(run.jobs[0]?.reason).toContain('Lost communication with the runner box-1');
    expect((await runner.renew(message)).status).toBe(404);
    expect((await runner.complete(message)).body).toMatchObject({ source: 'actions-run-service', statusCode: 404 });
  });

  it('shows the steps as the end of the job reports them when their updates never arrived (runner-protocol 4.7)', async () => {
    const server = await start();
    const runner = await server.runner('box-1');
    await server.pushWorkflow(ONE_JOB);
    const { body: message } = await runner.acquire(await runner.waitForJob());
    const [first, second] = [randomUUID(), randomUUID()];
    const update = {
      workflow_run_backend_id: message.plan.planId,
      workflow_job_run_backend_id: message.jobId,
      change_order: 1,
      steps: [{ external_id: first, number: 1, name: 'Set up job', status: StepStatusCode.inProgress }],
    };
    const { token } = connectionOf(message);
    expect((await call('POST', server.url + STEPS_UPDATE_PATH, { token, json: update })).status).toBe(200);
    const at = { started_at: '2026-01-01T00:00:00.1234567Z', completed_at: '2026-01-01T00:00:01Z' };
    const stepResults = [
      {
        external_id: first.toUpperCase(),
        number: 1,
        name: 'Set up job',
        status: 'completed',
        conclusion: 'succeeded',
        ...at,
      },
      { external_id: second, number: 2, name: 'Say', status: 'Completed', conclusion: 'skipped', ...at },
    ];
    expect((await runner.complete(message, { conclusion: 'succeeded', stepResults })).status).toBe(204);
    const [job] = (await server.run(1)).jobs;
    expect(job?.steps).toMatchObject([
      { number: 1, name: 'Set up job', conclusion: 'success', completedAt: '2026-01-01T00:00:01.000Z' },
      { number: 2, name: 'Say', conclusion: 'skipped', startedAt: '2026-01-01T00:00:00.123Z' },
    ]);
  });

  it('keeps a job alive as long as its lease is renewed', async () => {
    const clock = new ManualClock(Date.now());
    const server = await start({ clock, leaseMs: 120_000 });
    const runner = await server.runner('box-1');
    await server.pushWorkflow(ONE_JOB);
    const { body: message } = await runner.acquire(await runner.waitForJob());
    for (let minute = 0; minute < 10; minute++) {
      clock.advance(60_000);
      expect((await runner.renew(message)).status).toBe(200);
    }
    expect((await runner.complete(message)).status).toBe(204);
    expect((await server.run(1)).conclusion).toBe('success');
  });

  it('gives a runner one job at a time: nothing goes to a poll that says Busy', async () => {
    const server = await start();
    const runner = await server.runner('box-1');
    await server.pushWorkflow(ONE_JOB);
    const { body: message } = await runner.acquire(await runner.waitForJob());
    await server.pushWorkflow(ONE_JOB, { message: 'Another' });
    const controller = new AbortController();
    const busy = runner.poll('Busy', controller.signal).catch(() => 'aborted');
    await waitFor('the second run', async () => (await server.runs()).length === 2);
    expect(await server.states(2)).toEqual({ build: 'queued' });
    controller.abort();
    expect(await busy).toBe('aborted');
    await runner.complete(message);
    expect(await server.states(2)).toEqual({ build: 'queued' });
  });

  it('SEM-28.1: tells a busy runner of a cancellation, and ends what has not started at once', async () => {
    const server = await start();
    const runner = await server.runner('box-1');
    await server.pushWorkflow(CHAIN);
    const { body: message } = await runner.acquire(await runner.waitForJob());
    const poll = runner.poll('Busy');
    await server.rest('POST', '/api/v3/repos/me/app/actions/runs/1/cancel');
    const { body } = await poll;
    expect(body.messageType).toBe('JobCancellation');
    expect(JSON.parse(body.body)).toEqual({ jobId: message.jobId, timeout: '00:05:00' });
    await runner.complete(message, { conclusion: 'canceled' });
    // `report` is if: always(), so it still runs (SEM-9.10).
    expect(await server.states(1)).toEqual({
      build: 'cancelled',
      test: 'skipped',
      report: 'queued',
      deploy: 'skipped',
    });
    await (await server.runner('box-2')).runOne();
    expect((await server.run(1)).conclusion).toBe('cancelled');
  });

  it('loses nothing when the server restarts with a job queued and another running', async () => {
    const first = await start();
    const runner = await first.runner('box-1');
    await first.pushWorkflow(ONE_JOB);
    const { body: message } = await runner.acquire(await runner.waitForJob());
    await first.pushWorkflow(ONE_JOB, { message: 'Another' });
    const port = Number(new URL(first.url).port);
    await first.stop();
    const second = await TestServer.start({ port, dataFolder: first.folder });
    servers.splice(0, 1, second);
    expect((await runner.renew(message)).status).toBe(200);
    expect((await runner.complete(message)).status).toBe(204);
    await (await second.runner('box-2')).runOne();
    expect((await second.runs()).map(({ conclusion }) => conclusion)).toEqual(['success', 'success']);
  });

  it('SEM-10.15, 10.16: a matrix keeps to max-parallel, and fail-fast cancels the siblings', async () => {
    const server = await start();
    await server.pushWorkflow(`
on: push
jobs:
  test:
    runs-on: self-hosted
    strategy: { max-parallel: 1, matrix: { node: [18, 20, 22] } }
    steps: [{ run: 'true' }]
`);
    const runner = await server.runner('box-1');
    expect((await runner.waitForJob()).runner_request_id).toBeTruthy();
    const idle = await server.runner('box-2');
    const controller = new AbortController();
    const poll = idle.poll('Online', controller.signal).catch(() => 'nothing came');
    await runner.runOne('failed');
    expect(await server.states(1)).toEqual({
      'test (18)': 'failure',
      'test (20)': 'cancelled',
      'test (22)': 'cancelled',
    });
    controller.abort();
    expect(await poll).toBe('nothing came');
  });

  it('says why a job waits: a label that nobody has, and who lacks only that', async () => {
    const server = await start();
    await server.runner('box-1');
    await server.pushWorkflow(ONE_JOB.replace('[self-hosted, Linux]', '[self-hosted, gpu]'));
    const [job] = (await server.explainRun(1)).jobs ?? [];
    expect(job?.sentences).toEqual([
      'It waits for a runner with the labels self-hosted, gpu.',
      'No runner has the label gpu.',
      'box-1 has all labels but gpu.',
    ]);
  });

  it('SEM-13.1: names the group that a job asks for, also when it asks for no label', async () => {
    const server = await start();
    await server.runner('box-1');
    await server.pushWorkflow(ONE_JOB.replace('[self-hosted, Linux]', '{ group: special }'));
    const [job] = (await server.explainRun(1)).jobs ?? [];
    expect(job?.sentences).toEqual([
      'It waits for a runner in the group special.',
      'No runner is in the group special.',
    ]);
  });

  it('SEM-13.1: records that a runner got a job for its group', async () => {
    const server = await start();
    const runner = await server.runner('box-1');
    await server.pushWorkflow(ONE_JOB.replace('[self-hosted, Linux]', '{ group: Default }'));
    await runner.waitForJob();
    const [job] = (await server.explainRun(1)).jobs ?? [];
    expect(job?.history.at(-1)?.text).toBe(
      'Offered to box-1, which is in the group Default. No other runner could have taken it.',
    );
  });

  it('refuses to delete a runner that holds a job, and never gives one that was deleted a job', async () => {
    const server = await start();
    const [busy, idle] = [await server.runner('box-1'), await server.runner('box-2', ['other'])];
    await server.pushWorkflow(ONE_JOB);
    await busy.acquire(await busy.waitForJob());
    const remove = (id: string) =>
      call('DELETE', `${server.url}/api/v3/enterprises/switchyard/actions/runners/${id}`, { token: server.token });
    expect((await remove(busy.config.runner.AgentId)).status).toBe(422);
    expect((await remove(idle.config.runner.AgentId)).status).toBe(204);
    expect((await remove(idle.config.runner.AgentId)).status).toBe(404);
    expect((await idle.poll()).body).toMatchObject({ errorKind: 'RunnerNotFound' });
    expect((await idle.requestToken()).body).toMatchObject({ error: 'invalid_client' });
  });
});
