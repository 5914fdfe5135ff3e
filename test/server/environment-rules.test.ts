import { describe, expect, it } from 'vitest';
import {
  DAY,
  DEPLOY,
  deployments,
  MINUTE,
  makeRepository,
  putEnvironment,
  REPO,
  restarted,
  review,
  reviewers,
  runWhere,
  startWithRules,
} from '../support/environments.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { serversPerTest, type TestServer } from '../support/server.ts';
import { call } from '../support/simulated-runner.ts';
import { tokenOf } from '../support/users.ts';

const { servers, start } = serversPerTest();

describe('a wait timer', () => {
  it('SEM-12.3: counts from when the job came, over a restart of the server', async () => {
    const clock = new ManualClock(Date.now());
    const first = await startWithRules(start, { wait_timer: 30 }, { clock });
    await first.pushWorkflow(DEPLOY);
    const until = new Date(clock.now() + 30 * MINUTE).toISOString();
    const run = await first.run(1);
    expect(run.jobs[0]?.reason).toBe(`Waits for the environment production: its wait timer runs until ${until}.`);
    expect(run.pendingDeployments).toMatchObject([{ reviewers: [], waitUntil: until }]);
    clock.advance(20 * MINUTE);
    const second = await restarted(servers, first, clock);
    clock.advance(10 * MINUTE - 1);
    expect((await second.run(1)).status).toBe('waiting');
    clock.advance(1);
    await runWhere(second, 'the job in the queue', (later) => later.jobs[0]?.status === 'queued');
  });

  it('SEM-12.3: that is over while the server is away lets the job go when it is back', async () => {
    const clock = new ManualClock(Date.now());
    const first = await startWithRules(start, { wait_timer: 30 }, { clock });
    await first.pushWorkflow(DEPLOY);
    const later = new ManualClock(clock.now() + 31 * MINUTE);
    const second = await restarted(servers, first, later);
    later.advance(1);
    await runWhere(second, 'the job in the queue', (run) => run.jobs[0]?.status === 'queued');
  });

  it('SEM-12.3: and reviewers are both asked, in whichever order they are done', async () => {
    const clock = new ManualClock(Date.now());
    const server = await startWithRules(start, { ...reviewers('admin'), wait_timer: 43_200 }, { clock });
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
    const server = await startWithRules(start, CUSTOM);
    expect(await stateOf(server, 'main')).toEqual(refused('Branch "main"'));
    await server.rest('POST', policies, { name: 'release/*' });
    await server.rest('POST', policies, { name: 'v*', type: 'tag' });
    expect((await stateOf(server, 'release/1')).conclusion).toBeNull();
    expect(await stateOf(server, 'release/2/fix')).toEqual(refused('Branch "release/2/fix"'));
    expect(await stateOf(server, 'v2')).toEqual(refused('Branch "v2"'));
    expect((await stateOf(server, 'refs/tags/v2')).conclusion).toBeNull();
  });

  it('is changed pattern by pattern', async () => {
    const server = await startWithRules(start, {});
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
    expect((await put({ type: 'User', login: 'mallory' })).body.message).toContain('There is no user mallory.');
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
