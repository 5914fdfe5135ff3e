import { afterEach, describe, expect, it, vi } from 'vitest';
import { ManualClock } from '../support/manual-clock.ts';
import { serversPerTest, type TestServer } from '../support/server.ts';
import { nextJob, put, type ServiceClient } from '../support/services.ts';
import { call } from '../support/simulated-runner.ts';
import { waitFor } from '../support/wait.ts';

const { start } = serversPerTest();
afterEach(() => vi.unstubAllEnvs());

const DAY_MS = 24 * 60 * 60 * 1000;
const REPO = '/api/v3/repos/me/app/actions';
const V1 = '/cache/_apis/artifactcache';
const WORKFLOW = `
on: [push, pull_request]
permissions: { actions: write }
jobs: { a: { runs-on: self-hosted, timeout-minutes: 200000, steps: [{ run: 'true' }] } }
`;

interface RestList {
  total_count: number;
  actions_caches: { id: number; key: string; ref: string; version: string; size_in_bytes: number }[];
}

async function jobOn(server: TestServer, ref: string, repository?: string): Promise<ServiceClient> {
  await server.pushWorkflow(WORKFLOW, { ref, repository });
  return nextJob(server);
}

/** A job of a pull request from `topic` into `base`. */
async function jobOfPull(server: TestServer, base: string, head = 'me/app'): Promise<ServiceClient> {
  const { sha } = await server.rest<{ sha: string }>('GET', '/switchyard/v1/runs').then((list) => {
    const { runs } = list as unknown as { runs: { sha: string }[] };
    return { sha: runs[0]?.sha ?? '' };
  });
  await server.rest('POST', '/switchyard/v1/repos/me/app/events', {
    event: 'pull_request',
    ref: 'refs/pull/7/merge',
    sha,
    payload: {
      action: 'opened',
      pull_request: {
        number: 7,
        head: { ref: 'topic', sha, repo: { full_name: head } },
        base: { ref: base, sha, repo: { full_name: 'me/app' } },
      },
    },
  });
  return nextJob(server);
}

