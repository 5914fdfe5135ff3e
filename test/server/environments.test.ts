import { describe, expect, it } from 'vitest';
import {
  DEPLOY,
  deployments,
  putEnvironment,
  REPO,
  restarted,
  review,
  reviewers,
  runNext,
  startWithRules,
  states,
  statuses,
} from '../support/environments.ts';

import { serversPerTest } from '../support/server.ts';

const { servers, start } = serversPerTest();

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
    expect(await statuses(server)).toMatchObject([
      { state: 'queued', environment_url: '' },
      { state: 'in_progress', environment_url: '' },
      { state: 'success', environment_url: 'https://app.example/v1', log_url: `${server.url}/runs/1/jobs/1` },
    ]);
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
    const ends: string[][] = [];
    for (const { id } of (await deployments(server)).reverse()) ends.push((await states(server, id)).slice(2));
    expect(ends).toEqual([['success', 'inactive'], ['failure'], ['success']]);
  });

  it('SEM-12.5: shows where it was deployed to only when that is a web page', async () => {
    const server = await start();
    const runner = await server.runner('box');
    await server.pushWorkflow(DEPLOY);
    const { body: message } = await runner.acquire(await runner.waitForJob());
    await runner.complete(message, { conclusion: 'succeeded', environmentUrl: 'javascript:alert(1)' });
    expect((await server.run(1)).jobs[0]?.environment).toEqual({ name: 'production', url: null });
  });

  it('has a name of bounded length, in which anything else may stand', async () => {
    const server = await start();
    const named = (name: string) => DEPLOY.replace('environment: production', `environment: '${name}'`);
    await server.pushWorkflow(named('x'.repeat(256)));
    expect((await server.run(1)).jobs[0]?.reason).toBe('The name of an environment has at most 255 characters.');
    await server.pushWorkflow(named('review/Ä 1'));
    await server.rest('PUT', `${REPO}/environments/${encodeURIComponent('review/Ä 1')}`, { wait_timer: 5 });
    expect(await server.rest('GET', `${REPO}/environments`)).toMatchObject({
      total_count: 1,
      environments: [{ name: 'review/Ä 1', protection_rules: [{ type: 'wait_timer', wait_timer: 5 }] }],
    });
  });

  it('SEM-12.1: with `deployment: false` leaves no record, and its rules hold all the same', async () => {
    const server = await startWithRules(start, reviewers('admin'));
    await server.pushWorkflow(DEPLOY.replace('production', '{ name: production, deployment: false }'));
    expect(await server.states(1)).toMatchObject({ deploy: 'waiting' });
    expect((await review(server, server.token)).status).toBe(201);
    await runNext(server);
    expect(await server.states(1)).toMatchObject({ deploy: 'success' });
    expect(await deployments(server)).toEqual([]);
  });
});

describe('a job that waits for its environment', () => {
  it('is cancelled with its run, and its deployment ends in error', async () => {
    const server = await startWithRules(start, reviewers('admin'));
    await server.pushWorkflow(DEPLOY.replace('if: always()', 'if: success()'));
    await server.rest('POST', `${REPO}/actions/runs/1/cancel`);
    expect(await server.run(1)).toMatchObject({ conclusion: 'cancelled', pendingDeployments: [] });
    expect(await states(server)).toEqual(['waiting', 'error']);
  });

  it('SEM-12.3: has its concurrency group meanwhile', async () => {
    const server = await startWithRules(start, reviewers('admin'));
    const text = DEPLOY.replace('environment: production', 'environment: production\n    concurrency: deploys');
    await server.pushWorkflow(text);
    await server.pushWorkflow(text);
    expect(await server.states(1)).toMatchObject({ deploy: 'waiting' });
    expect(await server.states(2)).toMatchObject({ deploy: 'pending' });
    await review(server, server.token, { state: 'rejected' });
    expect(await server.states(2)).toMatchObject({ deploy: 'waiting' });
  });

  it('goes on when the rules that hold it are taken away', async () => {
    const server = await startWithRules(start, reviewers('admin'));
    await server.pushWorkflow(DEPLOY);
    await putEnvironment(server, {});
    expect(await server.states(1)).toMatchObject({ deploy: 'queued' });
  });

  it('fails when the environment is deleted', async () => {
    const server = await startWithRules(start, reviewers('admin'));
    await server.pushWorkflow(DEPLOY);
    await server.rest('DELETE', `${REPO}/environments/production`);
    const [job] = (await server.run(1)).jobs;
    expect(job).toMatchObject({
      conclusion: 'failure',
      reason: 'The environment production was deleted while the job waited for its rules.',
    });
  });

  it('still waits after a restart of the server', async () => {
    const first = await startWithRules(start, reviewers('admin'));
    await first.pushWorkflow(DEPLOY);
    const second = await restarted(servers, first);
    expect(await second.states(1)).toMatchObject({ deploy: 'waiting' });
    await review(second, second.token);
    await runNext(second);
    expect(await second.states(1)).toMatchObject({ deploy: 'success' });
  });
});
