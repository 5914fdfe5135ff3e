import { createHmac } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fastify, { type FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Clock, systemClock } from '../../src/common/clock.ts';
import { silentLogger } from '../../src/common/log.ts';
import { statusOf } from '../../src/fleet/api/status.ts';
import { DemandService, type WatchedPlace } from '../../src/fleet/demand/demand-service.ts';
import { GitHubClient } from '../../src/github/index.ts';
import { findScaleSet, ScaleSetConnection } from '../../src/github/scale-sets/index.ts';
import type { RunnerScope } from '../../src/protocol/github/runners.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { serversPerTest, type TestServer } from '../support/server.ts';
import { waitFor } from '../support/wait.ts';

const CI = `on: push\njobs: { build: { runs-on: [self-hosted, big], steps: [{ run: 'true' }] } }\n`;
const SECRET = 'It is one.';
const SCOPE: RunnerScope = { kind: 'repository', owner: 'me', name: 'app' };
const POOL: WatchedPlace = {
  name: 'default/big',
  scope: SCOPE,
  labels: ['self-hosted', 'big'],
  repositories: [],
  credentials: [{ scope: SCOPE, namespace: 'default', secretName: undefined }],
};

const { start } = serversPerTest();
let folder: string;
let server: TestServer;
let service: DemandService;
let app: FastifyInstance;
let url: string;

/** As the fleet's API mounts it. */
async function serve(clock: Clock, secrets: string[] = [SECRET], port = 0): Promise<void> {
  const own = new GitHubClient({ url: server.url, token: server.token });
  service = new DemandService({
    file: join(folder, 'demand.db'),
    own,
    githubFor: () => own,
    webhookSecrets: secrets,
    clock,
    logger: silentLogger,
  });
  app = fastify();
  app.setErrorHandler((error, _request, reply) => reply.code(statusOf(error).code).send(statusOf(error)));
  await app.register(service.routes);
  url = `${await app.listen({ host: '127.0.0.1', port })}/webhooks/github`;
}

async function stop(): Promise<void> {
  await app.close();
  await service.close();
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'demand-'));
  server = await start();
});
afterEach(async () => {
  await stop();
  await rm(folder, { recursive: true, force: true });
});

const jobs = (): string[] =>
  service.demand.inScope(SCOPE).jobs.map(({ status, labels }) => `${status} ${labels.join(' ')}`);
const until = (expected: string[]): Promise<unknown> =>
  waitFor(`jobs ${expected}`, () => JSON.stringify(jobs()) === JSON.stringify(expected));

async function hook(): Promise<void> {
  // The first push makes the repository.
  await server.push({ 'a.txt': 'one' }, { ref: 'other' });
  await server.rest('POST', '/api/v3/repos/me/app/hooks', {
    name: 'web',
    config: { url, content_type: 'json', secret: SECRET },
    events: ['workflow_job'],
  });
}

