import { createConnection } from 'node:net';
import { expect, test } from 'vitest';
import type {
  ActList,
  NewToken,
  RepositoryList,
  TokenRequest,
  User,
  Viewer,
} from '../../src/protocol/dashboard/index.ts';
import { eventStream } from '../support/event-stream.ts';
import { git } from '../support/git.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { serversPerTest, type TestServer } from '../support/server.ts';
import { call } from '../support/simulated-runner.ts';

const { start } = serversPerTest();
const V1 = '/switchyard/v1';
const WORKFLOW = 'on: push\njobs: {build: {runs-on: self-hosted, steps: [{run: "true"}]}}';
const DAY_MS = 24 * 60 * 60 * 1000;

type Grants = Record<string, 'read' | 'write' | 'admin'>;

/** @returns a token of a new user with these grants */
async function person(
  server: TestServer,
  login: string,
  grants: Grants,
  more: Partial<TokenRequest> = {},
): Promise<NewToken> {
  await server.rest<User>('POST', `${V1}/users`, { login });
  for (const [place, access] of Object.entries(grants)) {
    await server.rest('PUT', `${V1}/users/${login}/grants`, { place, access });
  }
  return server.rest('POST', `${V1}/tokens`, { user: login, scope: 'admin', ...more });
}

const status = async (server: TestServer, token: string, path: string, method = 'GET', json?: unknown) =>
  (await call(method, `${server.url}${path}`, { token, json })).status;

const runsSeenBy = async (server: TestServer, token: string): Promise<string[]> => {
  const { body } = await call<{ runs: { repository: string }[] }>('GET', `${server.url}${V1}/runs`, { token });
  return body.runs.map(({ repository }) => repository);
};

test('a new user sees nothing, and then what was granted: a repository, an owner, everything', async () => {
  const server = await start();
  for (const repository of ['me/app', 'me/web', 'you/app']) await server.pushWorkflow(WORKFLOW, { repository });
  const { token } = await person(server, 'alice', {});
  const names = async () =>
    (await call<RepositoryList>('GET', `${server.url}${V1}/repositories`, { token })).body.repositories.map(
      ({ name }) => name,
    );
  expect(await names()).toEqual([]);
  expect(await runsSeenBy(server, token)).toEqual([]);
  expect(await status(server, token, '/api/v3/repos/me/app')).toBe(404);
  await server.rest('PUT', `${V1}/users/alice/grants`, { place: 'Me/App', access: 'read' });
  expect(await names()).toEqual(['me/app']);
  expect(await runsSeenBy(server, token)).toEqual(['me/app']);
  expect(await status(server, token, '/api/v3/repos/ME/app')).toBe(200);
  expect(await status(server, token, '/api/v3/repos/me/web')).toBe(404);
  expect(await status(server, token, '/api/v3/orgs/me/actions/secrets')).toBe(404);
  await server.rest('PUT', `${V1}/users/alice/grants`, { place: 'me', access: 'write' });
  expect(await names()).toEqual(['me/app', 'me/web']);
  expect(await status(server, token, '/api/v3/orgs/me/actions/secrets')).toBe(403);
  await server.rest('PUT', `${V1}/users/alice/grants`, { place: '*', access: 'read' });
  expect(await names()).toHaveLength(3);
  await server.rest('DELETE', `${V1}/users/alice/grants/${encodeURIComponent('*')}`);
  await server.rest('DELETE', `${V1}/users/alice/grants/me`);
  await server.rest('DELETE', `${V1}/users/alice/grants/${encodeURIComponent('me/app')}`);
  expect(await names()).toEqual([]);
});

test('what one sees and may not do is refused in a sentence; what one does not see is not there', async () => {
  const server = await start();
  await server.pushWorkflow(WORKFLOW, { repository: 'me/app' });
  await server.pushWorkflow(WORKFLOW, { repository: 'you/app' });
  const { token } = await person(server, 'alice', { 'me/app': 'read' });
  const [yours, mine] = await server.runs();
  const cancel = (id = 0) => call('POST', `${server.url}${V1}/runs/${id}/cancel`, { token });
  expect(await cancel(mine?.id)).toMatchObject({
    status: 403,
    body: { message: 'Must have write rights to Repository.' },
  });
  expect(await cancel(yours?.id)).toMatchObject({ status: 404, body: { message: `Run ${yours?.id} was not found.` } });
  expect(await status(server, token, `${V1}/runs/${yours?.id}`)).toBe(404);
  expect((await server.runs()).every((run) => run.status === 'queued')).toBe(true);
  expect(await status(server, token, `${V1}/users`)).toBe(404);
  await server.rest('PUT', `${V1}/users/alice/grants`, { place: 'me/app', access: 'write' });
  expect((await cancel(mine?.id)).status).toBe(202);
});

