import { describe, expect, it } from 'vitest';
import type { App } from '../../src/protocol/dashboard/index.ts';
import { appJwt, PUBLIC_KEY } from '../support/callers.ts';
import { HookReceiver } from '../support/hook-receiver.ts';
import { serversPerTest, type TestServer } from '../support/server.ts';
import { call } from '../support/simulated-runner.ts';
import { webhookProblems } from '../support/webhook-schemas.ts';

const { start } = serversPerTest();
const APP = '/api/v3/repos/me/app';
const CI = `
on: { push: , check_run: { types: [completed] } }
run-name: \${{ github.event_name }} \${{ github.event.check_run.name }} \${{ github.event.check_run.conclusion }}
jobs: { build: { runs-on: self-hosted, steps: [{ run: 'true' }] } }
`;

const ON_PUSH = "on: push\njobs: { build: { runs-on: self-hosted, steps: [{ run: 'true' }] } }\n";

interface CheckRun {
  id: number;
  name: string;
  status: string;
  conclusion: string | null;
  check_suite: { id: number };
  app: { slug: string };
}

/** An App that is installed on `me`, with the token of the installation. */
async function appToken(server: TestServer, slug: string): Promise<string> {
  await server.rest('POST', '/switchyard/v1/apps', { slug, name: slug, permissions: { checks: 'write' } });
  await server.rest('POST', `/switchyard/v1/apps/${slug}/keys`, { publicKey: PUBLIC_KEY });
  const app = await server.rest<App>('PUT', `/switchyard/v1/apps/${slug}/installations/me`, { repositories: null });
  const path = `/api/v3/app/installations/${app.installations[0]?.id}/access_tokens`;
  const token = await appJwt(app.clientId, Date.now());
  return (await call<{ token: string }>('POST', server.url + path, { token })).body.token;
}

async function readerToken(server: TestServer): Promise<string> {
  await server.rest('POST', '/switchyard/v1/users', { login: 'rea' });
  await server.rest('PUT', '/switchyard/v1/users/rea/grants', { place: 'me/app', access: 'read' });
  const request = { user: 'rea', scope: 'admin' };
  return (await server.rest<{ token: string }>('POST', '/switchyard/v1/tokens', request)).token;
}

async function scene(workflow = CI) {
  const server = await start();
  await server.pushWorkflow(workflow);
  const { object } = await server.rest<{ object: { sha: string } }>('GET', `${APP}/git/ref/heads/main`);
  const token = await appToken(server, 'scanner');
  const ask = (method: string, path: string, json?: object, as = token) =>
    call<CheckRun & { message: string }>(method, `${server.url}${APP}${path}`, { token: as, json });
  const report = (json: object) => ask('POST', '/check-runs', { head_sha: object.sha, ...json });
  return { server, sha: object.sha, ask, report };
}

