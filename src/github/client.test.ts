import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { apiUrl } from '../protocol/github/urls.ts';
import { GitHubClient } from './client.ts';
import { ConditionalReads } from './conditional-reads.ts';
import { listRunners, removeRunner, runnerGroupId, scopeUrl } from './self-hosted-runners.ts';

describe('the REST base of a server', () => {
  it.each([
    ['https://github.com', 'https://api.github.com'],
    ['https://www.github.com/', 'https://api.github.com'],
    ['https://acme.ghe.com', 'https://api.acme.ghe.com'],
    ['https://notgithub.com', 'https://notgithub.com/api/v3'],
    ['http://127.0.0.1:8484/', 'http://127.0.0.1:8484/api/v3'],
    ['https://ghes.example:8443/some/path', 'https://ghes.example:8443/api/v3'],
  ])('of %s is %s (runner-protocol 1.1)', (url, api) => {
    expect(apiUrl(url)).toBe(api);
  });
});

describe('the GitHub client', () => {
  let server: Server;
  let client: GitHubClient;
  let answer: { status: number; headers?: Record<string, string>; body: string };
  let seen: { url: string; authorization: string | undefined; etag?: string }[];
  beforeEach(async () => {
    seen = [];
    server = createServer((request, response) => {
      const { authorization, 'if-none-match': etag } = request.headers;
      seen.push({ url: request.url ?? '', authorization, ...(etag ? { etag } : {}) });
      const page = Number(new URL(request.url ?? '/', 'http://x').searchParams.get('page'));
      if (answer.body !== 'pages') {
        response.writeHead(answer.status, answer.headers).end(answer.body);
        return;
      }
      const runner = (id: number) => ({ id, name: `r${id}`, os: 'linux', status: 'online', busy: false, labels: [] });
      const count = page === 1 ? 100 : 50;
      const runners = Array.from({ length: count }, (_one, index) => runner((page - 1) * 100 + index));
      response.end(JSON.stringify({ total_count: 150, runners }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    client = new GitHubClient({ url, token: 'secret', timeoutMs: 10_000 });
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  it('asks only for changes of what it has read, and takes note of the rate limit', async () => {
    const reads = new ConditionalReads(client);
    const Shape = z.object({ total_count: z.number() });
    const limits = { 'x-ratelimit-limit': '5000', 'x-ratelimit-remaining': '4999', 'x-ratelimit-reset': '1700000000' };
    answer = { status: 200, headers: { etag: '"one"', ...limits }, body: '{"total_count": 3}' };
    expect(await reads.read(Shape, '/thing')).toEqual({ total_count: 3 });
    expect(client.budget).toEqual({ limit: 5_000, remaining: 4_999, resetAtMs: 1_700_000_000_000 });
    answer = { status: 304, body: '' };
    expect(await reads.read(Shape, '/thing')).toEqual({ total_count: 3 });
    expect(seen.map(({ etag }) => etag)).toEqual([undefined, '"one"']);
    answer = {
      status: 200,
      headers: { 'x-ratelimit-resource': 'actions_runner_registration', ...limits },
      body: '{"total_count": 4}',
    };
    expect(await reads.read(Shape, '/thing')).toEqual({ total_count: 4 });
  });

  const scope = { kind: 'organization', name: 'octo' } as const;

  it('reads all pages of a list, with its token', async () => {
    answer = { status: 200, body: 'pages' };
    expect(await listRunners(new ConditionalReads(client), scope)).toHaveLength(150);
    expect(seen.map(({ url }) => url)).toEqual([
      '/api/v3/orgs/octo/actions/runners?per_page=100&page=1',
      '/api/v3/orgs/octo/actions/runners?per_page=100&page=2',
    ]);
    expect(seen[0]?.authorization).toBe('Bearer secret');
  });

  it.each([
    [204, 'removed'],
    [404, 'absent'],
    [422, 'busy'],
    [403, 'forbidden'],
  ])('takes %i to a DELETE as "%s"', async (status, meaning) => {
    answer = { status, body: '' };
    expect(await removeRunner(client, scope, 7)).toBe(meaning);
  });

  it.each([
    [401, {}, 401, false],
    [500, {}, 500, true],
    [429, {}, 429, true],
    [403, { 'x-ratelimit-remaining': '0' }, 429, true],
    [302, { location: 'http://elsewhere.example/' }, 302, false],
  ])('gives the status %i with %o as an OutsideError', async (status, headers, told, retryable) => {
    answer = { status, headers, body: '{"message":"why not"}' };
    const error = await client.send({ path: '/user' }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'OutsideError', status: told, retryable });
    expect(String(error)).toContain('why not');
    expect(String(error)).not.toContain('secret');
  });

  const tillReset = () => ({
    'x-ratelimit-remaining': '0',
    'x-ratelimit-reset': String(Math.ceil(Date.now() / 1_000) + 90),
  });
  it.each([
    ['the secondary limit, which tells its end', () => ({ 'retry-after': '90' }), 90, 0],
    ['the secondary limit, which does not', () => ({}), 60, 0],
    ['the primary limit, which leaves registrations alone', tillReset, 88, 1],
  ])('asks nothing again before the end of %s', async (_which, headers, endsInSeconds, registrations) => {
    const clock = new ManualClock();
    client = new GitHubClient({ url: client.serverUrl, token: 'secret', clock });
    answer = { status: 403, headers: headers(), body: '{"message":"You exceeded a secondary rate limit"}' };
    const ask = (path = '/user') => client.send({ path }).catch((thrown: unknown) => thrown);
    const first = (await ask()) as Error;
    answer = { status: 200, body: '{}' };
    clock.advance(endsInSeconds * 1_000 - 1);
    expect(await ask()).toMatchObject({ status: 429, retryable: true, message: first.message });
    await ask('/orgs/octo/actions/runners/generate-jitconfig');
    expect(seen).toHaveLength(1 + registrations);
    // The server tells the primary limit's end in whole seconds.
    clock.advance(4_000);
    expect(await ask()).toBeUndefined();
  });

  it('refuses an answer of another shape', async () => {
    answer = { status: 200, body: '{"login":1}' };
    const call = client.request(z.object({ login: z.string() }), { path: '/user' });
    await expect(call).rejects.toMatchObject({ name: 'OutsideError', retryable: false });
    answer = { status: 200, body: '<html>' };
    await expect(client.request(z.unknown(), { path: '/user' })).rejects.toThrow('did not answer JSON');
  });

  it('IMG-3: takes the Default group for runners of a repository where the server has no groups, and nowhere else', async () => {
    answer = { status: 404, body: '{"message":"Not Found"}' };
    expect(await runnerGroupId(client, { kind: 'repository', owner: 'octo', name: 'app' }, 'builders')).toBe(1);
    await expect(runnerGroupId(client, { kind: 'organization', name: 'octo' }, 'builders')).rejects.toThrow('404');
    answer = { status: 200, body: '{"total_count":1,"runner_groups":[{"id":7,"name":"Builders"}]}' };
    expect(await runnerGroupId(client, { kind: 'repository', owner: 'octo', name: 'app' }, 'builders')).toBe(7);
    await expect(runnerGroupId(client, { kind: 'organization', name: 'octo' }, 'none')).rejects.toThrow(
      'octo has no runner group "none".',
    );
  });

  it('says that nobody listens, and that an answer took too long', async () => {
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}`;
    const waiting = new GitHubClient({ url, token: 't', timeoutMs: 50 }).send({ path: '/' });
    await expect(waiting).rejects.toMatchObject({ retryable: true, status: undefined });
    silent.closeAllConnections();
    await new Promise((resolve) => silent.close(resolve));
    await expect(new GitHubClient({ url, token: 't' }).send({ path: '/' })).rejects.toThrow('ECONNREFUSED');
  });

  it('knows the address of a scope as config.sh takes it', () => {
    expect(scopeUrl('https://ghes.example', { kind: 'enterprise', name: 'e' })).toBe(
      'https://ghes.example/enterprises/e',
    );
    expect(scopeUrl('https://ghes.example', scope)).toBe('https://ghes.example/octo');
  });
});