test('a token may be less than its user: by scope, by places, and by time', async () => {
  const clock = new ManualClock();
  const server = await start({ clock });
  await server.rest('POST', '/api/v3/orgs/me/repos', { name: 'app' });
  const expiresAt = new Date(clock.now() + DAY_MS).toISOString();
  const { token } = await person(server, 'alice', { '*': 'admin' }, { scope: 'read', places: ['me/app'], expiresAt });
  const put = (repository: string) =>
    call('PUT', `${server.url}${V1}/repos/${repository}/secrets/KEY`, { token, json: { value: 'x' } });
  expect(await put('me/app')).toMatchObject({
    status: 403,
    body: { message: 'The token does not have the scope "write".' },
  });
  expect(await status(server, token, '/api/v3/repos/me/app')).toBe(200);
  expect(await status(server, token, '/api/v3/orgs/me/actions/secrets')).toBe(404);
  const response = await fetch(`${server.url}/api/v3/user`, { headers: { authorization: `token ${token}` } });
  expect(response.headers.get('github-authentication-token-expiration')).toBe('2026-01-02 00:00:00 UTC');
  expect(response.headers.get('x-oauth-scopes')).toBeNull();
  clock.advance(DAY_MS);
  expect(await status(server, token, '/api/v3/repos/me/app')).toBe(401);
  const late = await call('POST', `${server.url}${V1}/tokens`, {
    token: server.token,
    json: { user: 'alice', scope: 'read', expiresAt },
  });
  expect(late).toMatchObject({ status: 422, body: { code: 'bad-expiry' } });
});

test('git is open to who may read, or write, at that place', async () => {
  const server = await start();
  await server.pushWorkflow(WORKFLOW, { repository: 'me/app' });
  const reader = await person(server, 'reader', { 'me/app': 'read' });
  const writer = await person(server, 'writer', { me: 'write' });
  const url = (token: string, repository: string) => `http://x:${token}@${new URL(server.url).host}/${repository}.git`;
  const folder = `${server.folder}/clone`;
  await git(server.folder, 'clone', '-q', url(reader.token, 'me/app'), folder);
  await git(folder, 'commit', '-q', '--allow-empty', '-m', 'More');
  await expect(git(folder, 'push', url(reader.token, 'me/app'), 'HEAD:main')).rejects.toThrow('403');
  await expect(git(folder, 'ls-remote', url(reader.token, 'me/other'))).rejects.toThrow('not found');
  await expect(git(folder, 'push', url(writer.token, 'you/new'), 'HEAD:main')).rejects.toThrow('not found');
  await git(folder, 'push', '-q', url(writer.token, 'me/new'), 'HEAD:main');
  const { acts } = await server.rest<ActList>('GET', `${V1}/audit?action=repo.create&place=me/new`);
  expect(acts).toMatchObject([{ actor: 'writer', place: 'me/new', tokenId: writer.id, status: 201 }]);
});

test('who is suspended or removed is let in nowhere any more, and a revoked token opens nothing', async () => {
  const server = await start();
  const { token } = await person(server, 'alice', { '*': 'admin' });
  const second = await server.rest<NewToken>('POST', `${V1}/tokens`, { user: 'alice', scope: 'read' });
  await server.rest('PATCH', `${V1}/users/alice`, { suspended: true });
  expect(await status(server, token, '/api/v3/user')).toBe(403);
  await server.rest('PATCH', `${V1}/users/alice`, { suspended: false });
  expect(await status(server, token, '/api/v3/user')).toBe(200);
  expect(await status(server, token, `${V1}/tokens/${second.id}`, 'DELETE')).toBe(204);
  expect(await status(server, second.token, '/api/v3/user')).toBe(401);
  await server.rest('DELETE', `${V1}/users/alice`);
  expect(await status(server, token, '/api/v3/user')).toBe(401);
  // Whoever comes by the same name later has none of it.
  await server.rest('POST', `${V1}/users`, { login: 'Alice' });
  expect(await status(server, token, '/api/v3/user')).toBe(401);
});

