import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { UserError } from '../../common/errors.ts';
import { silentLogger } from '../../common/log.ts';
import { GitHubClient } from '../../github/index.ts';
import type { RunnerScope } from '../../protocol/github/runners.ts';
import { DemandService, type WatchedPlace } from './demand-service.ts';
import { JobRecord } from './job-record.ts';

const APP: RunnerScope = { kind: 'repository', owner: 'octo', name: 'app' };
const OCTO: RunnerScope = { kind: 'organization', name: 'octo' };

/** Answers by token: which it serves, and with what it refuses the others. */
let tokens: Record<string, number>;
/** Of our own kind, which has sessions. */
let isOurs: boolean;
let calls: { path: string; token: string }[];
let server: Server;
let folder: string;
let clock: ManualClock;
let service: DemandService;
let secrets: Record<string, string>;
let clients: Map<string, GitHubClient>;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'demand-'));
  tokens = { own: 200 };
  secrets = {};
  isOurs = false;
  calls = [];
  clients = new Map();
  clock = new ManualClock(1_700_000_000_000);
  server = createServer(({ url = '', headers }, response) => {
    const token = (headers.authorization ?? '').replace('Bearer ', '');
    const path = url.replace('/api/v3', '').replace(/[?].*/, '');
    calls.push({ path, token });
    response.setHeader('content-type', 'application/json');
    response.statusCode = path === '/meta' ? 200 : (tokens[token] ?? 401);
    if (path === '/meta') response.end(JSON.stringify(isOurs ? { switchyard_version: '1' } : {}));
    else if (path.endsWith('/deliveries')) response.end('[]');
    else response.end(JSON.stringify({ total_count: 0, workflow_runs: [], message: 'no' }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  start(':memory:');
});
afterEach(async () => {
  await service.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true, force: true });
});

function start(file: string): void {
  service = new DemandService({
    file,
    own: client('own'),
    githubFor: ({ secretName }) => (secretName === undefined ? client('own') : fromSecret(secretName)),
    webhookSecrets: [],
    clock,
    logger: silentLogger,
  });
}

function client(token: string): GitHubClient {
  const { port } = server.address() as AddressInfo;
  const known = clients.get(token) ?? new GitHubClient({ url: `http://127.0.0.1:${port}`, token });
  clients.set(token, known);
  return known;
}

function fromSecret(name: string): GitHubClient {
  const token = secrets[name];
  if (token === undefined) throw new UserError('no-credentials', `There is no Secret ${name} in the namespace ci.`);
  return client(token);
}

/** A pool that names Secrets, or none for the fleet's own credentials. */
const pool = (
  name: string,
  names: (string | undefined)[],
  scope: RunnerScope = APP,
  repositories = ['octo/app'],
): WatchedPlace => ({
  name: `ci/${name}`,
  scope,
  labels: ['self-hosted'],
  repositories,
  credentials: names.map((secretName) => ({ scope, namespace: 'ci', secretName })),
});

const askedWith = (path: string): string[] => [
  ...new Set(calls.filter((call) => call.path === path).map(({ token }) => token)),
];
const RUNS = '/repos/octo/app/actions/runs';
const problem = () => service.demand.inScope(APP).problem;

/** Compares everything that is due. */
async function compared(): Promise<void> {
  const before = calls.length;
  clock.advance(60_000);
  await expect.poll(() => calls.length).toBeGreaterThan(before);
  await expect.poll(() => clock.pending).toBeGreaterThan(1);
}