describe('cache v2 (runner-protocol 9.7)', () => {
  it('finds the exact key before any other, and else the newest that begins with a key, in the order of keys', async () => {
    const clock = new ManualClock(Date.now());
    const client = await jobOn(await start({ clock }), 'main');
    for (const key of ['npm-a', 'npm-b', 'npm', 'yarn-1', 'npm-%']) {
      await client.save(key, `content of ${key}`);
      clock.advance(1_000);
    }
    expect(await client.restore('npm')).toEqual(['npm', 'content of npm']);
    expect((await client.restore('npm-'))?.[0]).toBe('npm-%');
    expect((await client.restore('pip', ['yarn', 'npm']))?.[0]).toBe('yarn-1');
    expect((await client.restore('pip', ['npm-a', 'yarn']))?.[0]).toBe('npm-a');
    expect((await client.restore('npm-%%', ['npm_']))?.[0]).toBeUndefined();
    expect(await client.restore('NPM')).toBeUndefined();
    expect(await client.restore('npm', [], 'other version')).toBeUndefined();
  });

  it('looks into the own ref first, then the base of a pull request, then the default branch, and nowhere else', async () => {
    const server = await start();
    const main = await jobOn(server, 'main');
    await main.save('k', 'main');
    await main.save('only-main', 'main');
    const release = await jobOn(server, 'release');
    expect(await release.restore('k')).toEqual(['k', 'main']);
    await release.save('k', 'release');
    await release.save('only-release', 'release');
    expect(await main.restore('k')).toEqual(['k', 'main']);
    expect(await main.restore('only-release')).toBeUndefined();

    const pull = await jobOfPull(server, 'release');
    expect(await pull.restore('k')).toEqual(['k', 'release']);
    expect(await pull.restore('only-main')).toEqual(['only-main', 'main']);
    await pull.save('k', 'pull');
    expect(await pull.restore('k')).toEqual(['k', 'pull']);
    expect(await release.restore('k')).toEqual(['k', 'release']);
    // A scope as a whole goes before the next, also with a mere beginning.
    await pull.save('only-main-2', 'pull');
    expect(await pull.restore('only-main')).toEqual(['only-main-2', 'pull']);
  });

  it('keeps repositories apart', async () => {
    const server = await start();
    await (await jobOn(server, 'main')).save('k', 'mine');
    expect(await (await jobOn(server, 'main', 'you/app')).restore('k')).toBeUndefined();
  });

  it('lets the jobs of a pull request from a fork read, but not write', async () => {
    const server = await start({ runForkPulls: true });
    await (await jobOn(server, 'main')).save('k', 'main');
    const stranger = await jobOfPull(server, 'main', 'stranger/app');
    expect(await stranger.restore('k')).toEqual(['k', 'main']);
    const { body } = await stranger.cache('CreateCacheEntry', { key: 'poison', version: 'v' });
    expect(body).toEqual({ ok: false, message: 'Runs of pull requests from forks may only read caches.' });
  });

  it('never changes a cache: the key is taken, and the upload URL is worth nothing afterwards', async () => {
    const client = await jobOn(await start(), 'main');
    const { body } = await client.cache<{ signed_upload_url: string }>('CreateCacheEntry', { key: 'k', version: 'v' });
    await put(body.signed_upload_url, 'first');
    const finish = () =>
      client.cache<{ entry_id: string }>('FinalizeCacheEntryUpload', { key: 'k', version: 'v', size_bytes: '5' });
    const id = (await finish()).body.entry_id;
    await put(body.signed_upload_url, 'other');
    expect(await client.restore('k')).toEqual(['k', 'first']);
    expect((await client.cache('CreateCacheEntry', { key: 'k', version: 'v' })).body).toEqual({ ok: false });
    // Again after a lost answer.
    expect((await finish()).body).toEqual({ ok: true, entry_id: id });
  });

  it('gives a reservation to one job, until that job has ended', async () => {
    const server = await start();
    const first = await jobOn(server, 'main');
    const second = await jobOn(server, 'main');
    const reserve = async (client: ServiceClient) =>
      (await client.cache<{ ok: boolean }>('CreateCacheEntry', { key: 'k', version: 'v' })).body.ok;
    expect(await reserve(first)).toBe(true);
    expect(await reserve(second)).toBe(false);
    expect(await reserve(first)).toBe(true);
    const foreign = await second.cache('FinalizeCacheEntryUpload', { key: 'k', version: 'v', size_bytes: '0' });
    expect(foreign.body).toMatchObject({ ok: false });
    await first.runner.complete(first.message);
    expect(await reserve(second)).toBe(true);
  });

  it('is not found before it is finalized, and not when it is incomplete', async () => {
    const client = await jobOn(await start(), 'main');
    const { body } = await client.cache<{ signed_upload_url: string }>('CreateCacheEntry', { key: 'k', version: 'v' });
    await put(body.signed_upload_url, 'abc');
    expect(await client.restore('k')).toBeUndefined();
    const done = await client.cache('FinalizeCacheEntryUpload', { key: 'k', version: 'v', size_bytes: '4' });
    expect(done.body).toEqual({ ok: false, message: 'Of 4 bytes 3 have arrived.' });
    expect(await client.restore('k')).toBeUndefined();
  });

  it('refuses keys with a comma, over 512 characters, and more than ten of them', async () => {
    const client = await jobOn(await start(), 'main');
    for (const key of ['a,b', '', 'x'.repeat(513)]) {
      expect((await client.cache('CreateCacheEntry', { key, version: 'v' })).status).toBe(422);
    }
    const many = { key: 'a', restore_keys: Array.from({ length: 11 }, (_, index) => `k${index}`), version: 'v' };
    expect((await client.cache('GetCacheEntryDownloadURL', many)).status).toBe(422);
  });
});

