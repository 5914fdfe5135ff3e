import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { insertRunWithJob } from '../../../test/support/rows.ts';
import { type SmallServer, startSmallServer } from '../../../test/support/small-server.ts';
import { newGuid } from '../../common/ids.ts';
import { DASHBOARD_PREFIX } from '../../protocol/dashboard/index.ts';
import { sealedSecrets } from '../../store/secrets.ts';
import { repositoryOwner } from '../../store/setting-owners.ts';
import { applyStep } from '../../store/steps.ts';
import { pageRoutes } from './page.ts';
import { dashboardRoutes } from './routes.ts';

let server: SmallServer;
let webFolder: string;
let reader: string;
let writer: string;

beforeAll(async () => {
  webFolder = await mkdtemp(join(tmpdir(), 'switchyard-web-'));
  await mkdir(join(webFolder, 'assets'));
  await writeFile(join(webFolder, 'index.html'), '<!doctype html>the page');
  await writeFile(join(webFolder, 'assets', 'main-abc123.js'), 'let x');
  server = await startSmallServer(async (app, context) => {
    await app.register(dashboardRoutes(context), { prefix: DASHBOARD_PREFIX });
    await app.register(pageRoutes(webFolder));
  });
  [reader, writer] = [await server.token('read'), await server.token('write')];
});
afterAll(async () => {
  await server.close();
  await rm(webFolder, { recursive: true, force: true });
});

