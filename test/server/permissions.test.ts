import { describe, expect, it } from 'vitest';
import type { JobMessage } from '../../src/protocol/runner/job-message.ts';
import { serversPerTest, type TestServer } from '../support/server.ts';
import { call } from '../support/simulated-runner.ts';
import { waitFor } from '../support/wait.ts';
import { WorkingCopy } from '../support/working-copy.ts';

const { start } = serversPerTest();

const REPO = '/api/v3/repos/me/app';
const STEPS = "steps: [{ run: 'true' }]";

const workflow = (permissions: string, job = '') => `
on: [push, deployment, pull_request, pull_request_target, workflow_dispatch]
permissions: ${permissions}
jobs: { a: { runs-on: self-hosted, ${job} ${STEPS} } }
`;
const silent = workflow('x').replace('permissions: x\n', '');

let boxes = 0;
/** The message of the next job, which goes on running. */
async function nextJob(server: TestServer): Promise<JobMessage> {
  const runner = await server.runner(`box-${++boxes}`);
  return (await runner.acquire(await runner.waitForJob())).body;
}

const tokenIn = ({ variables }: JobMessage): string => variables['system.github.token']?.value ?? '';
const printed = ({ variables }: JobMessage): Record<string, string> =>
  JSON.parse(variables['system.github.token.permissions']?.value ?? '');

async function tokenWith(server: TestServer, permissions: string): Promise<string> {
  await server.pushWorkflow(workflow(permissions));
  return tokenIn(await nextJob(server));
}

const as = (server: TestServer, token: string) => (method: string, path: string, json?: object) =>
  call<{ message?: string; id?: number }>(method, server.url + path, { token, json });

/** An event of a pull request whose head is in another repository. */
const fromFork = (server: TestServer, event: string, head: string | null, sha: string) =>
  server.rest('POST', '/switchyard/v1/repos/me/app/events', {
    event,
    ref: 'refs/pull/1/merge',
    sha,
    payload: {
      action: 'opened',
      pull_request: {
        number: 1,
        head: { ref: 'topic', sha, repo: head && { full_name: head } },
        base: { ref: 'main', sha, repo: { full_name: 'me/app' } },
      },
    },
  });

describe('the permissions of a job', () => {
  it('SEM-6.3: are those of the repository’s policy where nothing is said', async () => {
    const server = await start();
    await server.pushWorkflow(silent);
    expect(printed(await nextJob(server))).toEqual({ Contents: 'read', Metadata: 'read', Packages: 'read' });

    const policy = `${REPO}/actions/permissions/workflow`;
    expect(await server.rest('GET', policy)).toMatchObject({ default_workflow_permissions: 'read' });
    await server.rest('PUT', policy, { default_workflow_permissions: 'write' });
    await server.pushWorkflow(silent);
    const all = printed(await nextJob(server));
    expect(all).toMatchObject({ Contents: 'write', Deployments: 'write', Models: 'read', Metadata: 'read' });
    // SEM-6.2: it has to be asked for by name.
    expect(all).not.toHaveProperty('IdToken');
  });

  it('SEM-6.1, 6.3: are those that the workflow names, and of the job where it names some', async () => {
    const server = await start();
    await server.pushWorkflow(workflow('{ issues: write }'));
    expect(printed(await nextJob(server))).toEqual({ Issues: 'write', Metadata: 'read' });
    await server.pushWorkflow(workflow('write-all', 'permissions: { actions: read },'));
    expect(printed(await nextJob(server))).toEqual({ Actions: 'read', Metadata: 'read' });
    await server.pushWorkflow(workflow('{}'));
    expect(printed(await nextJob(server))).toEqual({ Metadata: 'read' });
  });

  it('SEM-6.4: of a called job are at most those of its caller', async () => {
    const server = await start();
    const called = `on: workflow_call\njobs: { b: { runs-on: self-hosted, ${STEPS} } }`;
    await server.push({
      '.github/workflows/ci.yml':
        'on: push\njobs: { a: { uses: ./.github/workflows/b.yml, permissions: { checks: read } } }',
      '.github/workflows/b.yml': called,
    });
    expect(printed(await nextJob(server))).toEqual({ Checks: 'read', Metadata: 'read' });
    await server.push({
      '.github/workflows/ci.yml': 'on: push\njobs: { a: { uses: ./.github/workflows/b.yml } }',
      '.github/workflows/b.yml': called.replace('jobs', 'permissions: { contents: write }\njobs'),
    });
    expect((await server.run(2)).errors[0]?.message).toContain(
      "is requesting 'contents: write', but is only allowed 'contents: read'",
    );
  });

  it('SEM-2.12, 6.3: of a pull request from a fork write nothing', async () => {
    const server = await start();
    const copy = await WorkingCopy.create(server);
    const text = workflow('write-all').replace('push, deployment, ', '');
    const sha = await copy.commit({ '.github/workflows/ci.yml': text });
    await copy.push('main');
    const levels = async (event: string, head: string | null) => {
      await fromFork(server, event, head, sha);
      return [...new Set(Object.values(printed(await nextJob(server))))].sort();
    };
    expect(await levels('pull_request', 'you/app')).toEqual(['read']);
    expect(await levels('pull_request', null)).toEqual(['read']);
    expect(await levels('pull_request', 'Me/App')).toEqual(['read', 'write']);
    // It runs the base's own file, which decides what it does with the head.
    expect(await levels('pull_request_target', 'you/app')).toEqual(['read', 'write']);
  });
});

