import { describe, expect, it } from 'vitest';
import type { RunDetail } from '../../src/protocol/dashboard/index.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { serversPerTest, TestServer } from '../support/server.ts';
import { call } from '../support/simulated-runner.ts';
import { tokenOf } from '../support/users.ts';
import { waitFor } from '../support/wait.ts';

const { servers, start } = serversPerTest();

const REPO = '/api/v3/repos/me/app';
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

const DEPLOY = `
on: push
jobs:
  deploy:
    runs-on: self-hosted
    environment: production
    steps: [{ run: 'true' }]
  report:
    needs: deploy
    if: always()
    runs-on: self-hosted
    steps: [{ run: 'true' }]
`;

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

const putEnvironment = (server: TestServer, rules: object, name = 'production') =>
  server.rest<{ id: number }>('PUT', `${REPO}/environments/${name}`, rules);

/** The repository must be there before its environments are. */
const makeRepository = (server: TestServer) => server.rest('POST', '/api/v3/orgs/me/repos', { name: 'app' });

async function startWith(rules: object, options: { clock?: ManualClock } = {}): Promise<TestServer> {
  const server = await start(options);
  await makeRepository(server);
  await putEnvironment(server, rules);
  return server;
}

const reviewers = (...logins: string[]) => ({ reviewers: logins.map((login) => ({ type: 'User', login })) });

const review = (server: TestServer, token: string, body: object = {}, run = 1) =>
  call<{ message: string }>('POST', `${server.url}/switchyard/v1/runs/${run}/reviews`, {
    token,
    json: { environments: ['production'], state: 'approved', ...body },
  });

let boxes = 0;
const runNext = async (server: TestServer, conclusion = 'succeeded') =>
  (await server.runner(`box-${++boxes}`)).runOne(conclusion);

const runWhere = (server: TestServer, what: string, holds: (run: RunDetail) => boolean, id = 1) =>
  waitFor(what, async () => {
    const run = await server.run(id);
    return holds(run) && run;
  });

async function restarted(server: TestServer, clock?: ManualClock): Promise<TestServer> {
  const port = Number(new URL(server.url).port);
  await server.stop();
  const next = await TestServer.start({ port, dataFolder: server.folder, clock });
  servers.splice(servers.indexOf(server), 1, next);
  return next;
}

interface Deployment {
  id: number;
  environment: string;
  ref: string;
  creator: { login: string };
}
interface Status {
  state: string;
  environment_url: string;
  log_url: string;
}
const deployments = (server: TestServer) => server.rest<Deployment[]>('GET', `${REPO}/deployments`);
/** Oldest first. */
const statuses = async (server: TestServer, id: number) =>
  (await server.rest<Status[]>('GET', `${REPO}/deployments/${id}/statuses`)).reverse();

