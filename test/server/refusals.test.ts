import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { RunDetail } from '../../src/protocol/dashboard/index.ts';
import type { RegistrationToken } from '../../src/protocol/github/runners.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { serversPerTest } from '../support/server.ts';
import { call, connectionOf } from '../support/simulated-runner.ts';

const { start } = serversPerTest();

const job = (key: string, needs: string): string =>
  `  ${key}: { runs-on: self-hosted, needs: [${needs}], steps: [{ run: 'true' }] }`;

/** Pushes a workflow that cannot run. @returns the run that shows why */
async function refused(text: string): Promise<{ run: RunDetail; said: string }> {
  const server = await start();
  const said = await server.pushWorkflow(text);
  const run = await server.run(1);
  expect(run).toMatchObject({ status: 'completed', conclusion: 'startup_failure', jobs: [] });
  return { run, said };
}

describe('a workflow that cannot run', () => {
  it('SEM-1.10: makes a run that shows file, line, column and text, and the push says so too', async () => {
    const { run, said } = await refused('on: push\njobs:\n  a:\n    run-on: self-hosted\n    steps: [{ run: hi }]\n');
    expect(run.errors[0]).toMatchObject({ file: '.github/workflows/ci.yml', line: 4, column: 5 });
    expect(run.errors[0]?.message).toContain("Unexpected value 'run-on'");
    expect(said).toMatch(/\.github\/workflows\/ci\.yml:4:5.*Unexpected value 'run-on'/);
  });

  it('SEM-9.1: is refused for needs in a circle', async () => {
    const { run } = await refused(`on: push\njobs:\n${job('first', '')}\n${job('a', 'b')}\n${job('b', 'a')}\n`);
    expect(run.errors.map(({ message }) => message).join(' ')).toMatch(/a|b/);
    expect(run.errors[0]?.line).toBeGreaterThan(3);
  });

  it('SEM-9.1: is refused for a need that no job has', async () => {
    const { run } = await refused(`on: push\njobs:\n${job('a', 'nobody')}\n`);
    expect(run.errors[0]?.message).toContain('nobody');
    expect(run.errors[0]?.line).toBe(3);
  });

  it('SEM-1.9: is refused when its file has 2 MiB, at once', async () => {
    const { run } = await refused(`on: push\njobs:\n${job('a', '')}\n# ${'x'.repeat(2 * 1024 * 1024)}\n`);
    expect(run.errors[0]?.message).toMatch(/^The file is 2\d+ bytes long; a workflow file may have at most 1048576\.$/);
  });

  it('is refused when it is not YAML at all', async () => {
    const { run } = await refused('on: push\njobs: [\n');
    expect(run.errors[0]?.line).toBeGreaterThan(0);
  });
});

describe('a workflow with keys that nothing acts on', () => {
  const text = `on: push\npermissions: { contents: read, drives: write }\njobs:\n${job('a', '')}\n`;

  it('runs, and the push, the run and its explanation say so with file, line and column', async () => {
    const server = await start();
    const said = await server.pushWorkflow(text);
    expect(said).toMatch(
      /started .*\n.*Switchyard: warning: \.github\/workflows\/ci\.yml:2:32 The permission `drives` has no effect/,
    );
    const run = await server.run(1);
    expect(run.status).toBe('queued');
    expect(run.warnings).toMatchObject([
      {
        file: '.github/workflows/ci.yml',
        line: 2,
        column: 32,
        message: expect.stringContaining('`drives` has no effect'),
      },
    ]);
    const { sentences } = await server.explainRun(1);
    expect(sentences.at(-1)).toContain('(Line: 2, Col: 32): The permission `drives` has no effect');
  });
});

describe('an event for one job only', () => {
  const workflow = (on: string, ...keys: string[]): string =>
    `on: ${on}\njobs:\n${keys.map((key) => job(key, '')).join('\n')}\n`;

  async function withThreeFiles() {
    const server = await start();
    await server.push({
      '.github/workflows/a.yml': workflow('push', 'one', 'two'),
      '.github/workflows/b.yml': workflow('push', 'three'),
      '.github/workflows/c.yml': workflow('workflow_dispatch', 'four'),
    });
    const { sha } = await server.run(1);
    const body = { event: 'push', ref: 'refs/heads/main', sha };
    return (job: string) =>
      call('POST', `${server.url}/switchyard/v1/repos/me/app/events`, { token: server.token, json: { ...body, job } });
  }

  it('starts no file without the job, and says so', async () => {
    const send = await withThreeFiles();
    const { status, body } = await send('TWO');
    expect(status).toBe(200);
    expect(body).toMatchObject({ runs: [{ workflow: { path: '.github/workflows/a.yml' } }] });
    expect(body).toMatchObject({
      notStarted: [
        { file: '.github/workflows/c.yml' },
        { file: '.github/workflows/b.yml', reason: 'It has no job "TWO".' },
      ],
    });
  });

  it('starts nothing for a job of a file that the event does not start', async () => {
    const send = await withThreeFiles();
    const { body } = await send('four');
    expect(body).toMatchObject({ runs: [], notStarted: [{ reason: expect.stringContaining('push') }, {}, {}] });
  });

  it('is refused for a job that no file has, with the jobs that there are', async () => {
    const send = await withThreeFiles();
    const { status, body } = await send('nope');
    expect(status).toBe(422);
    expect(body).toMatchObject({
      code: 'no-such-job',
      message:
        'There is no job "nope"; there are one, two in .github/workflows/a.yml; ' +
        'three in .github/workflows/b.yml; four in .github/workflows/c.yml.',
    });
  });
});