describe('check runs that Apps report', () => {
  it('stand beside those of jobs, each with its suite, and are found by commit, name and status', async () => {
    const { server, sha, report, ask } = await scene(ON_PUSH);
    const { status, body } = await report({ name: 'scan', status: 'in_progress' });
    expect([status, body.status, body.app.slug]).toEqual([201, 'in_progress', 'scanner']);
    await report({ name: 'licences', conclusion: 'success' });
    const names = async (path: string) =>
      (await server.rest<{ check_runs: CheckRun[] }>('GET', APP + path)).check_runs.map(({ name }) => name).sort();
    expect(await names('/commits/main/check-runs')).toEqual(['build', 'licences', 'scan']);
    expect(await names('/commits/main/check-runs?check_name=scan')).toEqual(['scan']);
    expect(await names('/commits/main/check-runs?status=completed')).toEqual(['licences']);
    const suites = await server.rest<{ check_suites: { id: number; status: string; head_sha: string }[] }>(
      'GET',
      `${APP}/commits/${sha}/check-suites`,
    );
    expect(suites.check_suites.map(({ status }) => status)).toEqual(['queued', 'in_progress']);
    for (const { id } of suites.check_suites) {
      expect(await server.rest('GET', `${APP}/check-suites/${id}`)).toMatchObject({ id, head_sha: sha });
    }
    expect(await names(`/check-suites/${body.check_suite.id}/check-runs`)).toEqual(['licences', 'scan']);
    await ask('PATCH', `/check-runs/${body.id}`, { conclusion: 'failure' });
    expect(await server.rest('GET', `${APP}/check-suites/${body.check_suite.id}`)).toMatchObject({
      ...{ status: 'completed', conclusion: 'failure', latest_check_runs_count: 2 },
    });
  });

  it('gather annotations, fifty with each request', async () => {
    const { server, report, ask } = await scene();
    const some = (count: number) => ({
      title: 'Scan',
      summary: 'What was found',
      annotations: Array.from({ length: count }, (_, index) => ({
        ...{ path: 'a.txt', start_line: index + 1, end_line: index + 1, annotation_level: 'warning', message: 'Hm.' },
      })),
    });
    expect((await report({ name: 'scan', output: some(51) })).status).toBe(422);
    const { body } = await report({ name: 'scan', output: some(50) });
    await ask('PATCH', `/check-runs/${body.id}`, { output: some(10) });
    const annotations = await server.rest<{ path: string }[]>(
      'GET',
      `${APP}/check-runs/${body.id}/annotations?per_page=100`,
    );
    expect(annotations.length).toBe(60);
    expect(await server.rest('GET', `${APP}/check-runs/${body.id}`)).toMatchObject({
      output: { title: 'Scan', annotations_count: 60 },
    });
  });

  it('SEM-2.4: start workflows on check_run, and are told to webhooks', async () => {
    const receiver = await HookReceiver.start();
    try {
      const { server, report, ask } = await scene();
      const config = { url: receiver.url, content_type: 'json' };
      await server.rest('POST', `${APP}/hooks`, { name: 'web', config, events: ['check_run'] });
      const { body } = await report({ name: 'scan', details_url: 'https://scan.example/1' });
      await ask('PATCH', `/check-runs/${body.id}`, { status: 'completed', conclusion: 'neutral' });
      expect((await server.runs()).map(({ title }) => title)).toContain('check_run scan neutral');
      const { payload } = await receiver.get('check_run.completed');
      expect(webhookProblems('check_run', payload)).toEqual([]);
      expect(payload).toMatchObject({ check_run: { id: body.id, conclusion: 'neutral' } });
    } finally {
      await receiver.close();
    }
  }, 120_000);

  it('are made by Apps and jobs only, and changed only by who made them', async () => {
    const { server, sha, report, ask } = await scene();
    const { body } = await report({ name: 'scan' });
    const json = { conclusion: 'success' };
    expect((await ask('POST', '/check-runs', { head_sha: sha, name: 'x' }, server.token)).status).toBe(403);
    const other = await appToken(server, 'other');
    expect((await ask('PATCH', `/check-runs/${body.id}`, json, other)).status).toBe(403);
    const { check_runs } = await server.rest<{ check_runs: CheckRun[] }>(
      'GET',
      `${APP}/commits/main/check-runs?check_name=build`,
    );
    expect((await ask('PATCH', `/check-runs/${check_runs[0]?.id}`, json)).status).toBe(403);
    expect((await ask('PATCH', `/check-runs/${body.id + 1}`, json)).status).toBe(404);
    expect((await ask('PATCH', `/check-runs/${body.id}`, { status: 'completed' })).status).toBe(422);
    expect((await report({ name: 'scan', head_sha: '0'.repeat(40) })).status).toBe(422);
  });

  it('are asked for again by check_run with the action rerequested, one or all of an App, as often as anybody likes', async () => {
    const receiver = await HookReceiver.start();
    try {
      const { server, report, ask } = await scene(CI.replace('completed', 'rerequested'));
      const config = { url: receiver.url, content_type: 'json' };
      await server.rest('POST', `${APP}/hooks`, { name: 'web', config, events: ['check_run'] });
      const { body } = await report({ name: 'scan', conclusion: 'failure' });
      await report({ name: 'licences', conclusion: 'success' });
      for (let times = 0; times < 2; times++) {
        expect(await ask('POST', `/check-runs/${body.id}/rerequest`)).toMatchObject({ status: 201, body: {} });
      }
      await ask('POST', `/check-suites/${body.check_suite.id}/rerequest`);
      const titles = (await server.runs()).map(({ title }) => title).filter((title) => title.startsWith('check_run'));
      expect(titles.sort()).toEqual([
        'check_run licences success',
        ...['check_run scan failure', 'check_run scan failure', 'check_run scan failure'],
      ]);
      const { payload } = await receiver.get('check_run.rerequested');
      expect(webhookProblems('check_run', payload)).toEqual([]);
      expect(await ask('GET', `/check-runs/${body.id}`)).toMatchObject({ body: { conclusion: 'failure' } });
      expect((await ask('POST', `/check-runs/${body.id + 99}/rerequest`)).status).toBe(404);
    } finally {
      await receiver.close();
    }
  }, 120_000);
});

describe('check runs that are jobs', () => {
  it('are run again when they are asked for again, alone or with their whole suite (SEM-29.1)', async () => {
    const { server, ask } = await scene(ON_PUSH);
    const again = (path: string, as?: string) => ask('POST', `${path}/rerequest`, undefined, as);
    const job = async () => (await server.run(1)).jobs[0]?.id ?? 0;
    expect(await again(`/check-runs/${await job()}`)).toMatchObject({
      ...{ status: 403, body: { message: 'The workflow run containing this job is already running' } },
    });
    await (await server.runner('box-1')).runOne();
    expect(await again(`/check-runs/${await job()}`)).toMatchObject({ status: 201, body: {} });
    expect(await server.run(1)).toMatchObject({ attempt: 2, status: 'queued', triggeringActor: 'scanner[bot]' });
    await (await server.runner('box-2')).runOne('failed');
    expect((await again('/check-suites/1')).status).toBe(201);
    expect(await server.run(1)).toMatchObject({ attempt: 3, status: 'queued' });
    const reader = await readerToken(server);
    expect((await again(`/check-runs/${await job()}`, reader)).status).toBe(403);
    expect((await again('/check-runs/999')).status).toBe(404);
    expect((await again('/check-suites/999')).status).toBe(404);
  });
});
