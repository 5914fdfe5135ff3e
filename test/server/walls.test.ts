import { describe, expect, it } from 'vitest';
import type { Runner, RunnerList, Wall, WallState } from '../../src/protocol/dashboard/index.ts';
import { serversPerTest, TestServer } from '../support/server.ts';
import { call, SimulatedRunner } from '../support/simulated-runner.ts';

const { servers, start } = serversPerTest();

const STEPS = "steps: [{ run: 'true' }]";

/** The two servers of DESIGN 1: what asks for less also fits the one for production. */
const DEPLOYS = `
on: push
jobs:
  deploy-dev: { runs-on: [self-hosted], ${STEPS} }
  deploy-prod: { if: github.ref == 'refs/heads/main', runs-on: [self-hosted, api-prod], ${STEPS} }
`;

async function runnersOf(server: TestServer): Promise<Runner[]> {
  return (await server.rest<RunnerList>('GET', '/switchyard/v1/runners')).runners;
}

async function wallPath(server: TestServer, name: string): Promise<string> {
  const runner = (await runnersOf(server)).find((one) => one.name === name);
  return `/switchyard/v1/runners/${runner?.id}/wall`;
}

const setWall = async (server: TestServer, name: string, wall: Partial<Wall>): Promise<WallState> =>
  server.rest('PUT', await wallPath(server, name), wall);

const groupPath = (name: string): string => `/switchyard/v1/runner-groups/${encodeURIComponent(name)}/wall`;

async function explanationOf(server: TestServer, job: string, runId = 1) {
  const found = (await server.explainRun(runId)).jobs?.find(({ subject }) => subject.name === job);
  if (!found) throw new Error(`there is no job ${job}`);
  return { ...found, texts: found.history.map(({ text }) => text) };
}

/** Registered, but not there. */
const offlineRunner = async (server: TestServer, name: string, labels: string[]): Promise<SimulatedRunner> =>
  new SimulatedRunner(await server.jitConfig(name, labels));

describe('DESIGN 1: a runner for development that is away, and one for production', () => {
  it('SEM-13.4: without a wall the job for development lands on production, and the record says why', async () => {
    const server = await start();
    await offlineRunner(server, 'api-dev', ['self-hosted', 'Linux', 'X64']);
    const prod = await server.runner('api-prod', ['self-hosted', 'Linux', 'X64', 'api-prod']);
    await server.pushWorkflow(DEPLOYS, { ref: 'develop' });
    expect((await prod.runOne()).jobName).toBe('deploy-dev');
    const { texts } = await explanationOf(server, 'deploy-dev');
    expect(texts).toContain(
      'Offered to api-prod, which has every label it asks for (self-hosted). Others that could have taken it: api-dev (offline).',
    );
  });

  it('SEM-13.4: behind a wall production gets its own jobs alone, and the other job says what it waits for', async () => {
    const server = await start();
    const dev = await offlineRunner(server, 'api-dev', ['self-hosted', 'Linux', 'X64']);
    const prod = await server.runner('api-prod', ['self-hosted', 'Linux', 'X64', 'api-prod']);
    await setWall(server, 'api-prod', { labels: ['api-prod'], environments: ['production'] });
    const next = prod.waitForJob();
    await server.pushWorkflow(DEPLOYS);
    const { body: message } = await prod.acquire(await next);
    expect(message.jobName).toBe('deploy-prod');
    const waits = await explanationOf(server, 'deploy-dev');
    const why = [
      'api-dev could take it but is offline.',
      'api-prod stands behind a wall: a job must name the label api-prod or deploy to the environment production.',
    ];
    expect(waits.sentences).toEqual(['It waits for a runner with the labels self-hosted.', ...why]);
    expect(waits.texts).toContain(`Waits. ${why.join(' ')}`);
    await prod.complete(message);
    const { texts } = await explanationOf(server, 'deploy-prod');
    expect(texts.join(' ')).toContain('Its wall lets it in for the label api-prod.');
    await dev.connect();
    expect((await dev.runOne()).jobName).toBe('deploy-dev');
    expect(await server.states(1)).toEqual({ 'deploy-dev': 'success', 'deploy-prod': 'success' });
  });
});