describe('an environment', () => {
  it('SEM-12.2, 12.5: is made without rules when a job names it, and its deployment follows the job', async () => {
    const server = await start();
    await server.pushWorkflow(DEPLOY);
    expect(await server.rest('GET', `${REPO}/environments`)).toMatchObject({
      environments: [{ name: 'production', protection_rules: [], deployment_branch_policy: null }],
    });
    const runner = await server.runner('box');
    const { body: message } = await runner.acquire(await runner.waitForJob());
    const [deployment] = await deployments(server);
    expect(deployment).toMatchObject({ environment: 'production', ref: 'main', creator: { login: 'admin' } });
    await runner.complete(message, { conclusion: 'succeeded', environmentUrl: 'https://app.example/v1' });
    const [, , success] = await statuses(server, deployment?.id ?? 0);
    expect((await statuses(server, deployment?.id ?? 0)).map(({ state }) => state)).toEqual([
      'queued',
      'in_progress',
      'success',
    ]);
    expect(success).toMatchObject({
      environment_url: 'https://app.example/v1',
      log_url: `${server.url}/runs/1/jobs/1`,
    });
    const [job] = (await server.run(1)).jobs;
    expect(job?.environment).toEqual({ name: 'production', url: 'https://app.example/v1' });
  });

  it('SEM-12.5: a newer success makes the older one inactive, a failure does not', async () => {
    const server = await start();
    for (const conclusion of ['succeeded', 'failed', 'succeeded']) {
      await server.pushWorkflow(DEPLOY);
      await runNext(server, conclusion);
      await runNext(server);
    }
    const states: string[][] = [];
    for (const { id } of (await deployments(server)).reverse()) {
      states.push((await statuses(server, id)).map(({ state }) => state).slice(2));
    }
    expect(states).toEqual([['success', 'inactive'], ['failure'], ['success']]);
  });

  it('SEM-12.5: shows where it was deployed to only when that is a web page', async () => {
    const server = await start();
    const runner = await server.runner('box');
    await server.pushWorkflow(DEPLOY);
    const { body: message } = await runner.acquire(await runner.waitForJob());
    await runner.complete(message, { conclusion: 'succeeded', environmentUrl: 'javascript:alert(1)' });
    expect((await server.run(1)).jobs[0]?.environment).toEqual({ name: 'production', url: null });
  });

  it('SEM-12.1: with `deployment: false` leaves no record, and its rules hold all the same', async () => {
    const server = await startWith(reviewers('admin'));
    await server.pushWorkflow(DEPLOY.replace('production', '{ name: production, deployment: false }'));
    expect(await server.states(1)).toMatchObject({ deploy: 'waiting' });
    expect((await review(server, server.token)).status).toBe(201);
    await runNext(server);
    expect(await server.states(1)).toMatchObject({ deploy: 'success' });
    expect(await deployments(server)).toEqual([]);
  });
});

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
    const [deployment] = await deployments(server);
    expect((await statuses(server, deployment?.id ?? 0)).map(({ state }) => state)).toEqual([
      'waiting',
      'queued',
      'in_progress',
      'success',
    ]);
    const history = (await server.explainRun(1)).jobs?.[0]?.history.map(({ text }) => text);
    expect(history).toEqual(expect.arrayContaining([why, 'Approved for production by Bob: looks good']));
    expect((await server.run(1)).jobs[0]?.reason).toBeNull();
    const approvals = await server.rest('GET', `${REPO}/actions/runs/1/approvals`);
    expect(approvals).toMatchObject([
      { state: 'approved', comment: 'looks good', user: { login: 'Bob' }, environments: [{ name: 'production' }] },
    ]);
  });

  it('SEM-12.3: a rejection fails the job with the comment, and the run goes on', async () => {
    const server = await startWith(reviewers('admin'));
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
    const [deployment] = await deployments(server);
    expect((await statuses(server, deployment?.id ?? 0)).map(({ state }) => state)).toEqual(['waiting', 'failure']);
  });

  it('SEM-12.3: who waits together is approved together, who comes later is asked for anew', async () => {
    const server = await startWith(reviewers('admin'));
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

  it('SEM-29.7: another attempt is asked for again', async () => {
    const server = await startWith(reviewers('admin'));
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
    const server = await startWith(reviewers('admin'), { clock });
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

describe('a wait timer', () => {
  it('SEM-12.3: counts from when the job came, over a restart of the server', async () => {
    const clock = new ManualClock(Date.now());
    const first = await startWith({ wait_timer: 30 }, { clock });
    await first.pushWorkflow(DEPLOY);
    const until = new Date(clock.now() + 30 * MINUTE).toISOString();
    const run = await first.run(1);
    expect(run.jobs[0]?.reason).toBe(`Waits for the environment production: its wait timer runs until ${until}.`);
    expect(run.pendingDeployments).toMatchObject([{ reviewers: [], waitUntil: until }]);
    clock.advance(20 * MINUTE);
    const second = await restarted(first, clock);
    clock.advance(10 * MINUTE - 1);
    expect((await second.run(1)).status).toBe('waiting');
    clock.advance(1);
    await runWhere(second, 'the job in the queue', (later) => later.jobs[0]?.status === 'queued');
  });

  it('SEM-12.3: that is over while the server is away lets the job go when it is back', async () => {
    const clock = new ManualClock(Date.now());
    const first = await startWith({ wait_timer: 30 }, { clock });
    await first.pushWorkflow(DEPLOY);
    const later = new ManualClock(clock.now() + 31 * MINUTE);
    const second = await restarted(first, later);
    later.advance(1);
    await runWhere(second, 'the job in the queue', (run) => run.jobs[0]?.status === 'queued');
  });

  it('SEM-12.3: and reviewers are both asked, in whichever order they are done', async () => {
    const clock = new ManualClock(Date.now());
    const server = await startWith({ ...reviewers('admin'), wait_timer: 43_200 }, { clock });
    await server.pushWorkflow(DEPLOY);
    const until = new Date(clock.now() + 30 * DAY).toISOString();
    const why = `admin has to approve it, and its wait timer runs until ${until}`;
    expect((await server.run(1)).jobs[0]?.reason).toBe(`Waits for the environment production: ${why}.`);
    clock.advance(DAY);
    await review(server, server.token);
    const { jobs, pendingDeployments } = await server.run(1);
    expect(jobs[0]?.reason).toBe(`Waits for the environment production: its wait timer runs until ${until}.`);
    expect(pendingDeployments).toMatchObject([{ reviewers: [] }]);
    clock.advance(29 * DAY);
    await runWhere(server, 'the job in the queue', (run) => run.jobs[0]?.status === 'queued');
  });
});

describe('a branch policy', () => {
  const policies = `${REPO}/environments/production/deployment-branch-policies`;
  const CUSTOM = { deployment_branch_policy: { protected_branches: false, custom_branch_policies: true } };
  const stateOf = async (server: TestServer, ref: string) => {
    await server.pushWorkflow(DEPLOY.replace(/ {2}report:[\s\S]*/, ''), { ref });
    const [newest] = await server.runs();
    const [job] = (await server.run(newest?.id ?? 0)).jobs;
    return { conclusion: job?.conclusion, reason: job?.reason };
  };
  const refused = (what: string) => ({
    conclusion: 'failure',
    reason: `${what} is not allowed to deploy to production due to environment protection rules.`,
  });

  it('SEM-12.3: for protected branches lets the default branch in, and nothing else', async () => {
    const server = await start();
    await server.pushWorkflow('on: pull_request\njobs: {}', { ref: 'main' });
    await putEnvironment(server, {
      deployment_branch_policy: { protected_branches: true, custom_branch_policies: false },
    });
    expect(await stateOf(server, 'topic')).toEqual(refused('Branch "topic"'));
    expect(await stateOf(server, 'refs/tags/main')).toEqual(refused('Tag "main"'));
    expect((await stateOf(server, 'main')).conclusion).toBeNull();
    expect(await deployments(server)).toHaveLength(1);
  });

  it('SEM-12.3: of patterns is asked for branch or tag, and `*` does not cross `/`', async () => {
    const server = await startWith(CUSTOM);
    expect(await stateOf(server, 'main')).toEqual(refused('Branch "main"'));
    await server.rest('POST', policies, { name: 'release/*' });
    await server.rest('POST', policies, { name: 'v*', type: 'tag' });
    expect((await stateOf(server, 'release/1')).conclusion).toBeNull();
    expect(await stateOf(server, 'release/2/fix')).toEqual(refused('Branch "release/2/fix"'));
    expect(await stateOf(server, 'v2')).toEqual(refused('Branch "v2"'));
    expect((await stateOf(server, 'refs/tags/v2')).conclusion).toBeNull();
  });

  it('is changed pattern by pattern', async () => {
    const server = await startWith({});
    const post = (json: object) => call<{ id: number }>('POST', server.url + policies, { token: server.token, json });
    expect((await post({ name: 'main' })).status).toBe(404);
    await putEnvironment(server, CUSTOM);
    const { body: made } = await post({ name: 'main' });
    expect((await post({ name: 'main' })).status).toBe(303);
    await post({ name: 'main', type: 'tag' });
    await server.rest('PUT', `${policies}/${made.id}`, { name: 'release/*' });
    expect(await server.rest('GET', policies)).toMatchObject({
      total_count: 2,
      branch_policies: [
        { id: made.id, name: 'release/*', type: 'branch' },
        { name: 'main', type: 'tag' },
      ],
    });
    await post({ name: 'main' });
    const clash = await call('PUT', `${server.url}${policies}/${made.id}`, {
      token: server.token,
      json: { name: 'main' },
    });
    expect(clash.status).toBe(422);
    await server.rest('DELETE', `${policies}/${made.id}`);
    expect((await call('GET', `${server.url}${policies}/${made.id}`, { token: server.token })).status).toBe(404);
  });
});

describe('a job that waits for its environment', () => {
  it('is cancelled with its run, and its deployment ends in error', async () => {
    const server = await startWith(reviewers('admin'));
    await server.pushWorkflow(DEPLOY.replace('if: always()', 'if: success()'));
    await server.rest('POST', `${REPO}/actions/runs/1/cancel`);
    expect(await server.run(1)).toMatchObject({ conclusion: 'cancelled', pendingDeployments: [] });
    const [deployment] = await deployments(server);
    expect((await statuses(server, deployment?.id ?? 0)).map(({ state }) => state)).toEqual(['waiting', 'error']);
  });

  it('SEM-12.3: has its concurrency group meanwhile', async () => {
    const server = await startWith(reviewers('admin'));
    const text = DEPLOY.replace('environment: production', 'environment: production\n    concurrency: deploys');
    await server.pushWorkflow(text);
    await server.pushWorkflow(text);
    expect(await server.states(1)).toMatchObject({ deploy: 'waiting' });
    expect(await server.states(2)).toMatchObject({ deploy: 'pending' });
    await review(server, server.token, { state: 'rejected' });
    expect(await server.states(2)).toMatchObject({ deploy: 'waiting' });
  });

  it('goes on when the rules that hold it are taken away', async () => {
    const server = await startWith(reviewers('admin'));
    await server.pushWorkflow(DEPLOY);
    await putEnvironment(server, {});
    expect(await server.states(1)).toMatchObject({ deploy: 'queued' });
  });

  it('fails when the environment is deleted', async () => {
    const server = await startWith(reviewers('admin'));
    await server.pushWorkflow(DEPLOY);
    await server.rest('DELETE', `${REPO}/environments/production`);
    const [job] = (await server.run(1)).jobs;
    expect(job).toMatchObject({
      conclusion: 'failure',
      reason: 'The environment production was deleted while the job waited for its rules.',
    });
  });

  it('still waits after a restart of the server', async () => {
    const first = await startWith(reviewers('admin'));
    await first.pushWorkflow(DEPLOY);
    const second = await restarted(first);
    expect(await second.states(1)).toMatchObject({ deploy: 'waiting' });
    await review(second, second.token);
    await runNext(second);
    expect(await second.states(1)).toMatchObject({ deploy: 'success' });
  });
});

describe('the rules of an environment', () => {
  it.each([
    [{ wait_timer: 43_201 }, 'wait_timer'],
    [{ wait_timer: -1 }, 'wait_timer'],
    [reviewers('a', 'b', 'c', 'd', 'e', 'f', 'g'), 'reviewers'],
    [
      { deployment_branch_policy: { protected_branches: true, custom_branch_policies: true } },
      'deployment_branch_policy',
    ],
  ])('SEM-12.3: are refused where they are not GitHub’s: %j', async (rules, field) => {
    const server = await start();
    await makeRepository(server);
    const answer = await call<{ errors: { field: string }[] }>('PUT', `${server.url}${REPO}/environments/x`, {
      token: server.token,
      json: rules,
    });
    expect(answer.status).toBe(422);
    expect(answer.body.errors[0]?.field).toBe(field);
  });

  it('name only reviewers that there are, by login or by id, and no teams', async () => {
    const server = await start();
    await tokenOf(server, 'alice', 'read');
    await makeRepository(server);
    const { id } = await server.rest<{ id: number }>('GET', '/api/v3/user');
    const put = (one: object) =>
      call<{ message: string }>('PUT', `${server.url}${REPO}/environments/production`, {
        token: server.token,
        json: { reviewers: [one] },
      });
    expect((await put({ type: 'User', login: 'mallory' })).body.message).toContain(
      'Nobody here has a token as mallory.',
    );
    expect((await put({ type: 'Team', id: 1 })).status).toBe(422);
    expect((await put({ type: 'User', id: 7 })).status).toBe(422);
    expect((await put({ type: 'User', id })).body).toMatchObject({
      protection_rules: [
        { type: 'required_reviewers', reviewers: [{ type: 'User', reviewer: { login: 'admin', id } }] },
      ],
    });
    expect((await put({ login: 'ALICE' })).body).toMatchObject({
      protection_rules: [{ reviewers: [{ reviewer: { login: 'alice' } }] }],
    });
  });
});
