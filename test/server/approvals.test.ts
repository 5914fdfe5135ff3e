import { describe, expect, it } from 'vitest';
import {
  DAY,
  DEPLOY,
  deployments,
  makeRepository,
  putEnvironment,
  REPO,
  review,
  reviewers,
  runNext,
  runWhere,
  startWithRules,
  states,
} from '../support/environments.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { serversPerTest } from '../support/server.ts';
import { call } from '../support/simulated-runner.ts';
import { tokenOf } from '../support/users.ts';

const { start } = serversPerTest();

/** Jobs of a matrix, then another, all in one environment. */
const STAGES = `
on: push
jobs:
  deploy:
    strategy: { matrix: { zone: [eu, us] } }
    runs-on: self-hosted
    environment: production
    steps: [{ run: 'true' }]
  verify:
    needs: deploy
    runs-on: self-hosted
    environment: Production
    steps: [{ run: 'true' }]
`;

describe('required reviewers', () => {
  it('SEM-12.3, 31.1: hold a job before the queue, in words, until one of them approves', async () => {
    const server = await start();
    const [alice, bob, carol] = [
      await tokenOf(server, 'alice', 'read'),
      await tokenOf(server, 'Bob', 'read'),
      await tokenOf(server, 'carol', 'write'),
    ];
    await makeRepository(server);
    await putEnvironment(server, { ...reviewers('alice', 'bob'), can_admins_bypass: false });
    await server.pushWorkflow(DEPLOY);
    const run = await server.run(1);
    const why = 'Waits for the environment production: alice or Bob has to approve it.';
    expect(run).toMatchObject({
      status: 'waiting',
      pendingDeployments: [
        { environment: 'production', jobs: ['deploy'], reviewers: ['alice', 'Bob'], waitUntil: null },
      ],
    });
    expect(run.jobs[0]).toMatchObject({ status: 'waiting', reason: why });
    expect((await server.explainRun(1)).status).toBe('waiting');
    expect((await server.explainRun(1)).jobs?.[0]?.sentences).toEqual([why]);
    for (const path of [`${REPO}/actions/runs`, '/switchyard/v1/runs']) {
      const count = async (status: string) => {
        const list = await server.rest<{ runs?: unknown[]; workflow_runs?: unknown[] }>(
          'GET',
          `${path}?status=${status}`,
        );
        return (list.runs ?? list.workflow_runs ?? []).length;
      };
      expect([await count('waiting'), await count('queued')]).toEqual([1, 0]);
    }

    const refused = await review(server, carol);
    expect([refused.status, refused.body.message]).toEqual([
      403,
      'Only alice or Bob may review what is deployed to production.',
    ]);
    expect((await review(server, server.token)).status).toBe(403);
    expect((await review(server, alice, { environments: ['staging'] })).status).toBe(422);
    expect((await review(server, bob, { comment: 'looks good' })).status).toBe(201);
    expect((await review(server, alice)).status).toBe(422);

    await runNext(server);
    expect(await states(server)).toEqual(['waiting', 'queued', 'in_progress', 'success']);
    const history = (await server.explainRun(1)).jobs?.[0]?.history.map(({ text }) => text);
    expect(history).toEqual(expect.arrayContaining([why, 'Approved for production by Bob: looks good']));
    expect((await server.run(1)).jobs[0]?.reason).toBeNull();
    const approvals = await server.rest('GET', `${REPO}/actions/runs/1/approvals`);
    expect(approvals).toMatchObject([
      { state: 'approved', comment: 'looks good', user: { login: 'Bob' }, environments: [{ name: 'production' }] },
    ]);
  });

  it('SEM-12.3: a rejection fails the job with the comment, and the run goes on', async () => {
    const server = await startWithRules(start, reviewers('admin'));
    await server.pushWorkflow(DEPLOY);
    await review(server, server.token, { state: 'rejected', comment: 'not on Friday' });
    await runNext(server);
    const { conclusion, jobs } = await server.run(1);
    expect(conclusion).toBe('failure');
    const reason = 'Rejected for production by admin: not on Friday';
    expect(jobs[0]).toMatchObject({
      conclusion: 'failure',
      reason,
      annotations: [{ level: 'failure', message: reason }],
    });
    expect(jobs[1]).toMatchObject({ key: 'report', conclusion: 'success' });
    expect(await states(server)).toEqual(['waiting', 'failure']);
  });

  it('SEM-12.3: who waits together is approved together, who comes later is asked for anew', async () => {
    const server = await startWithRules(start, reviewers('admin'));
    await server.pushWorkflow(STAGES);
    expect((await server.run(1)).pendingDeployments).toMatchObject([{ jobs: ['deploy (eu)', 'deploy (us)'] }]);
    await review(server, server.token);
    await runNext(server);
    await runNext(server);
    expect(await server.states(1)).toEqual({ 'deploy (eu)': 'success', 'deploy (us)': 'success', verify: 'waiting' });
    await review(server, server.token);
    await runNext(server);
    expect((await server.run(1)).conclusion).toBe('success');
  });

  it('SEM-12.3: who waits together is rejected together, and none is cancelled because the other failed', async () => {
    const server = await startWithRules(start, reviewers('admin'));
    await server.pushWorkflow(STAGES);
    await review(server, server.token, { state: 'rejected' });
    expect(await server.states(1)).toEqual({ 'deploy (eu)': 'failure', 'deploy (us)': 'failure', verify: 'skipped' });
  });

  it('SEM-29.7: another attempt is asked for again', async () => {
    const server = await startWithRules(start, reviewers('admin'));
    await server.pushWorkflow(DEPLOY);
    await review(server, server.token);
    await runNext(server);
    await runNext(server);
    await server.rest('POST', `${REPO}/actions/runs/1/rerun`);
    expect(await server.states(1)).toMatchObject({ deploy: 'waiting' });
    await review(server, server.token);
    await runNext(server);
    await runNext(server);
    expect(await server.run(1)).toMatchObject({ attempt: 2, conclusion: 'success' });
    expect(await deployments(server)).toHaveLength(2);
  });

  it('SEM-12.3: nobody who started a run approves it where that is forbidden', async () => {
    const server = await start();
    const alice = await tokenOf(server, 'alice', 'read');
    await makeRepository(server);
    await putEnvironment(server, {
      ...reviewers('admin', 'alice'),
      prevent_self_review: true,
      can_admins_bypass: false,
    });
    await server.pushWorkflow(DEPLOY);
    const refused = await review(server, server.token);
    expect([refused.status, refused.body.message]).toEqual([
      403,
      'admin started this run, and nobody reviews their own run for production.',
    ]);
    expect((await review(server, alice)).status).toBe(201);
  });

  it('SEM-12.3: an administrator lets jobs pass all rules, unless that is forbidden', async () => {
    const server = await start();
    await tokenOf(server, 'alice', 'read');
    await makeRepository(server);
    await putEnvironment(server, { ...reviewers('alice'), wait_timer: 30 });
    await server.pushWorkflow(DEPLOY);
    expect((await review(server, server.token, { comment: 'the site is down' })).status).toBe(201);
    await runNext(server);
    const history = (await server.explainRun(1)).jobs?.[0]?.history.map(({ text }) => text);
    expect(history).toContain('admin let it pass the rules of production: the site is down');

    await putEnvironment(server, { wait_timer: 30, can_admins_bypass: false });
    await server.pushWorkflow(DEPLOY);
    expect(await review(server, server.token, {}, 2)).toMatchObject({
      status: 403,
      body: { message: 'production asks no reviewers; its wait timer has to run out.' },
    });
  });

  it('SEM-12.3, 30: 30 days without an answer are a failure', async () => {
    const clock = new ManualClock(Date.now());
    const server = await startWithRules(start, reviewers('admin'), { clock });
    await server.pushWorkflow(DEPLOY);
    clock.advance(30 * DAY - 1);
    expect((await server.run(1)).status).toBe('waiting');
    clock.advance(1);
    const { jobs } = await runWhere(server, 'the end of patience', (run) => run.jobs[0]?.conclusion === 'failure');
    expect(jobs[0]?.reason).toBe('Nobody has answered for the environment production in 30 days.');
  });

  it('are asked by REST too, which says what waits and who may answer', async () => {
    const server = await start();
    const alice = await tokenOf(server, 'alice', 'read');
    await makeRepository(server);
    const { id } = await putEnvironment(server, { ...reviewers('alice'), can_admins_bypass: false });
    await server.pushWorkflow(DEPLOY);
    const path = `${REPO}/actions/runs/1/pending_deployments`;
    const seenBy = (token: string) =>
      call<{ current_user_can_approve: boolean }[]>('GET', server.url + path, { token });
    expect((await seenBy(alice)).body).toMatchObject([
      { environment: { id, name: 'production' }, wait_timer: 0, current_user_can_approve: true },
    ]);
    expect((await seenBy(server.token)).body).toMatchObject([{ current_user_can_approve: false }]);
    const json = { environment_ids: [id], state: 'approved', comment: '' };
    expect((await call('POST', server.url + path, { token: server.token, json })).status).toBe(403);
    const answer = await call('POST', server.url + path, { token: alice, json });
    expect(answer).toMatchObject({ status: 200, body: [{ environment: 'production', task: 'deploy' }] });
    expect((await seenBy(alice)).body).toEqual([]);
  });
});