describe('a wall (SEM-13.4)', () => {
  const ANY = `on: push\njobs: { a: { runs-on: self-hosted, ${STEPS} } }`;

  it('counts at once for a poll that is parked and for a job that waits', async () => {
    const server = await start();
    const runner = await server.runner('box-1');
    const message = runner.waitForJob();
    await setWall(server, 'box-1', { labels: ['X64'] });
    await server.pushWorkflow(ANY);
    expect(await server.states(1)).toEqual({ a: 'queued' });
    const { sentences } = await explanationOf(server, 'a');
    expect(sentences.at(-1)).toBe('box-1 stands behind a wall: a job must name the label X64.');
    await server.rest('DELETE', await wallPath(server, 'box-1'));
    expect((await runner.acquire(await message)).body.jobName).toBe('a');
  });

  it('lets jobs in that come from its environments, refs or workflows, and says for which', async () => {
    const server = await start();
    const workflow = '.github/workflows/ci.yml';
    const walls: [Partial<Wall>, string][] = [
      [{ environments: ['Production'] }, 'Its wall lets it in for the environment production.'],
      [{ refs: ['v[0-9]+.[0-9]+.[0-9]+'] }, 'Its wall lets it in for the ref refs/tags/v1.2.3.'],
      [{ workflows: [`me/app/${workflow}@v*`] }, `Its wall lets it in for the workflow ${workflow}.`],
    ];
    const text = ANY.replace('runs-on', 'environment: production, runs-on');
    await server.pushWorkflow(ANY, { ref: 'topic' });
    for (const [index, [wall, why]] of walls.entries()) {
      const runner = await server.runner(`box-${index}`);
      await setWall(server, `box-${index}`, wall);
      const offer = runner.waitForJob();
      // Each tag once: a push that moves nothing starts nothing.
      await server.pushWorkflow(text, { ref: index === 0 ? 'main' : 'refs/tags/v1.2.3', message: `Take ${index}` });
      const { body: job } = await runner.acquire(await offer);
      await runner.complete(job);
      expect((await explanationOf(server, 'a', index + 2)).texts.join(' ')).toContain(why);
    }
    // Meanwhile nobody had the job of the branch.
    expect(await server.states(1)).toEqual({ a: 'queued' });
  });

  it('SEM-11: asks a called job for the file that defines it, not for the one that calls it', async () => {
    const server = await start();
    const lib = '.github/workflows/lib.yml';
    const runner = await server.runner('box-1');
    const offer = runner.waitForJob();
    await setWall(server, 'box-1', { workflows: [lib] });
    await server.push({
      '.github/workflows/ci.yml': `on: push\njobs:\n  own: { runs-on: self-hosted, ${STEPS} }\n  call: { uses: ./${lib} }`,
      [lib]: `on: workflow_call\njobs: { inner: { runs-on: self-hosted, ${STEPS} } }`,
    });
    expect((await runner.acquire(await offer)).body.jobDisplayName).toBe('call / inner');
    expect(await server.states(1)).toMatchObject({ own: 'queued' });
  });

  it('of a group outlives its ephemeral runners and a restart of the server', async () => {
    const first = await start();
    const groups = '/api/v3/enterprises/switchyard/actions/runner-groups';
    const { id } = await first.rest<{ id: number }>('POST', groups, { name: 'Prod servers' });
    await first.rest('PUT', groupPath('prod servers'), { environments: ['production'] });
    const port = Number(new URL(first.url).port);
    await first.stop();
    const server = await TestServer.start({ port, dataFolder: first.folder });
    servers.splice(0, 1, server);
    const config = await server.jitConfig('prod-1', ['self-hosted'], undefined, id);
    const runner = new SimulatedRunner(config);
    await runner.connect();
    expect(runner.config.runner.PoolName).toBe('Prod servers');
    const offer = runner.waitForJob();
    await server.pushWorkflow(ANY);
    expect((await explanationOf(server, 'a')).sentences.at(-1)).toBe(
      'prod-1 is in the group Prod servers, which stands behind a wall: a job must deploy to the environment production.',
    );
    const wall = { labels: [], environments: ['production'], refs: [], workflows: [] };
    expect(await runnersOf(server)).toMatchObject([{ group: 'Prod servers', wall: null, groupWall: wall }]);
    const listed = await server.rest<{ runners: object[] }>('GET', '/api/v3/enterprises/switchyard/actions/runners');
    expect(listed.runners).toMatchObject([{ runner_group_id: id, wall: null, group_wall: wall }]);
    await server.pushWorkflow(ANY.replace('runs-on', 'environment: production, runs-on'), { message: 'Prod' });
    const { body: job } = await runner.acquire(await offer);
    expect((await explanationOf(server, 'a', 2)).texts.join(' ')).toContain(
      'The wall of Prod servers lets it in for the environment production.',
    );
    await runner.complete(job);
    expect(await server.rest('GET', groupPath('Prod servers'))).toEqual({ wall });
  });
});

it('SEM-13.4: a runner that is registered anew in the place of one keeps its wall', async () => {
  const server = await start();
  const tokens = '/api/v3/enterprises/switchyard/actions/runners/registration-token';
  const { token } = await server.rest<{ token: string }>('POST', tokens);
  const key = '<RSAKeyValue><Modulus>AQAB</Modulus><Exponent>AQAB</Exponent></RSAKeyValue>';
  const register = (more: object) =>
    call('POST', `${server.url}/api/v3/actions/runners/register`, {
      authorization: `RemoteAuth ${token}`,
      json: { url: server.url, name: 'api-prod', labels: [{ name: 'api-prod' }], public_key: key, ...more },
    });
  expect((await register({})).status).toBe(200);
  const { wall } = await setWall(server, 'api-prod', { labels: ['api-prod'] });
  expect((await register({})).status).toBe(409);
  expect((await register({ replace: true })).status).toBe(200);
  expect(await runnersOf(server)).toMatchObject([{ name: 'api-prod', wall }]);
});