describe('cache v1 (runner-protocol 9.8)', () => {
  const patch = (server: TestServer, client: ServiceClient, id: number, start: number, text: string) =>
    fetch(`${server.url}${V1}/caches/${id}`, {
      method: 'PATCH',
      body: text,
      headers: {
        authorization: `Bearer ${client.token}`,
        'content-type': 'application/octet-stream',
        'content-range': `bytes ${start}-${start + text.length - 1}/*`,
      },
    });

  it('reserves, takes ranges in any order and again, commits, and is found by both protocols', async () => {
    const server = await start();
    const client = await jobOn(server, 'main');
    const miss = await client.call('GET', `${V1}/cache?keys=k,other&version=v`);
    expect(miss.status).toBe(204);
    const reserved = await client.call<{ cacheId: number }>('POST', `${V1}/caches`, {
      key: 'k-1',
      version: 'v',
      cacheSize: 11,
    });
    expect(reserved.status).toBe(201);
    const { cacheId } = reserved.body;
    for (const [at, text] of [
      [6, 'w----'],
      [0, 'hello '],
      [6, 'world'],
    ] as const) {
      expect((await patch(server, client, cacheId, at, text)).status).toBe(204);
    }
    expect((await client.call('POST', `${V1}/caches/${cacheId}`, { size: 11 })).status).toBe(204);
    // Again after a lost answer.
    expect((await client.call('POST', `${V1}/caches/${cacheId}`, { size: 11 })).status).toBe(204);
    const { body } = await client.call<{ cacheKey: string; archiveLocation: string; scope: string }>(
      'GET',
      `${V1}/cache?keys=${encodeURIComponent('none,k-')}&version=v`,
    );
    expect(body).toMatchObject({ cacheKey: 'k-1', scope: 'refs/heads/main', cacheVersion: 'v' });
    expect(await (await fetch(body.archiveLocation)).text()).toBe('hello world');
    expect(await client.restore('k-1')).toEqual(['k-1', 'hello world']);
    expect((await client.call('POST', `${V1}/caches`, { key: 'k-1', version: 'v' })).status).toBe(409);
    expect((await patch(server, client, cacheId, 0, 'x')).status).toBe(409);
    const list = await client.call(`GET`, `${V1}/caches?key=k`);
    expect(list.body).toMatchObject({ totalCount: 1, artifactCaches: [{ cacheKey: 'k-1' }] });
  });

  it('refuses a commit with a gap, a cache that is too large, and the reservation of another job', async () => {
    vi.stubEnv('SWITCHYARD_CACHE_MAX_MB', '1');
    const server = await start();
    const client = await jobOn(server, 'main');
    const { body } = await client.call<{ cacheId: number }>('POST', `${V1}/caches`, { key: 'k', version: 'v' });
    await patch(server, client, body.cacheId, 4, 'late');
    expect((await client.call('POST', `${V1}/caches/${body.cacheId}`, { size: 8 })).status).toBe(422);
    const large = { key: 'l', version: 'v', cacheSize: 1024 * 1024 + 1 };
    expect((await client.call('POST', `${V1}/caches`, large)).status).toBe(400);
    const other = await jobOn(server, 'main');
    expect((await patch(server, other, body.cacheId, 0, 'x')).status).toBe(404);
    expect((await other.call('POST', `${V1}/caches/${body.cacheId}`, { size: 0 })).status).toBe(404);
  });
});

describe('the room for caches', () => {
  it('is made by removing what was not used for longest', async () => {
    vi.stubEnv('SWITCHYARD_CACHE_MAX_MB', '1');
    const clock = new ManualClock(Date.now());
    const client = await jobOn(await start({ clock }), 'main');
    const content = 'x'.repeat(400 * 1024);
    for (const key of ['a', 'b']) {
      await client.save(key, content);
      clock.advance(1_000);
    }
    await client.restore('a');
    clock.advance(1_000);
    await client.save('c', content);
    expect(await client.restore('b')).toBeUndefined();
    expect((await client.restore('a'))?.[0]).toBe('a');
    expect((await client.restore('c'))?.[0]).toBe('c');
    const { body } = await client.cache<{ signed_upload_url: string }>('CreateCacheEntry', { key: 'd', version: 'v' });
    await put(body.signed_upload_url, 'x'.repeat(1024 * 1024 + 1));
    const done = await client.cache('FinalizeCacheEntryUpload', {
      key: 'd',
      version: 'v',
      size_bytes: String(1024 * 1024 + 1),
    });
    expect(done.body).toMatchObject({ ok: false });
    expect((await client.restore('a'))?.[0]).toBe('a');
  });

  it('is freed of caches that nobody has used for a week', async () => {
    const clock = new ManualClock(Date.now());
    const server = await start({ clock, leaseMs: 30 * DAY_MS });
    const client = await jobOn(server, 'main');
    await client.save('used', '1');
    await client.save('unused', '2');
    clock.advance(5 * DAY_MS);
    await client.restore('used');
    clock.advance(3 * DAY_MS);
    const keys = async () =>
      (await server.rest<RestList>('GET', `${REPO}/caches`)).actions_caches.map(({ key }) => key);
    await waitFor('the unused cache to go', async () => (await keys()).length === 1);
    expect(await keys()).toEqual(['used']);
  });
});