async function call(path: string, options: { method?: string; token?: string; body?: unknown } = {}) {
  const { method = 'GET', token = reader, body } = options;
  const response = await fetch(server.url + DASHBOARD_PREFIX + path, {
    method,
    headers: {
      ...(token ? { authorization: `Bearer ${token}` } : {}),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
}

test('lists runs newest first, in pages, by repository and by status', async () => {
  const repository = `me/${newGuid()}`;
  const ids: number[] = [];
  for (const status of ['completed', 'in_progress', 'completed'] as const) {
    const conclusion = status === 'completed' ? 'failure' : null;
    ids.unshift((await insertRunWithJob(server.context.db, { repository, run: { status, conclusion } })).run.id);
  }
  const idsOf = async (query: string) =>
    (await call(`/runs?repository=${repository.toUpperCase()}&${query}`)).body.runs.map(({ id }: { id: number }) => id);
  expect(await idsOf('')).toEqual(ids);
  expect(await idsOf('limit=2')).toEqual(ids.slice(0, 2));
  expect(await idsOf(`before=${ids[1]}`)).toEqual(ids.slice(2));
  expect(await idsOf('status=failure')).toEqual([ids[0], ids[2]]);
  expect(await idsOf('status=in_progress')).toEqual([ids[1]]);
  expect((await call('/runs?repository=no/such')).body).toEqual({ runs: [] });
  expect((await call('/runs?limit=0')).status).toBe(422);
});

test('shows a run with its jobs and steps', async () => {
  const { db } = server.context;
  const { run, job } = await insertRunWithJob(db, { job: { runner_id: 3, runner_name: 'r-1', needs: '["lint"]' } });
  const step = { externalId: newGuid(), number: 1, name: 'Set up', status: 'in_progress', conclusion: null } as const;
  await applyStep(db, job.id, { ...step, startedAt: null, completedAt: null }, 1);
  server.context.liveLogs.append(job.id, step.externalId, 1, ['a', 'b']);
  const { body } = await call(`/runs/${run.id}`);
  expect(body).toMatchObject({
    id: run.id,
    repository: 'me/app',
    workflow: { name: 'CI', path: '.github/workflows/ci.yml' },
    errors: [],
    jobs: [
      {
        id: job.id,
        status: 'in_progress',
        needs: ['lint'],
        labels: ['self-hosted'],
        runner: { id: 3, name: 'r-1' },
        steps: [{ number: 1, name: 'Set up', status: 'in_progress', logLines: 2 }],
      },
    ],
  });
  expect((await call(`/jobs/${job.id}/steps/1/log?from=2`)).body).toEqual({
    ...{ from: 2, lines: ['b'] },
    ...{ total: 2, complete: false },
  });
  expect((await call(`/jobs/${job.id}/steps/9/log`)).status).toBe(404);
  expect((await call(`/runs/${run.id}/explanation`)).body.sentences).toEqual(['Because.']);
  expect((await call(`/jobs/${job.id}/explanation`)).body.subject).toMatchObject({ kind: 'job', id: job.id });
  expect((await call('/runs/999999')).body).toMatchObject({ message: 'Run 999999 was not found.', code: 'not-found' });
  expect((await call('/runs/x')).status).toBe(422);
});

test.each([
  ['blocked', 'pending'],
  ['held', 'queued'],
  ['queued', 'queued'],
  ['assigned', 'queued'],
  ['running', 'in_progress'],
  ['completed', 'completed'],
] as const)('shows a job that is %s as %s (SEM-31.1)', async (phase, status) => {
  const { run } = await insertRunWithJob(server.context.db, { job: { phase } });
  expect((await call(`/runs/${run.id}`)).body.jobs[0].status).toBe(status);
});

test('seals a secret before it is stored, under its name in upper case (SEM-22.5)', async () => {
  const { repository } = await insertRunWithJob(server.context.db, { repository: 'me/secretive' });
  const put = (name: string, token = writer) =>
    call(`/repos/me/secretive/secrets/${name}`, { method: 'PUT', token, body: { value: 'hunter2' } });
  expect((await put('deploy_key')).status).toBe(204);
  const { DEPLOY_KEY: sealed = '' } = await sealedSecrets(server.context.db, repositoryOwner(repository.id));
  expect(sealed).not.toContain('hunter2');
  expect(server.context.keys.open(sealed)).toBe('hunter2');
  for (const name of ['1X', 'GITHUB_X', 'github_x', 'a-b']) expect((await put(name)).status).toBe(422);
  expect((await put('x', reader)).status).toBe(403);
});

test('passes a cancellation on with the name of who asked', async () => {
  const { run } = await insertRunWithJob(server.context.db);
  expect((await call(`/runs/${run.id}/cancel`, { method: 'POST', token: writer })).status).toBe(202);
  expect(server.engine.cancelled).toEqual([{ runId: run.id, by: 'alice' }]);
  expect((await call(`/runs/${run.id}/cancel`, { method: 'POST' })).status).toBe(403);
});

test('refuses an event at a commit that the server does not have', async () => {
  await server.context.git.create('me', 'eventful');
  const body = { event: 'push', ref: 'refs/heads/main', sha: 'b'.repeat(40), payload: {} };
  expect((await call('/repos/me/eventful/events', { method: 'POST', token: writer, body })).status).toBe(404);
  const bad = { ...body, ref: 'main' };
  expect((await call('/repos/me/eventful/events', { method: 'POST', token: writer, body: bad })).status).toBe(422);
});

test('asks for a token everywhere, unless only this machine can reach it under its own name', async () => {
  for (const path of ['/server', '/runs', '/runs/1', '/jobs/1/log', '/runners', '/events']) {
    expect((await call(path, { token: '' })).status, path).toBe(401);
  }
  const local = await startSmallServer(
    async (app, context) => void (await app.register(dashboardRoutes(context), { prefix: DASHBOARD_PREFIX })),
    { loopbackOnly: true },
  );
  const url = `${DASHBOARD_PREFIX}/runs`;
  expect((await fetch(local.url + url)).status).toBe(200);
  expect((await local.app.inject({ url, headers: { host: 'evil.example' } })).statusCode).toBe(401);
  expect((await fetch(`${local.url}${DASHBOARD_PREFIX}/runs/1/cancel`, { method: 'POST' })).status).toBe(401);
  await local.close();
});

describe('the page', () => {
  const get = (path: string, accept = 'text/html') => fetch(server.url + path, { headers: { accept } });

  test('comes for every path of its own, never from a cache, and forbids foreign scripts', async () => {
    for (const path of ['/', '/runs/17', '/runs/17/jobs/3?line=4']) {
      const response = await get(path);
      expect([response.status, await response.text()]).toEqual([200, '<!doctype html>the page']);
      expect(response.headers.get('cache-control')).toBe('no-cache');
      expect(response.headers.get('content-security-policy')).toContain("script-src 'self'");
      expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    }
  });

  test('keeps its assets for ever', async () => {
    const response = await get('/assets/main-abc123.js');
    expect(response.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect((await get('/assets/none.js')).status).toBe(404);
    expect((await get('/assets/..%2findex.html')).status).not.toBe(200);
  });

  test('is not given to programs that ask for a path that does not exist', async () => {
    expect((await get('/no/such', 'application/json')).status).toBe(404);
    expect((await get(`${DASHBOARD_PREFIX}/none`)).status).toBe(404);
  });

  test('says in a sentence when it is not built', async () => {
    const bare = await startSmallServer(async (app) => void (await app.register(pageRoutes('/nonexistent'))));
    expect(await (await fetch(bare.url)).text()).toContain('npm run build');
    await bare.close();
  });
});