describe('setting a wall', () => {
  const put = async (server: TestServer, path: string, json: unknown) =>
    call<{ message: string; code: string }>('PUT', `${server.url}${path}`, { token: server.token, json });

  it('answers with the wall, keeps it, and takes it away', async () => {
    const server = await start();
    await server.runner('box-1');
    const wall = { labels: ['x64'], environments: ['prod'], refs: ['main'], workflows: [] };
    expect(await setWall(server, 'box-1', { ...wall, workflows: undefined })).toEqual({ wall });
    const path = await wallPath(server, 'box-1');
    expect(await server.rest('GET', path)).toEqual({ wall });
    expect(await runnersOf(server)).toMatchObject([{ wall, groupWall: null }]);
    await server.rest('DELETE', path);
    expect(await server.rest('GET', path)).toEqual({ wall: null });
  });

  it('refuses what cannot work, in words that say what is wrong', async () => {
    const server = await start();
    await server.runner('box-1', ['self-hosted', 'api-prod']);
    const path = await wallPath(server, 'box-1');
    const refusals: [unknown, string, RegExp][] = [
      [{}, 'bad-wall', /needs a label, environment, ref or workflow/],
      [{ labels: ['api-prd'] }, 'bad-wall', /box-1 has no label api-prd/],
      [{ label: ['api-prod'] }, 'invalid-input', /label/],
      [{ refs: ['['] }, 'bad-glob', /not closed/],
      [{ workflows: ['deploy'] }, 'bad-wall', /"deploy" is no workflow/],
    ];
    for (const [wall, code, message] of refusals) {
      const { status, body } = await put(server, path, wall);
      expect([status, body.code]).toEqual([422, code]);
      expect(body.message).toMatch(message);
    }
    expect((await put(server, '/switchyard/v1/runners/99/wall', { refs: ['main'] })).status).toBe(404);
    expect((await put(server, groupPath('nobody'), { refs: ['main'] })).status).toBe(404);
    expect(await server.rest('GET', path)).toEqual({ wall: null });
  });
});

describe('runner groups', () => {
  const groups = '/api/v3/orgs/me/actions/runner-groups';

  it("are made, listed and deleted in GitHub's shapes", async () => {
    const server = await start();
    const made = await server.rest<{ id: number }>('POST', groups, { name: 'big' });
    expect(made).toMatchObject({ name: 'big', default: false, restricted_to_workflows: false, selected_workflows: [] });
    expect(await server.rest('GET', groups)).toMatchObject({
      total_count: 2,
      runner_groups: [{ name: 'Default', default: true }, { name: 'big' }],
    });
    expect(await server.rest('GET', `${groups}/${made.id}`)).toEqual(made);
    const twice = await call('POST', `${server.url}${groups}`, { token: server.token, json: { name: 'BIG' } });
    expect(twice.status).toBe(409);
    await server.rest('DELETE', `${groups}/${made.id}`);
    expect(await server.rest('GET', groups)).toMatchObject({ total_count: 1 });
  });

  it('that are restricted to workflows stand behind a wall from the first moment', async () => {
    const server = await start();
    const workflow = 'me/app/.github/workflows/deploy.yml@refs/heads/main';
    const body = { name: 'deploy', restricted_to_workflows: true, selected_workflows: [workflow] };
    expect(await server.rest('POST', groups, body)).toMatchObject(body);
    const wall = { labels: [], environments: [], refs: [], workflows: [workflow] };
    expect(await server.rest('GET', groupPath('deploy'))).toEqual({ wall });
    await server.rest('PUT', groupPath('deploy'), { ...wall, labels: ['x'] });
    // More than that workflow gets in now, which GitHub has no words for.
    expect(await server.rest('GET', groups)).toMatchObject({
      runner_groups: [{}, { restricted_to_workflows: false, selected_workflows: [] }],
    });
  });

  it('are not deleted with runners in them, nor made in a way that would let in more than was said', async () => {
    const server = await start();
    const send = (method: string, path: string, json?: object) =>
      call<{ message: string }>(method, `${server.url}${path}`, { token: server.token, json });
    const { id } = await server.rest<{ id: number }>('POST', groups, { name: 'big' });
    await server.jitConfig('box-1', ['self-hosted'], undefined, id);
    expect(await send('DELETE', `${groups}/${id}`)).toMatchObject({
      ...{ status: 409, body: { message: expect.stringContaining('Runners belong to the group big.') } },
    });
    expect((await send('DELETE', `${groups}/1`)).status).toBe(422);
    expect((await send('DELETE', `${groups}/99`)).status).toBe(404);
    const some = { name: 'some', visibility: 'selected', selected_repository_ids: [1] };
    expect((await send('POST', groups, some)).body.message).toContain('cannot be kept to some repositories');
    expect((await send('POST', groups, { name: 'none', restricted_to_workflows: true })).status).toBe(422);
  });
});
