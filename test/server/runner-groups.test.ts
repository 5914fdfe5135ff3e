import { describe, expect, it } from 'vitest';
import type { RunnerPage } from '../../src/protocol/github/runners.ts';
import { serversPerTest, type TestServer } from '../support/server.ts';
import { call } from '../support/simulated-runner.ts';

const { start } = serversPerTest();

const ENTERPRISE = '/api/v3/enterprises/switchyard/actions';
const GROUPS = `${ENTERPRISE}/runner-groups`;
const DEPLOY = 'me/app/.github/workflows/deploy.yml@*';
const ANY = "on: push\njobs: { a: { runs-on: self-hosted, steps: [{ run: 'true' }] } }";
const IN_BIG = ANY.replace('self-hosted', '{ group: big }');

const newGroup = async (server: TestServer, more: object = {}): Promise<number> =>
  (await server.rest<{ id: number }>('POST', GROUPS, { name: 'big', ...more })).id;

async function send(server: TestServer, method: string, path: string, json?: unknown) {
  const { status, body } = await call<{ message: string }>(method, `${server.url}${path}`, {
    token: server.token,
    json,
  });
  return { status, message: body?.message };
}

async function idOf(server: TestServer, name: string): Promise<number> {
  const { runners } = await server.rest<RunnerPage>('GET', `${ENTERPRISE}/runners`);
  return runners.find((runner) => runner.name === name)?.id ?? 0;
}

async function membersOf(server: TestServer, group: number): Promise<string[]> {
  const { runners } = await server.rest<RunnerPage>('GET', `${GROUPS}/${group}/runners`);
  return runners.map(({ name }) => name);
}

describe('a runner group that is changed', () => {
  it('has its new name at once for the jobs that ask for it, and keeps its wall', async () => {
    const server = await start();
    const workflow = 'me/app/.github/workflows/ci.yml@*';
    const id = await newGroup(server, { restricted_to_workflows: true, selected_workflows: [workflow] });
    const runner = await server.runner('box', ['self-hosted']);
    await server.rest('PUT', `${GROUPS}/${id}/runners/${await idOf(server, 'box')}`);
    const offer = runner.waitForJob();
    await server.pushWorkflow(IN_BIG.replace('big', 'bigger'));
    expect(await server.states(1)).toEqual({ a: 'queued' });
    const changed = await server.rest('PATCH', `${GROUPS}/${id}`, { name: 'bigger' });
    expect(changed).toMatchObject({
      ...{ id, name: 'bigger', restricted_to_workflows: true, selected_workflows: [workflow] },
    });
    expect((await runner.acquire(await offer)).body.jobName).toBe('a');
    const { runners } = await server.rest<{ runners: object[] }>('GET', '/switchyard/v1/runners');
    expect(runners).toMatchObject([{ group: 'bigger', groupWall: { workflows: [workflow] } }]);
  });

  it('gets, changes and loses the wall of the workflows that it is restricted to', async () => {
    const server = await start();
    const path = `${GROUPS}/${await newGroup(server)}`;
    const restricted = { restricted_to_workflows: true, selected_workflows: [DEPLOY] };
    expect(await server.rest('PATCH', path, restricted)).toMatchObject({ name: 'big', ...restricted });
    expect(await server.rest('PATCH', path, { name: 'Big' })).toMatchObject({ name: 'Big', ...restricted });
    expect(await send(server, 'PATCH', path, { selected_workflows: [] })).toMatchObject({ status: 422 });
    expect(await send(server, 'PATCH', path, { selected_workflows: ['x'] })).toMatchObject({ status: 422 });
    const open = { restricted_to_workflows: false, selected_workflows: [] };
    expect(await server.rest('PATCH', path, { restricted_to_workflows: false })).toMatchObject(open);
  });

  it('keeps a wall that GitHub has no words for', async () => {
    const server = await start();
    const path = `${GROUPS}/${await newGroup(server)}`;
    const wall = { labels: ['gpu'], environments: [], refs: [], workflows: [DEPLOY] };
    await server.rest('PUT', '/switchyard/v1/runner-groups/big/wall', wall);
    const shown = await server.rest<object>('GET', path);
    expect(await server.rest('PATCH', path, shown)).toEqual(shown);
    expect(await send(server, 'PATCH', path, { restricted_to_workflows: true })).toMatchObject({ status: 409 });
    expect(await server.rest('GET', '/switchyard/v1/runner-groups/big/wall')).toEqual({ wall });
  });

  it('takes no name of another, and the default group none at all', async () => {
    const server = await start();
    const id = await newGroup(server);
    expect(await send(server, 'PATCH', `${GROUPS}/${id}`, { name: 'DEFAULT' })).toMatchObject({ status: 409 });
    expect(await send(server, 'PATCH', `${GROUPS}/1`, { name: 'Other' })).toMatchObject({ status: 422 });
    expect(await send(server, 'PATCH', `${GROUPS}/${id}`, { visibility: 'selected' })).toMatchObject({ status: 422 });
    expect(await send(server, 'PATCH', `${GROUPS}/99`, { name: 'x' })).toMatchObject({ status: 404 });
  });
});

