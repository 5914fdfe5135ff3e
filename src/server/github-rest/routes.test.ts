import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { insertRunWithJob } from '../../../test/support/rows.ts';
import { type SmallServer, startSmallServer } from '../../../test/support/small-server.ts';
import { newGuid } from '../../common/ids.ts';
import type { GrantedPermissions } from '../auth/job-permissions.ts';
import { issueGitHubToken } from '../auth/jwt.ts';
import { blobRoutes } from '../blobs/routes.ts';
import { jobLogName } from '../runner-service/log-names.ts';
import { restRoutes } from './routes.ts';

const run = promisify(execFile);
let server: SmallServer;
let reader: string;
let writer: string;

beforeAll(async () => {
  server = await startSmallServer(async (app, context) => {
    await app.register(restRoutes(context), { prefix: '/api/v3' });
    await app.register(blobRoutes(context));
  });
  [reader, writer] = [await server.token('read'), await server.token('write')];
});
afterAll(() => server.close());

async function call(path: string, options: { method?: string; token?: string; body?: unknown } = {}) {
  const { method = 'GET', token = writer, body } = options;
  const response = await fetch(`${server.url}/api/v3${path}`, {
    method,
    redirect: 'manual',
    headers: {
      ...(token ? { authorization: `token ${token}` } : {}),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json');
  return { status: response.status, body: isJson ? JSON.parse(text) : text, headers: response.headers };
}

/** A repository with one commit of these workflow files on `main`. */
async function repositoryWith(files: Record<string, string>): Promise<{ name: string; sha: string }> {
  const name = `app-${newGuid()}`;
  const bare = server.context.git.folder(await server.context.git.create('me', name));
  const folder = await mkdtemp(join(tmpdir(), 'switchyard-rest-'));
  const git = async (...args: string[]): Promise<string> =>
    (await run('git', ['-c', 'user.name=A', '-c', 'user.email=a@b.c', ...args], { cwd: folder })).stdout.trim();
  await git('init', '-q', '-b', 'main');
  await mkdir(join(folder, '.github/workflows'), { recursive: true });
  for (const [file, text] of Object.entries(files)) await writeFile(join(folder, '.github/workflows', file), text);
  await git('add', '-A');
  await git('commit', '-q', '-m', 'x', '--allow-empty');
  await git('push', '-q', bare, 'main');
  const sha = await git('rev-parse', 'HEAD');
  await rm(folder, { recursive: true });
  return { name, sha };
}

test('creates a repository once and shows it', async () => {
  const name = newGuid();
  const { status, body } = await call('/orgs/me/repos', { method: 'POST', body: { name, private: true } });
  expect([status, body.full_name, body.default_branch]).toEqual([201, `me/${name}`, 'main']);
  expect((await call(`/repos/ME/${name}`)).body).toEqual(body);
  expect((await call('/orgs/me/repos', { method: 'POST', body: { name } })).status).toBe(422);
  expect((await call('/user/repos', { method: 'POST', body: { name } })).body.full_name).toBe(`alice/${name}`);
});

test('answers every failure in GitHub’s shape', async () => {
  const missing = await call('/repos/me/none');
  expect([missing.status, missing.body.message]).toEqual([404, 'Not Found']);
  expect(missing.body.documentation_url).toContain('https://');
  expect((await call('/no/such/path')).body.message).toBe('Not Found');
  const invalid = await call('/user/repos', { method: 'POST', body: {} });
  expect(invalid).toMatchObject({
    status: 422,
    body: { message: 'Validation Failed', errors: [{ field: 'name', code: 'invalid' }] },
  });
  expect((await call('/user', { token: '' })).status).toBe(401);
  expect((await call('/user/repos', { method: 'POST', body: { name: 'x' }, token: reader })).status).toBe(403);
  expect((await call('/user', { token: reader })).body.login).toBe('alice');
  expect((await call('/meta', { token: '' })).status).toBe(200);
});

test('SEM-6: a job’s token sees its own repository only, and does what its permissions say', async () => {
  const [mine, other] = [
    await insertRunWithJob(server.context.db, { repository: 'me/mine' }),
    await insertRunWithJob(server.context.db, { repository: 'me/other' }),
  ];
  const claims = { jobId: mine.job.id, runId: mine.run.id, repositoryId: mine.repository.id };
  const guids = { planId: mine.run.plan_id, jobGuid: mine.job.job_guid };
  const tokenWith = (permissions: GrantedPermissions) =>
    issueGitHubToken(server.context.keys, { ...claims, ...guids, permissions }, Date.now(), 60);
  const token = await tokenWith({ actions: 'read' });
  expect((await call('/repos/me/mine/actions/runs', { token })).status).toBe(200);
  expect((await call('/repos/me/other/actions/runs', { token })).status).toBe(404);
  const cancel = `/repos/me/mine/actions/runs/${mine.run.id}/cancel`;
  expect(await call(cancel, { method: 'POST', token })).toMatchObject({
    status: 403,
    body: { message: expect.stringMatching(/^Resource not accessible by integration.*`actions: write`/) },
  });
  expect((await call(cancel, { method: 'POST', token: await tokenWith({ actions: 'write' }) })).status).toBe(202);
  const none = await tokenWith({});
  expect((await call('/repos/me/mine/actions/runs', { token: none })).status).toBe(403);
  expect((await call('/repos/me/mine', { token: none })).status).toBe(200);
  expect((await call(`/repos/me/mine/actions/runs/${other.run.id}`)).status).toBe(404);
  expect((await call(`/repos/me/mine/actions/jobs/${other.job.id}`)).status).toBe(404);
});

describe('runs and jobs', () => {
  test('are listed in pages with links, and filtered', async () => {
    const repository = `me/${newGuid()}`;
    for (let count = 0; count < 5; count++) {
      const change = { ref: `refs/heads/b${count % 2}`, status: 'completed', conclusion: 'success' } as const;
      await insertRunWithJob(server.context.db, { repository, run: change });
    }
    const base = `/repos/${repository}/actions/runs`;
    const page = await call(`${base}?per_page=2&page=2`);
    expect([page.body.total_count, page.body.workflow_runs.length]).toEqual([5, 2]);
    expect(page.headers.get('link')?.match(/page=\d+>; rel="\w+"/g)).toEqual([
      'page=1>; rel="first"',
      'page=1>; rel="prev"',
      'page=3>; rel="next"',
      'page=3>; rel="last"',
    ]);
    expect((await call(`${base}?branch=b1`)).body.total_count).toBe(2);
    expect((await call(`${base}?status=success&event=push&actor=alice`)).body.total_count).toBe(5);
    expect((await call(`${base}?status=queued`)).body.total_count).toBe(0);
    expect((await call(`${base}?per_page=nonsense`)).body.workflow_runs.length).toBe(5);
  });

  test('show GitHub’s fields', async () => {
    const { run, job } = await insertRunWithJob(server.context.db, { job: { runner_id: 2, runner_name: 'r' } });
    expect((await call(`/repos/me/app/actions/runs/${run.id}`)).body).toMatchObject({
      ...{ id: run.id, name: 'CI', head_branch: 'main', status: 'in_progress', run_number: run.run_number },
      html_url: `${server.url}/runs/${run.id}`,
    });
    const jobs = (await call(`/repos/me/app/actions/runs/${run.id}/jobs`)).body;
    expect(jobs).toMatchObject({ total_count: 1, jobs: [{ id: job.id, runner_id: 2, runner_name: 'r', steps: [] }] });
    expect((await call(`/repos/me/app/actions/jobs/${job.id}`)).body).toEqual(jobs.jobs[0]);
  });

  test('a run is cancelled by who asks', async () => {
    const { run } = await insertRunWithJob(server.context.db);
    expect((await call(`/repos/me/app/actions/runs/${run.id}/cancel`, { method: 'POST' })).status).toBe(202);
    expect(server.engine.cancelled).toContainEqual({ runId: run.id, by: 'alice' });
  });

  test('a log is a redirect to a signed URL', async () => {
    const { job } = await insertRunWithJob(server.context.db, { job: { phase: 'completed' } });
    const path = `/repos/me/app/actions/jobs/${job.id}/logs`;
    expect((await call(path)).status).toBe(404);
    await server.context.blobs.append(
      jobLogName(job.id),
      (async function* () {
        yield Buffer.from('the log');
      })(),
    );
    const { status, headers } = await call(path);
    expect(status).toBe(302);
    expect(await (await fetch(headers.get('location') ?? '')).text()).toBe('the log');
  });
});

describe('workflows', () => {
  const dispatchable = 'name: Deploy\non: workflow_dispatch\njobs: {a: {runs-on: x, steps: [{run: x}]}}\n';

  test('are listed from the default branch, also before they ran, with ids that stay', async () => {
    const { name } = await repositoryWith({ 'deploy.yml': dispatchable, 'README.md': 'no' });
    const list = (await call(`/repos/me/${name}/actions/workflows`)).body;
    expect(list).toMatchObject({
      total_count: 1,
      workflows: [{ name: 'Deploy', path: '.github/workflows/deploy.yml', state: 'active' }],
    });
    const byId = await call(`/repos/me/${name}/actions/workflows/${list.workflows[0].id}`);
    expect((await call(`/repos/me/${name}/actions/workflows/deploy.yml`)).body).toEqual(byId.body);
    expect((await call(`/repos/me/${name}/actions/workflows/deploy.yml/runs`)).body.total_count).toBe(0);
    expect((await call(`/repos/me/${name}/actions/workflows/none.yml`)).status).toBe(404);
  });

  test('are dispatched at a branch with their inputs as text', async () => {
    const { name, sha } = await repositoryWith({ 'deploy.yml': dispatchable });
    const dispatch = (body: object, file = 'deploy.yml') =>
      call(`/repos/me/${name}/actions/workflows/${file}/dispatches`, { method: 'POST', body });
    server.engine.answer = ({ workflow }) => ({
      runs: [{ id: 1, number: 1, workflowName: 'Deploy', path: workflow ?? '', errors: [], warnings: [] }],
      notStarted: [],
    });
    expect((await dispatch({ ref: 'main', inputs: { dry: true, count: 3 } })).status).toBe(204);
    expect(server.engine.events.at(-1)).toMatchObject({
      ...{ name: 'workflow_dispatch', ref: 'refs/heads/main', sha, actor: 'alice' },
      ...{ workflow: '.github/workflows/deploy.yml', inputs: { dry: 'true', count: '3' } },
      payload: { inputs: { dry: 'true', count: '3' }, ref: 'refs/heads/main' },
    });
    expect((await dispatch({ ref: 'nope' })).body.message).toBe('No ref found for: nope');
    expect((await dispatch({})).status).toBe(422);
    expect((await dispatch({ ref: 'main' }, 'none.yml')).status).toBe(404);
    server.engine.answer = () => ({ runs: [], notStarted: [] });
    const refused = await dispatch({ ref: 'main' });
    expect([refused.status, refused.body.message]).toEqual([422, "Workflow does not have 'workflow_dispatch' trigger"]);
  });
});

test('variables are made, changed, renamed, listed and deleted', async () => {
  await server.context.git.create('me', 'vars');
  const base = '/repos/me/vars/actions/variables';
  const post = (body: object) => call(base, { method: 'POST', body });
  expect((await post({ name: 'stage', value: 'dev' })).status).toBe(201);
  expect((await post({ name: 'STAGE', value: 'x' })).status).toBe(409);
  expect((await post({ name: 'GITHUB_X', value: 'x' })).status).toBe(422);
  expect((await call(`${base}/stage`, { method: 'PATCH', body: { name: 'zone', value: 'prod' } })).status).toBe(204);
  expect((await call(base)).body).toMatchObject({ total_count: 1, variables: [{ name: 'ZONE', value: 'prod' }] });
  expect((await call(`${base}/zone`)).body.value).toBe('prod');
  expect((await call(`${base}/zone`, { method: 'DELETE' })).status).toBe(204);
  expect((await call(`${base}/zone`, { method: 'DELETE' })).status).toBe(404);
});
