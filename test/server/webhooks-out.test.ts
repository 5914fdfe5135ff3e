import { afterEach, describe, expect, it } from 'vitest';
import { DASHBOARD_PREFIX, type HookList } from '../../src/protocol/dashboard/index.ts';
import { HookReceiver, signatureOf } from '../support/hook-receiver.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { serversPerTest, TestServer } from '../support/server.ts';
import { call } from '../support/simulated-runner.ts';
import { waitFor } from '../support/wait.ts';
import { webhookProblems } from '../support/webhook-schemas.ts';

const { servers, start } = serversPerTest();
const receivers: HookReceiver[] = [];

afterEach(async () => {
  // The schemas know no hooks of a whole server.
  const isKnown = ({ hook }: Record<string, unknown>): boolean => (hook as { type?: string })?.type !== 'Global';
  const told = receivers.flatMap(({ hooks }) => hooks.filter(({ payload }) => isKnown(payload)));
  for (const receiver of receivers.splice(0)) await receiver.close();
  expect([...new Set(told.flatMap(({ event, payload }) => webhookProblems(event, payload)))]).toEqual([]);
});

const CI = `on: push\njobs: { build: { runs-on: self-hosted, steps: [{ run: 'true' }] } }\n`;
const SECRET = 'It is one.';

interface Hook {
  id: number;
  url: string;
  config: Record<string, string>;
  last_response: { status: string };
  events: string[];
}

interface Delivery {
  id: number;
  guid: string;
  event: string;
  action: string | null;
  status: string;
  status_code: number;
  redelivery: boolean;
}

async function receiver(): Promise<HookReceiver> {
  const one = await HookReceiver.start();
  receivers.push(one);
  return one;
}

/** With the repository `me/app` and a hook on it. */
async function hooked(
  events: string[],
  options: { clock?: ManualClock; place?: string; config?: object } = {},
): Promise<{ server: TestServer; to: HookReceiver; hook: Hook; base: string }> {
  const to = await receiver();
  const server = await start(options.clock ? { clock: options.clock } : {});
  await server.rest('POST', '/api/v3/user/repos', { name: 'app' });
  await server.push({ 'a.txt': 'one' }, { repository: 'me/app', ref: 'other' });
  const base = `/api/v3/${options.place ?? 'repos/me/app'}/hooks`;
  const config = { url: to.url, content_type: 'json', secret: SECRET, ...options.config };
  const hook = await server.rest<Hook>('POST', base, { name: 'web', config, events });
  await to.get('ping');
  return { server, to, hook, base };
}

const deliveries = ({ server, base, hook }: { server: TestServer; base: string; hook: Hook }): Promise<Delivery[]> =>
  server.rest('GET', `${base}/${hook.id}/deliveries`);

