import { createHmac, randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { MirrorState } from '../../src/protocol/dashboard/index.ts';
import { serversPerTest, TestServer } from '../support/server.ts';
import { call } from '../support/simulated-runner.ts';
import { waitFor } from '../support/wait.ts';
import { WorkingCopy } from '../support/working-copy.ts';

const { servers, start } = serversPerTest();
const SECRET = 'It is one.';
const CI = `on: [push, pull_request]\njobs: { build: { runs-on: self-hosted, steps: [{ run: 'true' }] } }\n`;
const fronts: Server[] = [];

afterEach(async () => {
  for (const front of fronts.splice(0)) {
    front.closeAllConnections();
    await new Promise((resolve) => front.close(resolve));
  }
});

interface Status {
  sha: string;
  state: string;
  context: string;
  target_url: string;
}

/** The original: a Switchyard server as GitHub Enterprise Server, with a front that takes commit statuses. */
async function original(): Promise<{
  server: TestServer;
  copy: WorkingCopy;
  url: string;
  statuses: Status[];
  refuse(status: number | undefined): void;
}> {
  const server = await start();
  const statuses: Status[] = [];
  let refusal: number | undefined;
  const front = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const [, sha] = /^\/api\/v3\/repos\/me\/app\/statuses\/(\w+)$/.exec(request.url ?? '') ?? [];
    if (refusal !== undefined) return response.writeHead(refusal).end('{"message":"not now"}');
    if (sha && request.headers.authorization === `Bearer ${server.token}`) {
      statuses.push({ sha, ...JSON.parse(body.toString()) });
      return response.writeHead(201, { 'content-type': 'application/json' }).end('{}');
    }
    const answer = await fetch(server.url + request.url, {
      method: request.method,
      headers: { ...(request.headers as Record<string, string>), connection: 'close' },
      body: body.length > 0 ? body : undefined,
    });
    const { 'content-encoding': _, ...headers } = Object.fromEntries(answer.headers);
    response.writeHead(answer.status, headers).end(Buffer.from(await answer.arrayBuffer()));
  });
  fronts.push(front);
  await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve));
  const copy = await WorkingCopy.create(server);
  await copy.commit({ '.github/workflows/ci.yml': CI });
  await copy.push('main');
  const url = `http://127.0.0.1:${(front.address() as AddressInfo).port}/me/app`;
  return { server, copy, url, statuses, refuse: (status) => (refusal = status) };
}

async function mirrorOf(url: string, token: string): Promise<TestServer> {
  const server = await start({ webhookSecret: SECRET });
  await server.rest('PUT', '/switchyard/v1/repos/me/app/mirror', { url, token });
  return server;
}

const mirrorState = (server: TestServer): Promise<MirrorState> =>
  server.rest('GET', '/switchyard/v1/repos/me/app/mirror');

async function deliver(server: TestServer, event: string, payload: object, id = randomUUID()) {
  const about = { full_name: 'me/app', default_branch: 'main' };
  const body = JSON.stringify({ repository: about, sender: { login: 'octocat' }, ...payload });
  const response = await fetch(`${server.url}/webhooks/github`, {
    method: 'POST',
    body,
    headers: {
      'content-type': 'application/json',
      'x-github-event': event,
      'x-github-delivery': id,
      'x-hub-signature-256': `sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}`,
    },
  });
  return response.status;
}

const push = (before: string, after: string): object => ({ ref: 'refs/heads/main', before, after });

describe('a mirror', () => {
  it('is fetched when it is made, and again before a webhook of the original counts', async () => {
    const { server: github, copy, url } = await original();
    const server = await mirrorOf(url, github.token);
    const first = await copy.git('rev-parse', 'HEAD');
    const second = await copy.commit({ 'a.txt': 'two\n' });
    await copy.push('main');
    expect(await deliver(server, 'push', push(first, second))).toBe(202);
    const run = await waitFor('the run', async () => (await server.runs())[0]);
    expect(run).toMatchObject({ sha: second, event: 'push', actor: 'octocat' });
    expect(await mirrorState(server)).toMatchObject({ hasToken: true, problem: null, waiting: 0, url });
  });

  it('tells the original of its runs with commit statuses, from waiting to the end', async () => {
    const { server: github, copy, url, statuses } = await original();
    const server = await mirrorOf(url, github.token);
    const sha = await copy.git('rev-parse', 'HEAD');
    await deliver(server, 'push', push('0'.repeat(40), sha));
    await (await server.runner('box')).runOne();
    await waitFor('the success', async () => statuses.some(({ state }) => state === 'success'));
    expect(new Set(statuses.map((status) => status.sha))).toEqual(new Set([sha]));
    expect(statuses[0]).toMatchObject({ state: 'pending', target_url: `${server.url}/runs/1` });
    expect(new Set(statuses.map(({ context }) => context))).toEqual(
      new Set(['Switchyard / .github/workflows/ci.yml (push)']),
    );
  });

  it('keeps a webhook while the original cannot be fetched, also over a restart, and counts it once', async () => {
    const { server: github, copy, url, refuse } = await original();
    const server = await mirrorOf(url, github.token);
    const sha = await copy.commit({ 'a.txt': 'two\n' });
    await copy.push('main');
    refuse(503);
    const id = randomUUID();
    for (let i = 0; i < 2; i++) expect(await deliver(server, 'push', push('0'.repeat(40), sha), id)).toBe(202);
    await waitFor('the problem', async () => /cannot be fetched/.test((await mirrorState(server)).problem ?? ''));
    await server.stop();
    refuse(undefined);
    const again = await TestServer.start({ dataFolder: server.folder, webhookSecret: SECRET });
    servers.push(again);
    await again.rest('POST', '/switchyard/v1/repos/me/app/mirror/sync');
    await waitFor('the run', async () => (await again.runs()).length > 0);
    expect((await again.runs()).map((run) => run.sha)).toEqual([sha]);
  });

  it('loses the branches that the original does not have any more', async () => {
    const { server: github, copy, url } = await original();
    await copy.push('HEAD:refs/heads/old');
    const server = await mirrorOf(url, github.token);
    await copy.push(':refs/heads/old');
    await server.rest('POST', '/switchyard/v1/repos/me/app/mirror/sync');
    const clone = await copy.git('ls-remote', `http://x:${server.token}@${new URL(server.url).host}/me/app.git`);
    expect(clone).toContain('refs/heads/main');
    expect(clone).not.toContain('refs/heads/old');
  });

  it.each([
    [{ url: 'https://github.com/me' }, 422, /not of the form/],
    [{ url: 'https://user:secret@github.com/me/app' }, 422, /not of the form/],
    [{ url: 'http://127.0.0.1:9/me/app' }, 422, /cannot be fetched/],
  ])('is refused as %j', async (body, status, why) => {
    const server = await start();
    const answer = await call<{ message: string }>('PUT', `${server.url}/switchyard/v1/repos/me/app/mirror`, {
      token: server.token,
      json: body,
    });
    expect(answer.status).toBe(status);
    expect(answer.body.message).toMatch(why);
    expect(JSON.stringify(answer.body)).not.toContain('secret');
  });
});
