import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { DASHBOARD_PREFIX, type PoolHistory, type PoolList } from '../../src/protocol/dashboard/index.ts';
import { fleetOfSettings } from '../../src/server/dashboard/fleet-api.ts';
import { dashboardRoutes } from '../../src/server/dashboard/routes.ts';
import { Callers } from '../support/callers.ts';
import { serversPerTest } from '../support/server.ts';
import { type SmallServer, startSmallServer } from '../support/small-server.ts';
import { TestFleet } from '../support/test-fleet.ts';
import { waitFor } from '../support/wait.ts';

const POOLS = [
  { name: 'all', scope: { kind: 'enterprise', name: 'switchyard' } },
  { name: 'mine', scope: { kind: 'repository', name: 'Me/App' } },
  { name: 'nowhere', scope: null },
  { name: 'theirs', scope: { kind: 'organization', name: 'you' } },
].map((pool) => ({ ...pool, namespace: 'default', problems: ['The sun is down.'] }));

describe("the fleet's pools, as the server passes them on", () => {
  let server: SmallServer;
  let callers: Callers;
  let administrator: string;
  let fleet: Server;
  /** What the fleet was asked, with the token that came. */
  let asked: string[];
  /** What it answers, whatever it is asked; by default as a fleet does. */
  let answer: { status: number; text: string } | 'nothing' | undefined;

  beforeAll(async () => {
    server = await startSmallServer(async (app, context) => {
      await app.register(dashboardRoutes(context), { prefix: DASHBOARD_PREFIX });
    });
    callers = new Callers(server.context);
    administrator = await callers.person({ grants: { '*': 'admin' } });
  });
  afterAll(() => server.close());

  beforeEach(async () => {
    asked = [];
    answer = undefined;
    fleet = createServer(({ url = '', headers }, response) => {
      asked.push(`${url} ${headers.authorization}`);
      if (answer === 'nothing') return;
      const { status, text } = answer ?? asFleet(url);
      response.writeHead(status, { 'content-type': 'application/json' }).end(text);
    });
    await new Promise<void>((resolve) => fleet.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(fleet.address() as AddressInfo).port}`;
    server.context.fleet = async () => ({ url, token: 'of-the-fleet' });
  });
  afterEach(async () => {
    server.context.closing = new AbortController().signal;
    fleet.closeAllConnections();
    await new Promise((resolve) => fleet.close(resolve));
  });

  function asFleet(url: string): { status: number; text: string } {
    const ok = (value: unknown) => ({ status: 200, text: JSON.stringify(value) });
    if (url === '/explain/pools') return ok({ pools: POOLS });
    const pool = POOLS.find(({ name }) => url.startsWith(`/explain/pools/default/${name}`));
    if (!pool) return { status: 404, text: '{}' };
    return ok(url.endsWith('/history') ? { from: 'a', to: 'b', points: [] } : pool);
  }

  async function get(path: string, authorization = administrator) {
    const response = await fetch(server.url + DASHBOARD_PREFIX + path, { headers: { authorization } });
    return { status: response.status, body: await response.json() };
  }

  const names = async (authorization: string): Promise<string[]> =>
    ((await get('/pools', authorization)).body as PoolList).pools.map(({ name }) => name);

  it('are listed, shown one by one and with their last day, with the token of the fleet', async () => {
    expect(await get('/pools')).toEqual({ status: 200, body: { hasFleet: true, pools: POOLS } });
    expect(await get('/pools/default/mine')).toEqual({ status: 200, body: POOLS[1] });
    expect(await get('/pools/default/mine/history')).toEqual({ status: 200, body: { from: 'a', to: 'b', points: [] } });
    expect(asked).toEqual([
      '/explain/pools Bearer of-the-fleet',
      '/explain/pools/default/mine Bearer of-the-fleet',
      '/explain/pools/default/mine Bearer of-the-fleet',
      '/explain/pools/default/mine/history Bearer of-the-fleet',
    ]);
  });

  it('are shown to those whose jobs their runners may take, and to nobody else', async () => {
    const reader = await callers.person({ scope: 'read', grants: { 'me/app': 'read' } });
    const stranger = await callers.person({ scope: 'read' });
    expect(await names(administrator)).toEqual(['all', 'mine', 'nowhere', 'theirs']);
    expect(await names(reader)).toEqual(['all', 'mine']);
    expect(await names(stranger)).toEqual([]);
    expect((await get('/pools/default/theirs', reader)).status).toBe(404);
    expect((await get('/pools/default/theirs/history', reader)).status).toBe(404);
    expect(asked.at(-1)).toMatch(/^\/explain\/pools\/default\/theirs Bearer/);
    expect((await get('/pools', 'Bearer wrong')).status).toBe(401);
  });

  it('are not there when the fleet has none of the name, and no path leads elsewhere', async () => {
    expect((await get('/pools/default/nobody')).body).toMatchObject({ code: 'not-found' });
    asked = [];
    for (const name of ['..%2F..%2Fapi', 'a%3Fb', 'A', '-a']) {
      expect((await get(`/pools/default/${name}`)).status, name).toBe(422);
    }
    expect(asked).toEqual([]);
  });

  it('are none for a server that was told of no fleet', async () => {
    server.context.fleet = async () => undefined;
    expect(await get('/pools')).toEqual({ status: 200, body: { hasFleet: false, pools: [] } });
    expect((await get('/pools/default/mine')).status).toBe(404);
  });

  it.each([
    ["The fleet refuses the server's token.", { status: 401, text: '{}' }],
    ['The fleet answered 500.', { status: 500, text: '{}' }],
    ['The fleet answered 302.', { status: 302, text: '' }],
    ['What answers in place of the fleet speaks otherwise.', { status: 404, text: '{}' }],
    ['What answers in place of the fleet speaks otherwise.', { status: 200, text: '<html>' }],
    ['What answers in place of the fleet speaks otherwise.', { status: 200, text: '{"pools":[{}]}' }],
  ])('are a 502: %s', async (message, said) => {
    answer = said;
    expect(await get('/pools')).toMatchObject({ status: 502, body: { message, code: 'fleet-failed' } });
  });

  it('are a 502 with what to do when the fleet cannot be reached', async () => {
    server.context.fleet = async () => ({ url: 'http://127.0.0.1:1', token: 'x' });
    expect(await get('/pools')).toEqual({
      status: 502,
      body: {
        message: 'The fleet does not answer.',
        code: 'fleet-failed',
        hint: 'It may be stopped or restarting.',
      },
    });
  });

  it('do not keep a closing server waiting for a fleet that hangs', async () => {
    const closing = new AbortController();
    server.context.closing = closing.signal;
    answer = 'nothing';
    const asking = get('/pools');
    await waitFor('the fleet to be asked', async () => asked.length > 0);
    closing.abort();
    expect((await asking).status).toBe(502);
  });
});

describe('the fleet of the settings', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'switchyard-fleet-of-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  afterEach(() => vi.unstubAllEnvs());

  it('is the one at SWITCHYARD_FLEET, with the token that its file holds just then', async () => {
    const file = join(folder, 'token');
    await writeFile(file, 'one\n');
    vi.stubEnv('SWITCHYARD_FLEET', 'http://fleet.example:8485/');
    expect(await fleetOfSettings()).toBeUndefined();
    vi.stubEnv('SWITCHYARD_FLEET_TOKEN_FILE', file);
    expect(await fleetOfSettings()).toEqual({ url: 'http://fleet.example:8485', token: 'one' });
    await writeFile(file, 'two\n');
    expect(await fleetOfSettings()).toMatchObject({ token: 'two' });
    await rm(file);
    await expect(fleetOfSettings()).rejects.toThrow('The file of SWITCHYARD_FLEET_TOKEN_FILE cannot be read.');
  });
});

describe('a server with a real fleet', () => {
  const { start } = serversPerTest();

  it('shows its pool with runners and their last minutes', async () => {
    let fleet: TestFleet | undefined;
    const server = await start({ fleet: async () => fleet?.place });
    const list = (): Promise<PoolList> => server.rest('GET', '/switchyard/v1/pools');
    expect(await list()).toEqual({ hasFleet: false, pools: [] });
    fleet = await TestFleet.start(server, 1);
    try {
      const idle = await waitFor('an idle runner', async () => (await list()).pools.find(({ idle }) => idle === 1));
      expect(idle).toMatchObject({ namespace: 'default', name: 'linux', desired: 1, busy: 0, queued: 0 });
      const path = '/switchyard/v1/pools/default/linux';
      expect(await server.rest('GET', path)).toMatchObject({ runners: [{ state: 'idle' }] });
      expect(((await server.rest('GET', `${path}/history`)) as PoolHistory).from).toMatch(/Z$/);
    } finally {
      await fleet.close();
    }
    await expect(list()).rejects.toThrow('502');
  });
});