describe('the token of a job', () => {
  it('SEM-6.5: does what its permissions say, in its own repository, until the job ends', async () => {
    const server = await start();
    await server.rest('POST', '/api/v3/orgs/me/repos', { name: 'other' });
    await server.pushWorkflow(workflow('{ actions: write, contents: read }'));
    const runner = await server.runner('box');
    const { body: message } = await runner.acquire(await runner.waitForJob());
    const ask = as(server, tokenIn(message));
    expect((await ask('GET', `${REPO}/actions/runs`)).status).toBe(200);
    expect((await ask('GET', REPO)).status).toBe(200);
    expect((await ask('GET', '/api/v3/repos/me/other/actions/runs')).status).toBe(404);
    expect(await ask('GET', `${REPO}/deployments`)).toMatchObject({
      status: 403,
      body: { message: expect.stringMatching(/^Resource not accessible by integration\..*`deployments: read`/) },
    });
    const dispatch = { ref: 'main' };
    expect((await ask('POST', `${REPO}/actions/workflows/ci.yml/dispatches`, dispatch)).status).toBe(204);
    await runner.complete(message);
    expect((await ask('GET', REPO)).status).toBe(401);
  });

  it('SEM-6: reads no settings, changes no rules and approves nothing, whatever it is given', async () => {
    const server = await start();
    const ask = as(server, await tokenWith(server, 'write-all'));
    await server.rest('PUT', `${REPO}/environments/production`, {});
    for (const [method, path] of [
      ['GET', `${REPO}/actions/secrets`],
      ['GET', `${REPO}/actions/variables`],
      ['POST', `${REPO}/actions/variables`],
      ['GET', `${REPO}/environments/production/secrets`],
      ['GET', '/api/v3/orgs/me/actions/secrets'],
      ['PUT', `${REPO}/environments/production`],
      ['DELETE', `${REPO}/environments/production`],
      ['POST', `${REPO}/environments/production/deployment-branch-policies`],
      ['POST', `${REPO}/actions/runs/1/pending_deployments`],
      ['PUT', `${REPO}/actions/permissions/workflow`],
      ['POST', `${REPO}/actions/runners/registration-token`],
      ['POST', '/switchyard/v1/runs/1/reviews'],
      ['PUT', '/switchyard/v1/repos/me/app/secrets/X'],
      ['GET', '/switchyard/v1/runs'],
    ] as const) {
      expect((await ask(method, path, method === 'GET' ? undefined : {})).status, `${method} ${path}`).toBe(403);
    }
    expect((await ask('GET', `${REPO}/environments`)).status).toBe(200);
  });

  it('SEM-2.5: starts nothing by what it pushes or deploys, and the events say so; it may dispatch', async () => {
    const server = await start();
    const copy = await WorkingCopy.create(server);
    const text = workflow('{ contents: write, deployments: write, actions: write }');
    await copy.commit({ '.github/workflows/ci.yml': text });
    await copy.push('main');
    const token = tokenIn(await nextJob(server));
    const ask = as(server, token);
    await copy.commit({});
    const said = await copy.git('push', `http://x:${token}@${new URL(server.url).host}/me/app.git`, 'main');
    const why = 'Job 1 caused the event with its GITHUB_TOKEN, and such events start no runs.';
    expect(said).toContain(why);
    expect((await ask('POST', `${REPO}/deployments`, { ref: 'main' })).status).toBe(201);
    expect(await server.runs()).toHaveLength(1);
    const caused = (await server.events()).filter(({ actor }) => actor === 'switchyard[bot]');
    const nothing = { runs: [], notStarted: [{ file: '.github/workflows/ci.yml', reason: why }] };
    expect(caused).toMatchObject([
      { name: 'deployment', ...nothing },
      { name: 'push', ...nothing },
    ]);
    await server.rest('POST', `${REPO}/deployments`, { ref: 'main' });
    expect((await server.runs())[0]).toMatchObject({ id: 2, event: 'deployment', ref: 'refs/heads/main' });
    await ask('POST', `${REPO}/actions/workflows/ci.yml/dispatches`, { ref: 'main' });
    const run = await waitFor('the dispatched run', async () => (await server.runs()).find(({ id }) => id === 3));
    expect(run).toMatchObject({ event: 'workflow_dispatch', actor: 'switchyard[bot]' });
  });
});
