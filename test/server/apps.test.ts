import { generateKeyPairSync } from 'node:crypto';
import { expect, test } from 'vitest';
import type { App } from '../../src/protocol/dashboard/index.ts';
import { appJwt, PUBLIC_KEY } from '../support/callers.ts';
import { git } from '../support/git.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { serversPerTest, type TestServer } from '../support/server.ts';
import { call } from '../support/simulated-runner.ts';

const { start } = serversPerTest();
const V1 = '/switchyard/v1';
const API = '/api/v3';
const HOUR_MS = 60 * 60 * 1000;

interface InstallationToken {
  token: string;
  expires_at: string;
  permissions: Record<string, string>;
  repository_selection: string;
  repositories?: { full_name: string }[];
}

interface Scene {
  server: TestServer;
  clock: ManualClock;
  app: App;
  id: number;
  jwt(options?: Parameters<typeof appJwt>[2], issuer?: string): Promise<string>;
  issue(json?: object): Promise<{ status: number; body: InstallationToken }>;
  get(path: string, token: string): Promise<{ status: number; body: unknown }>;
}

/** An App with a key, installed on `me`, which has the repositories app and web; there is you/app beside it. */
async function scene(permissions: Record<string, string>, repositories: string[] | null = null): Promise<Scene> {
  const clock = new ManualClock();
  const server = await start({ clock });
  for (const [org, name] of [
    ['me', 'app'],
    ['me', 'web'],
    ['you', 'app'],
  ]) {
    await server.rest('POST', `${API}/orgs/${org}/repos`, { name });
  }
  await server.rest('POST', `${V1}/apps`, { slug: 'scaler', name: 'Scaler', permissions });
  await server.rest('POST', `${V1}/apps/scaler/keys`, { publicKey: PUBLIC_KEY });
  const app = await server.rest<App>('PUT', `${V1}/apps/scaler/installations/me`, { repositories });
  const id = app.installations[0]?.id ?? 0;
  const jwt: Scene['jwt'] = (options, issuer = app.clientId) => appJwt(issuer, clock.now(), options);
  return {
    server,
    clock,
    app,
    id,
    jwt,
    issue: async (json) =>
      call('POST', `${server.url}${API}/app/installations/${id}/access_tokens`, { token: await jwt(), json }),
    get: (path, token) => call('GET', `${server.url}${API}${path}`, { token }),
  };
}

test('an App gets from its key to a registration token, as controllers of runners do (runner-protocol 10.1)', async () => {
  const { server, jwt, get, issue, app } = await scene({ organization_self_hosted_runners: 'write' });
  const own = await get('/app', await jwt({}, String(app.id)));
  expect(own).toMatchObject({ status: 200, body: { slug: 'scaler', client_id: app.clientId, installations_count: 1 } });
  expect(await get('/app/installations', await jwt())).toMatchObject({ body: [{ account: { login: 'me' } }] });
  expect(await get('/orgs/ME/installation', await jwt())).toMatchObject({ status: 200, body: { app_slug: 'scaler' } });
  expect(await get('/repos/me/app/installation', await jwt())).toMatchObject({ status: 200 });
  expect(await get('/users/me/installation', await jwt())).toMatchObject({ status: 200 });
  expect(await get('/orgs/you/installation', await jwt())).toMatchObject({ status: 404 });
  const { status, body } = await issue();
  expect(status).toBe(201);
  expect(body).toMatchObject({ token: expect.stringMatching(/^ghs_/), expires_at: '2026-01-01T01:00:00Z' });
  expect(body.permissions).toEqual({ organization_self_hosted_runners: 'write', metadata: 'read' });
  const register = (path: string) =>
    call('POST', `${server.url}${API}${path}/actions/runners/registration-token`, { token: body.token });
  expect((await register('/orgs/me')).status).toBe(201);
  expect((await register('/orgs/you')).status).toBe(404);
  expect((await register('/repos/me/app')).status).toBe(403);
  expect((await register('/enterprises/switchyard')).status).toBe(404);
});

test('a token of an installation can be narrowed to repositories and permissions, and never widened', async () => {
  const { server, issue, get } = await scene({ contents: 'write', actions: 'read' });
  const narrow = await issue({ repositories: ['app'], permissions: { contents: 'read' } });
  expect(narrow.body).toMatchObject({ permissions: { contents: 'read' }, repository_selection: 'selected' });
  expect(narrow.body.repositories?.map(({ full_name }) => full_name)).toEqual(['me/app']);
  const { token } = narrow.body;
  expect((await get('/repos/me/app', token)).status).toBe(200);
  expect((await get('/repos/me/web', token)).status).toBe(404);
  expect(await get('/repos/me/app/actions/runs', token)).toMatchObject({
    status: 403,
    body: { message: expect.stringContaining('Resource not accessible by integration') },
  });
  expect(await get('/installation/repositories', token)).toMatchObject({
    body: { total_count: 1, repositories: [{ full_name: 'me/app' }] },
  });
  for (const json of [
    { permissions: { contents: 'admin' } },
    { permissions: { actions: 'write' } },
    { permissions: { secrets: 'read' } },
    { permissions: { everything: 'write' } },
    { repositories: ['other'] },
    { repository_ids: [3] },
  ]) {
    expect((await issue(json)).status, JSON.stringify(json)).toBe(422);
  }
  expect((await call('DELETE', `${server.url}${API}/installation/token`, { token })).status).toBe(204);
  expect((await get('/repos/me/app', token)).status).toBe(401);
});