test('people see and revoke their own tokens only, and tell of none', async () => {
  const server = await start();
  const { token, id } = await person(server, 'alice', {}, { note: 'laptop' });
  const other = await person(server, 'bob', {});
  const { body } = await call<object>('GET', `${server.url}${V1}/tokens?user=bob`, { token });
  expect(body).toMatchObject({ tokens: [{ id, user: 'alice', note: 'laptop', places: null }] });
  expect(JSON.stringify(body)).not.toContain(token);
  expect(await status(server, token, `${V1}/tokens/${other.id}`, 'DELETE')).toBe(404);
  expect(await status(server, token, `${V1}/tokens`, 'POST', { user: 'alice', scope: 'admin' })).toBe(404);
  expect(await status(server, other.token, '/api/v3/user')).toBe(200);
});

test('the installation keeps its own administrator; of a revoked first token the next start makes another', async () => {
  const server = await start();
  const refused = await call('DELETE', `${server.url}${V1}/users/admin`, { token: server.token });
  expect(refused).toMatchObject({ status: 422, body: { code: 'own-administrator' } });
  const { tokens } = await server.rest<{ tokens: { id: number }[] }>('GET', `${V1}/tokens?user=admin`);
  const first = server.token;
  await server.rest('DELETE', `${V1}/tokens/${tokens[0]?.id}`);
  await server.stop();
  const again = await start({ dataFolder: server.folder });
  expect(again.token).not.toBe(first);
  expect(await status(again, first, '/api/v3/user')).toBe(401);
  expect(await status(again, again.token, '/api/v3/user')).toBe(200);
});

test('the page is told who is signed in', async () => {
  const server = await start();
  const { token } = await person(server, 'alice', {});
  const viewer = async (secret?: string) =>
    (await call<Viewer>('GET', `${server.url}${V1}/viewer`, { token: secret })).body;
  expect(await viewer(token)).toEqual({ login: 'alice', isAdmin: false });
  expect(await viewer(server.token)).toEqual({ login: 'admin', isAdmin: true });
  expect(await viewer()).toEqual({ login: null, isAdmin: false });
});

test('live events tell people only of what they see, and end for who loses everything', async () => {
  const clock = new ManualClock();
  const server = await start({ clock });
  await server.pushWorkflow(WORKFLOW, { repository: 'me/app' });
  const { token } = await person(server, 'alice', { 'me/app': 'read' });
  const stream = await eventStream(`${server.url}${V1}/events`, token);
  await server.pushWorkflow(WORKFLOW, { repository: 'you/secret' });
  clock.advance(1_000);
  await server.pushWorkflow(`${WORKFLOW}\n# again`, { repository: 'me/app' });
  await stream.until((text) => {
    clock.advance(100);
    return text.includes('event: received-event');
  });
  expect(stream.text()).toContain('me/app');
  expect(stream.text()).not.toContain('you/secret');
  await server.rest('PATCH', `${V1}/users/alice`, { suspended: true });
  clock.advance(15_000);
  await stream.ended;
});