const signed = (body: string, secret = SECRET): string =>
  `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;

async function deliver(id: string, payload: object | string, headers: Record<string, string> = {}): Promise<number> {
  const body = typeof payload === 'string' ? payload : JSON.stringify(payload);
  const response = await fetch(url, {
    method: 'POST',
    body,
    headers: {
      'content-type': 'application/json',
      'x-github-event': 'workflow_job',
      'x-github-delivery': id,
      'x-hub-signature-256': signed(body),
      ...headers,
    },
  });
  await response.arrayBuffer();
  return response.status;
}

const queued = (id: number): object => ({
  action: 'queued',
  repository: { full_name: 'me/app' },
  workflow_job: { id, status: 'queued', labels: ['self-hosted'], created_at: new Date().toISOString() },
});

describe('demand told by webhooks', () => {
  it('follows a job of a real server from the queue to its end', async () => {
    await serve(systemClock);
    await hook();
    await server.pushWorkflow(CI);
    await until(['queued self-hosted big']);
    const runner = await server.runner('box', ['self-hosted', 'big']);
    await runner.runOne();
    await until([]);
  });

  it('asks for deliveries that it missed while it was down', async () => {
    const clock = new ManualClock(Date.now());
    await serve(clock);
    const { port } = new URL(url);
    await hook();
    await server.pushWorkflow(CI);
    await until(['queued self-hosted big']);
    await stop();
    const runner = await server.runner('box', ['self-hosted', 'big']);
    await runner.runOne();
    await serve(clock, [SECRET], Number(port));
    expect(jobs()).toEqual(['queued self-hosted big']);
    clock.advance(5 * 60_000);
    await until([]);
  });

  it('lets nothing in that is not signed with one of its secrets, and keeps nothing of it (W4)', async () => {
    await serve(systemClock, ['new', 'old']);
    const body = JSON.stringify(queued(1));
    const sha1 = `sha1=${createHmac('sha1', 'new').update(body).digest('hex')}`;
    expect(await deliver('a', body, { 'x-hub-signature-256': signed(body, 'wrong') })).toBe(401);
    expect(await deliver('b', body, { 'x-hub-signature-256': '', 'x-hub-signature': sha1 })).toBe(401);
    expect(await deliver('c', body, { 'x-hub-signature-256': 'sha256=00' })).toBe(401);
    expect(jobs()).toEqual([]);
    expect(await deliver('a', body, { 'x-hub-signature-256': signed(body, 'old') })).toBe(202);
    expect(await deliver('d', queued(2), { 'x-hub-signature-256': signed(JSON.stringify(queued(2)), 'new') })).toBe(
      202,
    );
    expect(jobs()).toHaveLength(2);
  });

  it('takes none without a secret', async () => {
    await serve(systemClock, []);
    expect(await deliver('a', queued(1))).toBe(403);
  });

  it('takes a delivery once, also after a restart, and knows its jobs again (W1)', async () => {
    await serve(systemClock);
    expect(await deliver('a', queued(1))).toBe(202);
    expect(await deliver('a', queued(1))).toBe(200);
    await stop();
    await serve(systemClock);
    expect(jobs()).toEqual(['queued self-hosted']);
    expect(await deliver('a', queued(1))).toBe(200);
  });

  it('takes the form that GitHub offers to send, too', async () => {
    await serve(systemClock);
    const form = new URLSearchParams({ payload: JSON.stringify(queued(1)) }).toString();
    expect(await deliver('a', form, { 'content-type': 'application/x-www-form-urlencoded' })).toBe(202);
    expect(jobs()).toEqual(['queued self-hosted']);
  });

  it.each([
    ['no JSON', 'nonsense', {}, 400],
    ['a form without JSON', 'payload=%7B', { 'content-type': 'application/x-www-form-urlencoded' }, 400],
    ['no job', { repository: { full_name: 'me/app' } }, {}, 422],
    ['a repository that is a path', { repository: { full_name: '../../etc' } }, {}, 422],
    ['a ping', {}, { 'x-github-event': 'ping' }, 200],
    ['an event that it does not know', {}, { 'x-github-event': 'gollum' }, 200],
    ['an event that is no name', {}, { 'x-github-event': 'Gollum!' }, 422],
  ])('answers %s', async (_what, payload, headers, status) => {
    await serve(systemClock);
    expect(await deliver('a', payload, headers)).toBe(status);
    expect(jobs()).toEqual([]);
  });
});

describe('demand of our own server', () => {
  const scaleSet = () => {
    const client = new GitHubClient({ url: server.url, token: server.token });
    const connection = new ScaleSetConnection({ client, configUrl: `${server.url}/me/app`, clock: systemClock });
    return findScaleSet(connection, { name: 'pool:default/big', runnerGroupId: 1 });
  };

  it('is pushed by the session of a scale set that takes no job, and needs no webhook', async () => {
    // The time stands still, so no comparison falls due.
    await serve(new ManualClock(Date.now()));
    await server.push({ 'a.txt': 'one' }, { ref: 'other' });
    service.watch([POOL]);
    await waitFor('the watch', async () => (await scaleSet()) !== undefined);
    await server.pushWorkflow(CI);
    await until(['queued self-hosted big']);
    const runner = await server.runner('box', ['self-hosted', 'big']);
    await runner.runOne();
    service.watch([]);
    await waitFor('the end of the watch', async () => (await scaleSet()) === undefined);
  });
});

describe('a repository that the first push makes', () => {
  it('is read as soon as its first job is pushed, and again when a runner has taken that', async () => {
    const clock = new ManualClock(Date.now());
    await serve(clock);
    const { demand } = service;
    service.watch([{ ...POOL, repositories: ['me/app'] }]);
    clock.advance(0);
    await waitFor('a problem', () => demand.inScope(SCOPE).problem !== undefined);
    await server.pushWorkflow(CI);
    await until(['queued self-hosted big']);
    clock.advance(50);
    await waitFor('no problem', () => demand.inScope(SCOPE).problem === undefined);

    const runner = await server.runner('box', ['self-hosted', 'big']);
    const offer = await runner.waitForJob();
    await runner.acknowledge(offer);
    await runner.acquire(offer);
    service.runnerChanged();
    clock.advance(50);
    await until(['in_progress self-hosted big']);
  });
});

describe('demand without webhooks', () => {
  it('is read from the server at once, then every minute', async () => {
    const clock = new ManualClock(Date.now());
    await serve(clock);
    await server.pushWorkflow(CI);
    service.watch([{ ...POOL, repositories: ['me/app'] }]);
    clock.advance(0);
    await until(['queued self-hosted big']);
    const runner = await server.runner('box', ['self-hosted', 'big']);
    await runner.runOne();
    await waitFor('the next look', () => clock.pending > 1);
    clock.advance(60_000);
    await until([]);
    expect(service.demand.inScope(SCOPE).problem).toBeUndefined();
  });

  it('is read again within seconds from a server that did not answer', async () => {
    const clock = new ManualClock(Date.now());
    await serve(clock);
    await server.pushWorkflow(CI);
    const { demand } = service;
    await server.stop();
    service.watch([{ ...POOL, repositories: ['me/app'] }]);
    clock.advance(0);
    await waitFor('a problem', () => demand.inScope(SCOPE).problem !== undefined);
    await start({ dataFolder: server.folder, port: Number(new URL(server.url).port) });
    clock.advance(1_000);
    await until(['queued self-hosted big']);
    expect(demand.inScope(SCOPE).problem).toBeUndefined();
  });

  it('says why a repository cannot be read, and goes on with what it knows', async () => {
    const clock = new ManualClock(Date.now());
    await serve(clock);
    service.watch([{ ...POOL, scope: { ...SCOPE, name: 'none' }, repositories: ['me/none'] }]);
    clock.advance(0);
    const { demand } = service;
    await waitFor('a problem', () => demand.inScope({ ...SCOPE, name: 'none' }).problem !== undefined);
    expect(demand.inScope({ ...SCOPE, name: 'none' }).problem).toBe(
      'The jobs of me/none could not be read: The server has no repository me/none, or its credentials may not see it.',
    );
  });
});
