import { createHmac, randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../support/manual-clock.ts';
import { serversPerTest, TestServer } from '../support/server.ts';
import { WorkingCopy } from '../support/working-copy.ts';

const { servers, start } = serversPerTest();

const SECRET = 'It is one.';
const on = (triggers: string): string =>
  `on: ${triggers}\njobs: { a: { runs-on: self-hosted, steps: [{ run: 'true' }] } }\n`;
const CI = '.github/workflows/ci.yml';

interface Sent {
  event?: string;
  payload?: object;
  delivery?: string;
  secret?: string;
  form?: boolean;
  body?: string;
  headers?: Record<string, string>;
}

interface Reply {
  status: number;
  body: { message?: string; code?: string; hint?: string; runs?: { workflow: string }[]; notStarted?: object[] };
}

/** Delivers as GitHub does. */
async function deliver(server: TestServer, sent: Sent): Promise<Reply> {
  const { event = 'issues', delivery = randomUUID(), secret = SECRET, form = false } = sent;
  const payload = { repository: { full_name: 'me/app' }, sender: { login: 'octocat' }, ...sent.payload };
  const json = sent.body ?? JSON.stringify(payload);
  const body = form ? new URLSearchParams({ payload: json }).toString() : json;
  const response = await fetch(`${server.url}/webhooks/github`, {
    method: 'POST',
    body,
    headers: {
      'content-type': form ? 'application/x-www-form-urlencoded' : 'application/json',
      'x-github-event': event,
      'x-github-delivery': delivery,
      'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
      ...sent.headers,
    },
  });
  return { status: response.status, body: (await response.json()) as Reply['body'] };
}

/** With `main` and one workflow on it. */
async function withWorkflow(
  triggers: string,
  runForkPulls = false,
): Promise<{ server: TestServer; copy: WorkingCopy; sha: string }> {
  const server = await start({ webhookSecret: SECRET, runForkPulls });
  const copy = await WorkingCopy.create(server);
  const sha = await copy.commit({ [CI]: on(triggers), 'a.txt': 'one\n' });
  await copy.push('main');
  return { server, copy, sha };
}

describe('a webhook', () => {
  it('is refused without a secret, with a wrong signature and with none', async () => {
    const closed = await start({ webhookSecret: '' });
    const refused = await deliver(closed, {});
    expect([refused.status, refused.body.code]).toEqual([403, 'webhooks-off']);
    expect(refused.body.hint).toContain('SWITCHYARD_WEBHOOK_SECRET');
    const { server } = await withWorkflow('issues');
    for (const wrong of [
      { secret: 'another' },
      { headers: { 'x-hub-signature-256': '' } },
      { headers: { 'x-hub-signature-256': 'sha256=00' } },
    ]) {
      const { status, body } = await deliver(server, wrong);
      expect([status, body.code]).toEqual([401, 'bad-webhook-signature']);
    }
    expect((await server.events()).filter(({ name }) => name === 'issues')).toEqual([]);
  });

  it('is refused when its body was changed after it was signed, and when it is signed with the older hash', async () => {
    const { server } = await withWorkflow('issues');
    const repository = { full_name: 'me/app' };
    const [signed, changed] = ['opened', 'closed'].map((action) => JSON.stringify({ action, repository }));
    const hash = (algorithm: string, body = '') => createHmac(algorithm, SECRET).update(body).digest('hex');
    for (const signature of [
      `sha256=${hash('sha256', signed)}`,
      `sha256=${hash('sha256', changed)}x`,
      `sha256=${hash('sha256', changed)}, sha256=${hash('sha256', signed)}`,
      `sha1=${hash('sha1', changed)}`,
    ]) {
      const headers = { 'x-hub-signature-256': signature, 'x-hub-signature': `sha1=${hash('sha1', changed)}` };
      const { status, body } = await deliver(server, { body: changed, headers });
      expect([status, body.code]).toEqual([401, 'bad-webhook-signature']);
    }
    expect((await deliver(server, { body: changed })).status).toBe(202);
    expect(await server.runs()).toHaveLength(1);
  });

  it('that was refused leaves no trace: the true one with the same id counts after it', async () => {
    const { server } = await withWorkflow('issues');
    const delivery = randomUUID();
    expect((await deliver(server, { delivery, secret: 'another' })).status).toBe(401);
    expect((await deliver(server, { delivery })).status).toBe(202);
    expect(await server.runs()).toHaveLength(1);
  });

  it('that is replayed counts once, also at the same moment, with another body, and after a restart', async () => {
    const { server } = await withWorkflow('issues');
    const delivery = randomUUID();
    const answers = await Promise.all([1, 2, 3, 4, 5].map(() => deliver(server, { delivery })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 200, 202]);
    expect((await deliver(server, { delivery, payload: { action: 'reopened' } })).status).toBe(200);
    await server.stop();
    const again = await TestServer.start({ dataFolder: server.folder, webhookSecret: SECRET });
    servers.push(again);
    expect((await deliver(again, { delivery })).status).toBe(200);
    expect(await again.runs()).toHaveLength(1);
  });

  it('counts whatever the clocks of both sides say: its signature names no time', async () => {
    const YEAR_MS = 365 * 24 * 3_600_000;
    for (const now of [Date.now() - 10 * YEAR_MS, Date.now() + 10 * YEAR_MS]) {
      const server = await start({ webhookSecret: SECRET, clock: new ManualClock(now) });
      await server.pushWorkflow(on('issues'), { repository: 'me/app' });
      const delivery = randomUUID();
      const headers = { date: new Date(now + YEAR_MS).toUTCString() };
      expect((await deliver(server, { delivery, headers })).status).toBe(202);
      expect((await deliver(server, { delivery, headers })).status).toBe(200);
      expect(await server.runs()).toHaveLength(1);
    }
  });

  it('is refused in words when it is about nothing known or cannot be read', async () => {
    const { server } = await withWorkflow('issues');
    const unknown = await deliver(server, { payload: { repository: { full_name: 'you/other' } } });
    expect([unknown.status, unknown.body.message]).toEqual([404, 'There is no repository you/other on this server.']);
    expect((await deliver(server, { body: 'no json' })).body).toMatchObject({ code: 'bad-request' });
    expect((await deliver(server, { event: 'Bad Event' })).status).toBe(422);
    expect((await deliver(server, { event: 'schedule' })).body.message).toBe('schedule is no event of a webhook.');
    expect((await deliver(server, { body: JSON.stringify({ x: 'y'.repeat(26 * 1024 * 1024) }) })).status).toBe(413);
    const empty = await deliver(server, { body: '{"organization":{}}', event: 'organization' });
    expect([empty.status, empty.body.message]).toEqual([
      200,
      'The organization event is about no repository, so it starts nothing.',
    ]);
  });

  it('answers a ping', async () => {
    const { server } = await withWorkflow('issues');
    expect(await deliver(server, { event: 'ping', payload: { zen: 'Half measures.' } })).toEqual({
      status: 200,
      body: { message: 'pong' },
    });
  });

  it('SEM-2.4: of any event, known or not, runs at the default branch with its payload and activity', async () => {
    const { server, sha } = await withWorkflow('{ issues: { types: [opened] }, watch: }');
    const payload = { action: 'opened', issue: { number: 7, title: 'Broken' } };
    const answer = await deliver(server, { payload });
    expect(answer).toMatchObject({ status: 202, body: { runs: [{ workflow: CI }] } });
    expect((await deliver(server, { payload: { action: 'started' }, event: 'watch', form: true })).status).toBe(202);
    expect(await deliver(server, { payload: { action: 'closed' } })).toMatchObject({
      status: 202,
      body: { runs: [], notStarted: [{ file: CI, filter: 'types' }] },
    });
    expect((await deliver(server, { event: 'some_new_thing' })).body.notStarted).toMatchObject([{ filter: 'event' }]);
    const runs = await server.runs();
    expect(runs).toMatchObject([
      { event: 'watch', ref: 'refs/heads/main', sha, actor: 'octocat' },
      { event: 'issues', ref: 'refs/heads/main', sha, actor: 'octocat' },
    ]);
  });

  it('that is delivered again starts nothing again', async () => {
    const { server } = await withWorkflow('issues');
    const delivery = randomUUID();
    expect((await deliver(server, { delivery })).status).toBe(202);
    expect(await deliver(server, { delivery })).toEqual({
      status: 200,
      body: { message: 'This delivery was taken in before.' },
    });
    expect((await server.runs()).length).toBe(1);
  });

  it('SEM-2.4: of a release runs at its tag, of a deployment at what was deployed', async () => {
    const { server, copy, sha } = await withWorkflow('[release, deployment]');
    await copy.git('tag', '-a', 'v1', '-m', 'v1');
    await copy.push('v1');
    await copy.commit({ b: 'b' });
    await copy.push('main');
    await deliver(server, { event: 'release', payload: { action: 'published', release: { tag_name: 'v1' } } });
    await deliver(server, { event: 'deployment', payload: { deployment: { sha, ref: 'v1' } } });
    await deliver(server, { event: 'deployment', payload: { deployment: { sha, ref: sha } } });
    expect((await server.runs()).reverse()).toMatchObject([
      { event: 'release', ref: 'refs/tags/v1', sha },
      { event: 'deployment', ref: 'refs/tags/v1', sha },
      { event: 'deployment', ref: '', sha },
    ]);
    const missing = await deliver(server, { event: 'release', payload: { release: { tag_name: 'v2' } } });
    expect([missing.status, missing.body.message]).toEqual([422, 'me/app has no refs/tags/v2 on this server.']);
  });

  it('of a push counts when this server has the commit and was not told of it by git', async () => {
    const { server, copy } = await withWorkflow('push');
    const before = await copy.git('rev-parse', 'HEAD');
    const after = await copy.commit({ b: 'b' });
    const push = { event: 'push', payload: { ref: 'refs/heads/main', before, after, head_commit: { message: 'x' } } };
    expect((await deliver(server, push)).status).toBe(422);
    await copy.push('-o', 'ci.skip', 'main');
    expect(await deliver(server, push)).toMatchObject({ status: 202, body: { runs: [{ workflow: CI }] } });
    const next = await copy.commit({ c: 'c' });
    await copy.push('main');
    const told = await deliver(server, { event: 'push', payload: { ...push.payload, before: after, after: next } });
    expect([told.status, told.body.message]).toEqual([
      200,
      'refs/heads/main was pushed to this server too, and has started what it starts.',
    ]);
    expect(await server.runs()).toHaveLength(3);
  });

  const pull = (base: string, head: string, fork = 'me/app') => ({
    event: 'pull_request',
    payload: {
      action: 'opened',
      number: 7,
      pull_request: {
        ...{ number: 7, title: 'From GitHub', merged: false, user: { login: 'octocat' } },
        head: { ref: 'topic', sha: head, repo: { full_name: fork } },
        base: { ref: 'main', sha: base, repo: { full_name: 'me/app' } },
      },
    },
  });

  it('SEM-2.4: of a pull request runs at the merge of both, and for the target at the default branch', async () => {
    const { server, copy, sha } = await withWorkflow('[pull_request, pull_request_target]');
    await copy.branch('topic');
    const head = await copy.commit({ b: 'b' });
    expect((await deliver(server, pull(sha, head))).body.code).toBe('no-such-commit');
    await copy.push('topic');
    expect((await deliver(server, pull(sha, head))).body.runs).toHaveLength(2);
    const [target, merged] = await server.runs();
    expect(target).toMatchObject({ event: 'pull_request_target', ref: 'refs/heads/main', sha });
    expect(merged).toMatchObject({ event: 'pull_request', ref: 'refs/pull/7/merge', title: 'From GitHub' });
    const { host } = new URL(server.url);
    await copy.git('fetch', `http://x:${server.token}@${host}/me/app.git`, 'refs/pull/7/merge');
    expect(await copy.git('log', '-1', '--format=%H %P', 'FETCH_HEAD')).toBe(`${merged?.sha} ${sha} ${head}`);
  });

  it('SEM-2.9: of a pull request that conflicts starts the target only, and says so', async () => {
    const { server, copy, sha } = await withWorkflow('[pull_request, pull_request_target]');
    await copy.branch('topic');
    const head = await copy.commit({ 'a.txt': 'topic\n' });
    await copy.branch('main', sha);
    const base = await copy.commit({ 'a.txt': 'main\n' });
    await copy.push('main', 'topic');
    const { body } = await deliver(server, pull(base, head));
    expect(body.notStarted).toMatchObject([{ file: CI, filter: 'conflict' }]);
    expect((await server.runs()).map(({ event }) => event)).toEqual(['pull_request_target']);
  });

  it('SEM-2.12: of a pull request from a fork starts the target only, unless forks may run', async () => {
    for (const mayRun of [false, true]) {
      const { server, copy, sha } = await withWorkflow('[pull_request, pull_request_target]', mayRun);
      await copy.branch('theirs');
      const head = await copy.commit({ b: 'b' });
      if (mayRun) await copy.push('theirs:refs/forks/you/topic');
      const { body } = await deliver(server, pull(sha, head, 'you/app'));
      expect(body.runs).toHaveLength(mayRun ? 2 : 1);
      expect(body.notStarted).toMatchObject(mayRun ? [] : [{ file: CI, filter: 'fork' }]);
    }
  });

  it('of another run starts workflow_run, one of a dispatch the workflow that it names', async () => {
    const { server, sha } = await withWorkflow(
      '{ workflow_run: { workflows: [Hosted], branches: [main] }, workflow_dispatch: { inputs: { n: { type: number } } } }',
    );
    const run = { name: 'Hosted', head_branch: 'main', conclusion: 'success' };
    await deliver(server, { event: 'workflow_run', payload: { action: 'completed', workflow_run: run } });
    const dispatch = { ref: 'refs/heads/main', workflow: CI, inputs: { n: '3' } };
    await deliver(server, { event: 'workflow_dispatch', payload: dispatch });
    expect(await server.runs()).toMatchObject([
      { event: 'workflow_dispatch', ref: 'refs/heads/main', sha },
      { event: 'workflow_run', ref: 'refs/heads/main', sha },
    ]);
    const other = { action: 'completed', workflow_run: { ...run, head_branch: 'topic' } };
    const answer = await deliver(server, { event: 'workflow_run', payload: other });
    expect(answer.body.notStarted).toMatchObject([{ filter: 'branches' }]);
  });
});