describe('credentials that demand is read with (AUTH-2)', () => {
  it("lists jobs with a pool's own, and never with the fleet's", async () => {
    secrets = { octo: 'theirs' };
    tokens = { theirs: 200 };
    service.watch([pool('linux', ['octo'])]);
    await compared();
    expect(askedWith(RUNS)).toEqual(['theirs']);
    expect(problem()).toBeUndefined();
  });

  it('of two pools of one scope uses the first by name that the server does not refuse, whatever the order', async () => {
    secrets = { a: 'one', b: 'two', c: 'three' };
    tokens = { one: 403, two: 200, three: 200 };
    service.watch([pool('z', ['c']), pool('y', ['b']), pool('x', ['a'])]);
    await compared();
    expect(askedWith(RUNS)).toEqual(['one', 'two']);
    expect(problem()).toBeUndefined();
  });

  it('goes past a Secret that is missing, and takes that of the nearer scope first', async () => {
    secrets = { far: 'org' };
    tokens = { org: 200 };
    service.watch([pool('a', ['far'], OCTO), pool('b', ['gone'])]);
    await compared();
    expect(askedWith(RUNS)).toEqual(['org']);
    expect(problem()).toBeUndefined();
    secrets = { far: 'org', gone: 'near' };
    tokens = { org: 200, near: 200 };
    calls = [];
    await compared();
    expect(askedWith(RUNS)).toEqual(['near']);
  });

  it('says which Secret is missing, and reads at once when it is there', async () => {
    service.watch([pool('linux', ['octo'])]);
    clock.advance(0);
    await expect
      .poll(problem)
      .toBe('The jobs of octo/app could not be read: There is no Secret octo in the namespace ci.');
    expect(calls).toEqual([]);
    secrets = { octo: 'theirs' };
    tokens = { theirs: 200 };
    service.credentialsChanged();
    clock.advance(50);
    await expect.poll(problem).toBeUndefined();
    expect(askedWith(RUNS)).toEqual(['theirs']);
  });

  it('does not try others when the server itself fails', async () => {
    secrets = { a: 'one', b: 'two' };
    tokens = { one: 500, two: 200 };
    service.watch([pool('x', ['a']), pool('y', ['b'])]);
    await compared();
    expect(askedWith(RUNS)).toEqual(['one']);
    expect(problem()).toMatch(/answered 500/);
  });

  it('goes on with others when the rate limit of one is used up but for starts', async () => {
    const reset = String(clock.now() / 1_000 + 3_600);
    const limit = { 'x-ratelimit-limit': '5000', 'x-ratelimit-remaining': '900', 'x-ratelimit-reset': reset };
    server.prependListener('request', (request, response) => {
      if (request.headers.authorization !== 'Bearer one') return;
      for (const [name, value] of Object.entries(limit)) response.setHeader(name, value);
    });
    secrets = { a: 'one', b: 'two' };
    tokens = { one: 200, two: 200 };
    service.watch([pool('x', ['a']), pool('y', ['b'])]);
    await compared();
    expect(askedWith(RUNS)).toEqual(['one']);
    calls = [];
    await compared();
    expect(askedWith(RUNS)).toEqual(['two']);
  });

  it.each([
    ['a repository', '/repos/octo/app/hooks/1'],
    ['an organization', '/orgs/octo/hooks/2'],
  ])('asks a webhook of %s for missed deliveries with them', async (_what, hook) => {
    const file = join(folder, 'demand.db');
    const record = new JobRecord(file);
    record.take({ id: 'a', event: 'push', hook }, clock.now());
    record.close();
    await service.close();
    start(file);
    secrets = { octo: 'theirs', other: 'strange' };
    tokens = { theirs: 200, strange: 200 };
    service.watch([
      pool('a', ['other'], { kind: 'repository', owner: 'acme', name: 'app' }, []),
      pool('b', ['octo'], APP, []),
    ]);
    clock.advance(5 * 60_000);
    await expect.poll(() => askedWith(`${hook}/deliveries`)).toEqual(['theirs']);
  });

  it("opens the session of our own server with the pool's, and anew when they change", async () => {
    isOurs = true;
    secrets = { octo: 'theirs' };
    service.watch([pool('linux', ['octo'], APP, [])]);
    const registrations = () => calls.filter(({ path }) => path.endsWith('/registration-token'));
    await expect.poll(() => registrations().map(({ token }) => token)).toContain('theirs');
    secrets = { octo: 'new' };
    service.credentialsChanged();
    await expect.poll(() => registrations().at(-1)?.token).toBe('new');
    expect(registrations().every(({ token }) => token !== 'own')).toBe(true);
  });

  it('opens the session of one pool also while the Secret of another is missing', async () => {
    isOurs = true;
    secrets = { octo: 'theirs' };
    service.watch([pool('a', ['gone'], APP, []), pool('b', ['octo'], APP, [])]);
    await expect.poll(() => calls.some(({ path }) => path.endsWith('/registration-token'))).toBe(true);
  });
});