test('what an App or its installation loses, its tokens lose at once', async () => {
  const { server, issue, get, clock } = await scene({ actions: 'read' });
  const { token } = (await issue()).body;
  const runs = async (repository: string) => (await get(`/repos/${repository}/actions/runs`, token)).status;
  expect(await runs('me/web')).toBe(200);
  await server.rest('PUT', `${V1}/apps/scaler/installations/me`, { repositories: ['me/app'] });
  expect([await runs('me/web'), await runs('me/app')]).toEqual([404, 200]);
  await server.rest('PATCH', `${V1}/apps/scaler`, { permissions: { contents: 'read' } });
  expect(await runs('me/app')).toBe(403);
  await server.rest('PATCH', `${V1}/apps/scaler`, { permissions: { actions: 'read' } });
  expect(await runs('me/app')).toBe(200);
  clock.advance(HOUR_MS);
  expect(await runs('me/app')).toBe(401);
  const { token: second } = (await issue()).body;
  await server.rest('DELETE', `${V1}/apps/scaler/installations/me`);
  expect((await get('/repos/me/app', second)).status).toBe(401);
});

test('an App pushes and fetches with the permission for contents', async () => {
  const { server, issue } = await scene({ contents: 'read' });
  await server.pushWorkflow('on: workflow_dispatch\njobs: {a: {runs-on: x, steps: [{run: "true"}]}}');
  const { token } = (await issue()).body;
  const url = `http://x-access-token:${token}@${new URL(server.url).host}/me/app.git`;
  const folder = `${server.folder}/clone`;
  await git(server.folder, 'clone', '-q', url, folder);
  await git(folder, 'commit', '-q', '--allow-empty', '-m', 'More');
  await expect(git(folder, 'push', url, 'HEAD:main')).rejects.toThrow('403');
  await server.rest('PATCH', `${V1}/apps/scaler`, { permissions: { contents: 'write' } });
  const { token: writing } = (await issue()).body;
  await git(folder, 'push', '-q', url.replace(token, writing), 'HEAD:main');
});

test('JWTs of Apps are refused that are too long, too old, from the future, of another key, or none', async () => {
  const { jwt, get, app, clock } = await scene({});
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const status = async (token: Promise<string> | string) => (await get('/app', await token)).status;
  // As ARC makes it: a minute back, and up to a minute of difference between the clocks.
  expect(await status(jwt({ seconds: 55 }))).toBe(200);
  expect(await status(jwt({ seconds: -500 }))).toBe(200);
  expect(await status(jwt({ life: 60 * 60 }))).toBe(401);
  expect(await status(jwt({ seconds: -700 }))).toBe(401);
  expect(await status(jwt({ seconds: 180 }))).toBe(401);
  expect(await status(jwt({ key: privateKey }))).toBe(401);
  expect(await status(jwt({ alg: 'RS512' }))).toBe(401);
  expect(await status(jwt({}, 'nobody'))).toBe(404);
  expect(await status('a.b.c')).toBe(401);
  const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from(JSON.stringify({ iss: app.clientId })).toString('base64url')}.`;
  expect(await status(none)).toBe(401);
  expect((await get('/repos/me/app', await jwt())).status).toBe(401);
  clock.advance(HOUR_MS);
  expect(await status(jwt())).toBe(200);
});

test('only public RSA keys of a good length are taken, and a key that is taken away signs nothing more', async () => {
  const { server, get, jwt, app } = await scene({});
  const short = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ type: 'spki', format: 'pem' });
  const secret = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({
    type: 'pkcs8',
    format: 'pem',
  });
  const curve = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ type: 'spki', format: 'pem' });
  for (const publicKey of [short, secret, curve, 'nothing']) {
    const answer = await call('POST', `${server.url}${V1}/apps/scaler/keys`, {
      token: server.token,
      json: { publicKey },
    });
    expect(answer).toMatchObject({ status: 422, body: { code: 'bad-public-key' } });
  }
  await server.rest('DELETE', `${V1}/apps/scaler/keys/${app.keys[0]?.id}`);
  expect((await get('/app', await jwt())).status).toBe(401);
});