describe('runners of a group', () => {
  it('are in one group at a time, and go to the default group when they are taken out', async () => {
    const server = await start();
    const id = await newGroup(server);
    for (const name of ['one', 'two']) await server.jitConfig(name, ['self-hosted']);
    const [one, two] = [await idOf(server, 'one'), await idOf(server, 'two')];
    await server.rest('PUT', `${GROUPS}/${id}/runners`, { runners: [one] });
    expect([await membersOf(server, id), await membersOf(server, 1)]).toEqual([['one'], ['two']]);
    await server.rest('PUT', `${GROUPS}/${id}/runners`, { runners: [two] });
    expect([await membersOf(server, id), await membersOf(server, 1)]).toEqual([['two'], ['one']]);
    await server.rest('DELETE', `${GROUPS}/${id}/runners/${two}`);
    expect([await membersOf(server, id), await membersOf(server, 1)]).toEqual([[], ['one', 'two']]);
    await server.rest('PUT', `${GROUPS}/1/runners`, { runners: [one, two] });
    expect(await send(server, 'PUT', `${GROUPS}/1/runners`, { runners: [one] })).toMatchObject({ status: 422 });
    expect(await send(server, 'DELETE', `${GROUPS}/1/runners/${one}`)).toMatchObject({ status: 422 });
    expect(await send(server, 'DELETE', `${GROUPS}/${id}/runners/${one}`)).toMatchObject({ status: 404 });
    expect(await send(server, 'PUT', `${GROUPS}/${id}/runners`, { runners: [one, 99] })).toMatchObject({ status: 404 });
    expect(await membersOf(server, id)).toEqual([]);
    const elsewhere = `/api/v3/orgs/me/actions/runner-groups/${id}/runners`;
    expect(await send(server, 'PUT', `${elsewhere}/${one}`)).toMatchObject({ status: 404 });
  });

  it('SEM-13.4: stand behind its wall from the moment they join it, and get its jobs', async () => {
    const server = await start();
    const id = await newGroup(server, { restricted_to_workflows: true, selected_workflows: [DEPLOY] });
    const runner = await server.runner('box', ['self-hosted']);
    const offer = runner.waitForJob();
    const path = `${GROUPS}/${id}/runners/${await idOf(server, 'box')}`;
    await server.rest('PUT', path);
    await server.pushWorkflow(ANY);
    expect(await server.states(1)).toEqual({ a: 'queued' });
    await server.rest('DELETE', path);
    expect((await runner.acquire(await offer)).body.jobName).toBe('a');
  });
});

it('every repository of an organization is served by a group', async () => {
  const server = await start();
  const id = await newGroup(server);
  await server.push({ a: '' }, { repository: 'me/one' });
  await server.push({ a: '' }, { repository: 'you/two' });
  const repositories = await server.rest('GET', `/api/v3/orgs/me/actions/runner-groups/${id}/repositories`);
  expect(repositories).toMatchObject({ total_count: 1, repositories: [{ full_name: 'me/one' }] });
});