test('acts of administration are written down with who, with what and from where, and without secrets', async () => {
  const server = await start();
  const { token, id } = await person(server, 'alice', { me: 'admin' });
  await call('POST', `${server.url}/api/v3/orgs/me/repos`, { token, json: { name: 'app' } });
  await call('PUT', `${server.url}${V1}/repos/me/app/secrets/KEY`, { token, json: { value: 'hush-hush' } });
  await call('PUT', `${server.url}/api/v3/repos/me/app/environments/prod`, { token, json: { wait_timer: 999_999 } });
  const { body } = await call<ActList>('GET', `${server.url}${V1}/audit?actor=ALICE`, { token: server.token });
  expect(body.acts).toMatchObject([
    { action: 'repo.update_environment', place: 'me/app', status: 422, details: { environment: 'prod' } },
    {
      action: 'repo.update_secret',
      actor: 'alice',
      tokenId: id,
      place: 'me/app',
      details: { name: 'KEY' },
      address: '127.0.0.1',
      status: 204,
    },
    { action: 'org.create_repo', place: 'me', status: 201, details: { name: 'app' } },
  ]);
  const all = JSON.stringify(await server.rest('GET', `${V1}/audit`));
  expect(all).not.toContain('hush-hush');
  expect(all).not.toContain(token);
  const ofOrganization = await call<object[]>('GET', `${server.url}/api/v3/orgs/me/audit-log?per_page=2`, { token });
  expect(ofOrganization.body).toHaveLength(2);
  expect(ofOrganization.body[0]).toMatchObject({
    action: 'repo.update_environment',
    org: 'me',
    repo: 'me/app',
    token_id: id,
  });
  expect(await status(server, token, '/api/v3/enterprises/switchyard/audit-log')).toBe(404);
  const phrase = encodeURIComponent('actor:admin action:server.create_user');
  const found = await server.rest<object[]>('GET', `/api/v3/enterprises/switchyard/audit-log?phrase=${phrase}`);
  expect(found).toMatchObject([{ action: 'server.create_user', data: { login: 'alice' }, business: 'switchyard' }]);
});

test('collaborators of REST are grants at the repository', async () => {
  const server = await start();
  await server.rest('POST', '/api/v3/orgs/me/repos', { name: 'app' });
  const { token } = await person(server, 'alice', {});
  const base = '/api/v3/repos/me/app/collaborators';
  await server.rest('PUT', `${base}/alice`, { permission: 'pull' });
  expect(await status(server, token, '/api/v3/repos/me/app')).toBe(200);
  expect(await server.rest('GET', `${base}/alice/permission`)).toMatchObject({
    permission: 'read',
    user: { login: 'alice' },
  });
  expect(await server.rest('GET', base)).toMatchObject([{ login: 'admin' }, { login: 'alice', role_name: 'read' }]);
  await server.rest('DELETE', `${base}/alice`);
  expect(await status(server, token, '/api/v3/repos/me/app')).toBe(404);
  const elsewhere = await call('DELETE', `${server.url}${base}/admin`, { token: server.token });
  expect(elsewhere).toMatchObject({ status: 422 });
});

test('too many requests of one token are refused in GitHub’s words and headers, and another goes on', async () => {
  const clock = new ManualClock();
  const server = await start({ clock, rateLimit: 3 });
  const get = (path: string) =>
    fetch(`${server.url}/api/v3${path}`, { headers: { authorization: `Bearer ${server.token}` } });
  const first = await get('/user');
  expect(Object.fromEntries([...first.headers].filter(([name]) => name.startsWith('x-ratelimit')))).toEqual({
    'x-ratelimit-limit': '3',
    'x-ratelimit-remaining': '2',
    'x-ratelimit-used': '1',
    'x-ratelimit-reset': String(clock.now() / 1000 + 3_600),
    'x-ratelimit-resource': 'core',
  });
  await get('/user');
  await get('/enterprises/switchyard/actions/runners');
  const refused = await get('/user');
  expect(refused.status).toBe(429);
  expect(refused.headers.get('retry-after')).toBe('3600');
  expect(refused.headers.get('x-ratelimit-remaining')).toBe('0');
  expect(await refused.json()).toMatchObject({ message: expect.stringContaining('API rate limit exceeded') });
  expect(await (await get('/rate_limit')).json()).toMatchObject({ rate: { used: 3, remaining: 0 } });
  expect((await fetch(`${server.url}/api/v3/meta`)).status).toBe(200);
  clock.advance(60 * 60 * 1000);
  expect((await get('/user')).status).toBe(200);
});

test('a head that is too big is refused before anything is read', async () => {
  const server = await start();
  const { port } = new URL(server.url);
  const socket = createConnection(Number(port), '127.0.0.1');
  const answer = new Promise<string>((resolve) => socket.once('data', (data) => resolve(String(data))));
  socket.write(`GET / HTTP/1.1\r\nhost: x\r\nx-long: ${'x'.repeat(40 * 1024)}\r\n\r\n`);
  expect(await answer).toContain('431');
  socket.destroy();
});