describe('webhooks out', () => {
  it('SEM-31.4: tell of a push, of its run and of its job from the queue to the end, in order', async () => {
    const { server, to } = await hooked(['push', 'workflow_run', 'workflow_job']);
    await server.pushWorkflow(CI);
    await (await server.runner('box')).runOne();
    await to.get('workflow_run.completed');
    await to.get('workflow_job.completed');
    expect(to.names('push')).toEqual(['push']);
    expect(to.names('workflow_job')).toEqual([
      'workflow_job.queued',
      'workflow_job.in_progress',
      'workflow_job.completed',
    ]);
    expect(to.names('workflow_run')).toEqual([
      'workflow_run.requested',
      'workflow_run.in_progress',
      'workflow_run.completed',
    ]);
    const queued = await to.get('workflow_job.queued');
    expect(queued.payload).toMatchObject({
      workflow_job: { name: 'build', status: 'queued', conclusion: null, labels: ['self-hosted'], runner_name: null },
      repository: { full_name: 'me/app' },
      sender: { login: 'admin' },
    });
    expect((await to.get('workflow_job.completed')).payload).toMatchObject({
      workflow_job: { status: 'completed', conclusion: 'success', runner_name: 'box' },
    });
    expect((await to.get('workflow_run.requested')).payload).toMatchObject({ workflow_run: { status: 'queued' } });
  });

  it('tell of a check run for each job that is queued and ends, and of its suite at the end of the run', async () => {
    const { server, to } = await hooked(['check_run', 'check_suite']);
    await server.pushWorkflow(CI);
    const [{ sha } = { sha: '' }] = await server.runs();
    await (await server.runner('box')).runOne();
    const { payload } = await to.get('check_suite.completed');
    expect(to.names('check_run', 'check_suite')).toEqual([
      'check_run.created',
      'check_run.completed',
      'check_suite.completed',
    ]);
    const app = { slug: 'github-actions', id: 15_368 };
    expect((await to.get('check_run.created')).payload).toMatchObject({
      check_run: {
        name: 'build',
        status: 'queued',
        conclusion: null,
        head_sha: sha,
        app,
        check_suite: { head_sha: sha },
      },
      repository: { full_name: 'me/app' },
    });
    const completed = (await to.get('check_run.completed')).payload.check_run as { id: number };
    expect(completed).toMatchObject({
      status: 'completed',
      conclusion: 'success',
      check_suite: { head_branch: 'main' },
    });
    expect(payload).toMatchObject({ check_suite: { conclusion: 'success', latest_check_runs_count: 1, app } });
    const shown = await server.rest('GET', `/api/v3/repos/me/app/check-runs/${completed.id}`);
    expect(completed).toMatchObject({ ...(shown as object), check_suite: {} });
  });

  it('tell of the jobs of a called workflow, and not of the one that calls them', async () => {
    const called = CI.replace('on: push', 'on: workflow_call');
    const caller =
      'on: push\njobs: { call: { uses: ./.github/workflows/called.yml }, none: { if: false, uses: ./.github/workflows/called.yml } }\n';
    const { server, to } = await hooked(['workflow_job', 'check_run', 'workflow_run']);
    await server.push({ '.github/workflows/ci.yml': caller, '.github/workflows/called.yml': called });
    await (await server.runner('box')).runOne();
    await to.get('workflow_run.completed');
    const told = (event: string) =>
      to.hooks.filter((hook) => hook.event === event).map(({ payload }) => (payload[event] as { name: string }).name);
    expect(new Set(told('workflow_job'))).toEqual(new Set(['call / build', 'none']));
    expect(told('check_run').sort()).toEqual(['call / build', 'call / build', 'none']);
  });

  it('name the address of their hook', async () => {
    for (const place of ['repos/me/app', 'orgs/me', 'admin']) {
      const { server, to, hook, base } = await hooked(['push'], { place });
      expect(hook.url).toBe(`${server.url}${base}/${hook.id}`);
      expect(await server.rest<Hook[]>('GET', base)).toMatchObject([{ url: hook.url }]);
      expect(await server.rest<Hook>('GET', hook.url.replace(server.url, ''))).toMatchObject({ url: hook.url });
      expect((await to.get('ping')).payload).toMatchObject({ hook: { id: hook.id, url: hook.url } });
    }
  });

  it('are signed with the secret of the hook, which nobody can read again', async () => {
    const { to, hook } = await hooked(['push']);
    const ping = await to.get('ping');
    expect(ping.headers['x-hub-signature-256']).toBe(signatureOf(SECRET, ping.body));
    expect(ping.headers).toMatchObject({
      'user-agent': expect.stringMatching(/^GitHub-Hookshot\//),
      'x-github-hook-id': String(hook.id),
      'x-github-hook-installation-target-type': 'repository',
    });
    expect(hook.config.secret).toBe('********');
    expect(JSON.stringify(ping.payload)).not.toContain(SECRET);
  });

  it('come as a form where the hook says so', async () => {
    const { to } = await hooked(['push'], { config: { content_type: 'form' } });
    const ping = await to.get('ping');
    expect(ping.headers['content-type']).toBe('application/x-www-form-urlencoded');
    expect(ping.headers['x-hub-signature-256']).toBe(signatureOf(SECRET, ping.body));
  });

  it('go to hooks of the repository, of its organization and of the server, and to no other', async () => {
    const { server, to } = await hooked(['push']);
    const [org, all, foreign] = [await receiver(), await receiver(), await receiver()];
    await server.push({ 'a.txt': 'one' }, { repository: 'you/app', ref: 'other' });
    for (const [path, { url }] of [
      ['orgs/me', org],
      ['admin', all],
      ['repos/you/app', foreign],
    ] as const) {
      await server.rest('POST', `/api/v3/${path}/hooks`, { name: 'web', config: { url }, events: ['*'] });
    }
    await server.push({ 'a.txt': 'two' });
    for (const one of [to, org, all]) expect((await one.get('push')).payload).toMatchObject({ ref: 'refs/heads/main' });
    await foreign.get('ping');
    expect(foreign.names('push')).toEqual([]);
  });

  it('tell of a deployment by a job with an environment', async () => {
    const { server, to } = await hooked(['deployment', 'deployment_status']);
    await server.pushWorkflow(CI.replace('runs-on', 'environment: prod, runs-on'));
    await (await server.runner('box')).runOne();
    const states = await waitFor('the success', async () => {
      const told = to.hooks.filter(({ event }) => event === 'deployment_status');
      const found = told.map(({ payload }) => (payload.deployment_status as { state: string }).state);
      return found.includes('success') && found;
    });
    expect(states).toEqual(['queued', 'in_progress', 'success']);
    expect((await to.get('deployment.created')).payload).toMatchObject({
      deployment: { environment: 'prod', ref: 'main' },
      workflow_run: { path: '.github/workflows/ci.yml' },
    });
  });
});

describe('a receiver that fails', () => {
  it('is told again with back-off, with the same id and the number of the try, and what is behind it waits', async () => {
    const clock = new ManualClock(Date.now());
    const context = await hooked(['workflow_job'], { clock });
    const { server, to } = context;
    to.answer = ({ attempt }) => (attempt < 3 ? 500 : 202);
    await server.pushWorkflow(CI);
    await waitFor('the first try on record', async () => (await deliveries(context)).length === 2);
    await (await server.runner('box')).runOne();
    expect(to.names('workflow_job')).toEqual(['workflow_job.queued']);
    await waitFor('the end', async () => {
      clock.advance(60_000);
      return to.hooks.some(({ payload, attempt }) => payload.action === 'completed' && attempt === 3);
    });
    const jobs = to.hooks.filter(({ event }) => event === 'workflow_job');
    expect(jobs.map(({ payload, attempt }) => `${payload.action} ${attempt}`)).toEqual(
      ['queued', 'in_progress', 'completed'].flatMap((action) => [1, 2, 3].map((attempt) => `${action} ${attempt}`)),
    );
    expect(new Set(jobs.map(({ id }) => id)).size).toBe(3);
  });

  it('keeps no other receiver waiting', async () => {
    const { server, to } = await hooked(['push']);
    const dead = await receiver();
    dead.answer = () => undefined;
    await server.rest('POST', '/api/v3/orgs/me/hooks', { name: 'web', config: { url: dead.url }, events: ['push'] });
    for (let i = 0; i < 8; i++) await server.push({ 'a.txt': String(i) }, { ref: `branch-${i}` });
    await waitFor('all of them', async () => to.names('push').length === 8);
  });

  it('is told after a restart of the server what it had not been told', async () => {
    const context = await hooked(['push']);
    const { server, to } = context;
    to.answer = () => undefined;
    await server.push({ 'a.txt': 'two' });
    await to.get('push');
    await server.stop();
    to.answer = () => 200;
    const again = await TestServer.start({ dataFolder: server.folder });
    servers.push(again);
    await waitFor('the push', async () => to.names('push').length === 2);
    const [first, second] = to.hooks.filter(({ event }) => event === 'push');
    expect(second?.id).toBe(first?.id);
  });
});

describe('the log of deliveries', () => {
  it('shows each try with what was sent and answered, and sends one again that is asked for', async () => {
    const context = await hooked(['push']);
    const { server, to, base, hook } = context;
    to.answer = () => 404;
    await server.push({ 'a.txt': 'two' });
    const failed = await waitFor('the failure', async () =>
      (await deliveries(context)).find(({ event }) => event === 'push'),
    );
    expect(failed).toMatchObject({ status: 'Not Found', status_code: 404, redelivery: false });
    const path = `${base}/${hook.id}/deliveries/${failed.id}`;
    expect(await server.rest('GET', path)).toMatchObject({
      request: { headers: { 'x-github-event': 'push' }, payload: { ref: 'refs/heads/main' } },
      response: { headers: { 'x-receiver': 'test' }, payload: 'heard' },
    });
    expect((await server.rest<Hook>('GET', `${base}/${hook.id}`)).last_response.status).toBe('error');
    to.answer = () => 200;
    await server.rest('POST', `${path}/attempts`);
    const again = await waitFor('the redelivery', async () =>
      (await deliveries(context)).find(({ redelivery }) => redelivery),
    );
    expect(again).toMatchObject({ guid: failed.guid, status: 'OK', status_code: 200 });
  });

  it('is paged by the last one that was seen', async () => {
    const context = await hooked(['push']);
    const { server, base, hook } = context;
    for (const text of ['two', 'three']) await server.push({ 'a.txt': text });
    await waitFor('all', async () => (await deliveries(context)).length === 3);
    const first = await fetch(`${server.url}${base}/${hook.id}/deliveries?per_page=2`, {
      headers: { authorization: `Bearer ${server.token}` },
    });
    expect((await first.json()) as Delivery[]).toHaveLength(2);
    const [, next = ''] = /<([^>]+)>; rel="next"/.exec(first.headers.get('link') ?? '') ?? [];
    const { body } = await call<Delivery[]>('GET', next, { token: server.token });
    expect(body.map(({ event }) => event)).toEqual(['ping']);
  });
});

describe('a hook', () => {
  it('is changed, silenced and deleted', async () => {
    const { server, to, base, hook } = await hooked(['push']);
    const path = `${base}/${hook.id}`;
    const changed = await server.rest<Hook>('PATCH', path, { add_events: ['workflow_job'], remove_events: ['push'] });
    expect(changed).toMatchObject({ events: ['workflow_job'], config: { secret: '********' } });
    await server.rest('PATCH', path, { events: ['push'], active: false });
    await server.push({ 'a.txt': 'two' });
    await server.rest('PATCH', path, { active: true });
    await server.push({ 'a.txt': 'three' });
    await to.get('push');
    expect(to.names('push')).toHaveLength(1);
    await server.rest('DELETE', path);
    expect(await server.rest('GET', base)).toEqual([]);
  });

  it.each([
    [{ config: {} }, /config\.url/],
    [{ config: { url: 'file:///etc/passwd' } }, /Validation Failed/],
    [{ config: { url: 'http://127.0.0.1:1/' }, events: ['Push!'] }, /Validation Failed/],
  ])('is refused as %j', async (body, why) => {
    const server = await start();
    await server.rest('POST', '/api/v3/user/repos', { name: 'app' });
    const answer = await call<{ message: string }>('POST', `${server.url}/api/v3/repos/admin/app/hooks`, {
      token: server.token,
      json: body,
    });
    expect(answer.status).toBe(422);
    expect(answer.body.message).toMatch(why);
  });
});

it('the hooks of all places are listed for the administrator, each with its last try and what waits', async () => {
  const clock = new ManualClock(Date.now());
  const { server, to, hook } = await hooked(['push'], { clock });
  const elsewhere = await receiver();
  for (const path of ['orgs/ME', 'admin']) {
    const config = { url: elsewhere.url };
    await server.rest('POST', `/api/v3/${path}/hooks`, { name: 'web', config, events: ['*'], active: false });
  }
  to.answer = () => 500;
  await server.push({ 'a.txt': 'two' });
  const hooks = await waitFor('the failed try', async () => {
    const list = await server.rest<HookList>('GET', `${DASHBOARD_PREFIX}/hooks`);
    return list.hooks.some(({ lastDelivery }) => lastDelivery?.event === 'push') && list.hooks;
  });
  const idle = { isActive: false, hasSecret: false, waiting: 0, lastDelivery: null, events: ['*'] };
  expect(hooks).toMatchObject([
    { place: null, path: expect.stringMatching(/^\/api\/v3\/admin\/hooks\/\d+$/), url: elsewhere.url, ...idle },
    { place: 'me', path: expect.stringMatching(/^\/api\/v3\/orgs\/me\/hooks\/\d+$/), ...idle },
    {
      ...{ id: hook.id, place: 'me/app', path: `/api/v3/repos/me/app/hooks/${hook.id}`, url: to.url },
      ...{ isActive: true, hasSecret: true, waiting: 1, events: ['push'] },
      lastDelivery: { event: 'push', status: 'Internal Server Error', status_code: 500 },
    },
  ]);
});