describe('a caller without the right', () => {
  it('is told 401 without a token or with a wrong one, in the shape of each surface', async () => {
    const server = await start();
    const get = (path: string, token?: string) => call('GET', `${server.url}${path}`, { token });
    for (const token of [undefined, 'wrong', 'a.b.c']) {
      expect(await get('/api/v3/enterprises/switchyard/actions/runners', token)).toMatchObject({
        status: 401,
        body: { message: expect.any(String), documentation_url: expect.any(String) },
      });
      expect(await get('/broker/message?sessionId=x', token)).toMatchObject({
        status: 401,
        body: { source: 'actions-broker-listener', statusCode: 401 },
      });
      const renew = await call('POST', `${server.url}/run/renewjob`, { token, json: {} });
      expect(renew).toMatchObject({ status: 401, body: { source: 'actions-run-service' } });
    }
  });

  it('cannot push with a wrong token, and nothing is created', async () => {
    const server = await start();
    const { host } = new URL(server.url);
    const answer = await fetch(`http://${host}/me/app.git/info/refs?service=git-receive-pack`, {
      headers: { authorization: `Basic ${Buffer.from('x:wrong').toString('base64')}` },
    });
    expect(answer.status).toBe(401);
    expect(await server.runs()).toEqual([]);
  });

  it('cannot register a runner with a registration token that is an hour old', async () => {
    const clock = new ManualClock(Date.now());
    const server = await start({ clock });
    const { token } = await server.rest<RegistrationToken>(
      'POST',
      '/api/v3/enterprises/switchyard/actions/runners/registration-token',
    );
    const register = () =>
      call('POST', `${server.url}/api/v3/actions/runner-registration`, {
        authorization: `RemoteAuth ${token}`,
        json: { url: server.url, runner_event: 'register' },
      });
    expect((await register()).status).toBe(200);
    clock.advance(60 * 60 * 1000);
    expect(await register()).toMatchObject({ status: 401, body: { message: expect.stringContaining('expired') } });
  });

  it('cannot use the token of one kind for another, nor one that it signed itself', async () => {
    const server = await start();
    const runner = await server.runner('box-1');
    await server.pushWorkflow("on: push\njobs:\n  a: { runs-on: self-hosted, steps: [{ run: 'true' }] }\n");
    const { body: message } = await runner.acquire(await runner.waitForJob());
    const { token: jobToken } = connectionOf(message);
    const forged = `${jobToken.split('.').slice(0, 2).join('.')}.${createHmac('sha256', 'guess').update('x').digest('base64url')}`;
    const renew = (token: string) =>
      call('POST', `${server.url}/run/renewjob`, {
        token,
        json: { planId: message.plan.planId, jobId: message.jobId },
      });
    expect((await renew(jobToken)).status).toBe(200);
    for (const token of [forged, runner.token, server.token]) expect((await renew(token)).status).toBe(401);
    for (const token of [jobToken, server.token]) {
      expect((await call('POST', `${server.url}/run/acquirejob`, { token, json: { jobMessageId: 'x' } })).status).toBe(
        401,
      );
    }
    expect(
      (await call('GET', `${server.url}/api/v3/enterprises/switchyard/actions/runners`, { token: jobToken })).status,
    ).toBe(401);
  });

  it('cannot touch the job of another runner', async () => {
    const server = await start();
    const [one, two] = [await server.runner('box-1'), await server.runner('box-2')];
    await server.pushWorkflow("on: push\njobs:\n  a: { runs-on: self-hosted, steps: [{ run: 'true' }] }\n");
    await server.pushWorkflow("on: push\njobs:\n  b: { runs-on: self-hosted, steps: [{ run: 'true' }] }\n");
    const [first, second] = [await one.acquire(await one.waitForJob()), await two.acquire(await two.waitForJob())];
    const { token, url } = connectionOf(first.body);
    const json = { planId: second.body.plan.planId, jobId: second.body.jobId, conclusion: 'failed' };
    expect(await call('POST', `${url}completejob`, { token, json })).toMatchObject({
      status: 404,
      body: { statusCode: 404 },
    });
    expect(await server.states(2)).toEqual({ b: 'in_progress' });
  });

  it("cannot use a job's GITHUB_TOKEN once the job has ended", async () => {
    const server = await start();
    const runner = await server.runner('box-1');
    await server.pushWorkflow("on: push\njobs:\n  a: { runs-on: self-hosted, steps: [{ run: 'true' }] }\n");
    const { body: message } = await runner.acquire(await runner.waitForJob());
    const gitHubToken = message.variables.github_token?.value ?? '';
    const refs = async (repository: string): Promise<number> => {
      const authorization = `Basic ${Buffer.from(`x-access-token:${gitHubToken}`).toString('base64')}`;
      const answer = await fetch(`${server.url}/${repository}/info/refs?service=git-upload-pack`, {
        headers: { authorization },
      });
      await answer.text();
      return answer.status;
    };
    await server.pushWorkflow('on: workflow_dispatch\njobs: {}\n', { repository: 'me/other' });
    expect(await refs('me/app.git')).toBe(200);
    expect(await refs('me/other.git')).toBe(404);
    await runner.complete(message);
    expect(await refs('me/app.git')).toBe(401);
  });

  it('names the clock when an assertion is too old', async () => {
    const server = await start();
    const runner = await server.runner('box-1');
    const past = Math.floor(Date.now() / 1000) - 3600;
    expect(await runner.requestToken(runner.assertion({ nbf: past, exp: past + 300 }))).toMatchObject({
      status: 400,
      body: { error_description: expect.stringContaining('Current server time is') },
    });
    expect((await runner.requestToken('garbage')).status).toBe(400);
    expect((await runner.requestToken(runner.assertion({ aud: 'http://elsewhere/' }))).status).toBe(400);
  });
});