describe('caches by REST', () => {
  it('are listed with filters, order and pages, measured, and deleted by id and by key', async () => {
    const server = await start();
    const client = await jobOn(server, 'main');
    for (const key of ['npm-1', 'npm-22', 'pip-333']) await client.save(key, key);
    const list = (query = '') => server.rest<RestList>('GET', `${REPO}/caches${query}`);
    const keys = async (query: string) => (await list(query)).actions_caches.map(({ key }) => key);
    expect((await list()).total_count).toBe(3);
    expect(await keys('?key=npm&sort=size_in_bytes&direction=asc')).toEqual(['npm-1', 'npm-22']);
    expect(await keys('?sort=created_at&per_page=1&page=3')).toEqual(['npm-1']);
    expect(await keys('?ref=refs/heads/other')).toEqual([]);
    expect(await server.rest('GET', `${REPO}/cache/usage`)).toEqual({
      full_name: 'me/app',
      active_caches_size_in_bytes: 18,
      active_caches_count: 3,
    });
    const [first] = (await list('?key=pip')).actions_caches;
    await server.rest('DELETE', `${REPO}/caches/${first?.id}`);
    const deleted = await server.rest<RestList>('DELETE', `${REPO}/caches?key=npm-1`);
    expect(deleted).toMatchObject({ total_count: 1, actions_caches: [{ key: 'npm-1' }] });
    expect(await keys('')).toEqual(['npm-22']);
    const none = await call('DELETE', `${server.url}${REPO}/caches?key=npm`, { token: server.token });
    expect(none.status).toBe(404);
  });

  it('are counted for an organization and for the whole server, by repository too', async () => {
    const server = await start();
    for (const [repository, count] of [
      ['me/web', 2],
      ['me/app', 1],
      ['you/app', 3],
    ] as const) {
      const client = await jobOn(server, 'main', repository);
      for (let index = 0; index < count; index++) await client.save(`k-${index}`, 'x'.repeat(10));
    }
    await server.push({ 'a.txt': '' }, { repository: 'me/empty' });
    const usage = (path: string) => server.rest('GET', `/api/v3/${path}`);
    const total = (count: number) => ({
      total_active_caches_count: count,
      total_active_caches_size_in_bytes: count * 10,
    });
    expect(await usage('orgs/ME/actions/cache/usage')).toEqual(total(3));
    expect(await usage('orgs/nobody/actions/cache/usage')).toEqual(total(0));
    expect(await usage('enterprises/switchyard/actions/cache/usage')).toEqual(total(6));
    expect(await usage('orgs/me/actions/cache/usage-by-repository')).toEqual({
      total_count: 2,
      repository_cache_usages: [
        { full_name: 'me/app', active_caches_size_in_bytes: 10, active_caches_count: 1 },
        { full_name: 'me/web', active_caches_size_in_bytes: 20, active_caches_count: 2 },
      ],
    });
    const second = await usage('orgs/me/actions/cache/usage-by-repository?per_page=1&page=2');
    expect(second).toMatchObject({ total_count: 2, repository_cache_usages: [{ full_name: 'me/web' }] });
    const elsewhere = `${server.url}/api/v3/enterprises/other/actions/cache/usage`;
    expect((await call('GET', elsewhere, { token: server.token })).status).toBe(404);
  });
});
