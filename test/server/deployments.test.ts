import { describe, expect, it } from 'vitest';
import { serversPerTest, type TestServer } from '../support/server.ts';
import { call } from '../support/simulated-runner.ts';

const { start } = serversPerTest();

const DEPLOYMENTS = '/api/v3/repos/me/app/deployments';
const ON_DEPLOYMENT = `
on: { deployment: , deployment_status: , push: { branches: [none] } }
run-name: \${{ github.event_name }} \${{ github.event.deployment.environment }} \${{ github.event.deployment_status.state }}
jobs: { a: { runs-on: self-hosted, steps: [{ run: 'true' }] } }
`;

interface Deployment {
  id: number;
  environment: string;
  sha: string;
  ref: string;
}

const post = (server: TestServer, path: string, json: object) =>
  call<Deployment & { message: string }>('POST', `${server.url}${DEPLOYMENTS}${path}`, { token: server.token, json });
const states = async (server: TestServer, id: number) =>
  (await server.rest<{ state: string }[]>('GET', `${DEPLOYMENTS}/${id}/statuses`)).map(({ state }) => state);

describe('deployments that REST is told of', () => {
  it('SEM-2.4: are kept with their statuses, make their environment, and start the workflows that listen', async () => {
    const server = await start();
    await server.pushWorkflow(ON_DEPLOYMENT);
    const { status, body } = await post(server, '', {
      ref: 'main',
      environment: 'staging',
      payload: { color: 'blue' },
      description: 'By hand',
      required_contexts: [],
    });
    expect([status, body.environment, body.ref]).toEqual([201, 'staging', 'main']);
    expect(await server.rest('GET', `${DEPLOYMENTS}/${body.id}`)).toEqual(body);
    expect(await server.rest('GET', '/api/v3/repos/me/app/environments/staging')).toMatchObject({ name: 'staging' });
    const first = await post(server, `/${body.id}/statuses`, {
      state: 'success',
      environment_url: 'https://staging.example',
      log_url: 'https://ci.example/1',
    });
    expect(first.body).toMatchObject({
      ...{ state: 'success', environment: 'staging', target_url: 'https://ci.example/1' },
      environment_url: 'https://staging.example',
    });
    expect(await server.rest('GET', `${DEPLOYMENTS}/${body.id}/statuses/${first.body.id}`)).toEqual(first.body);
    await post(server, `/${body.id}/statuses`, { state: 'inactive' });
    expect((await server.runs()).map(({ title, ref, sha }) => [title, ref, sha])).toEqual([
      ['deployment_status staging success', 'refs/heads/main', body.sha],
      ['deployment staging', 'refs/heads/main', body.sha],
    ]);
  });

  it('are listed newest first, in pages, and by sha, ref, task and environment', async () => {
    const server = await start();
    await server.pushWorkflow(ON_DEPLOYMENT);
    await server.pushWorkflow(ON_DEPLOYMENT, { ref: 'refs/tags/v1' });
    const { body: first } = await post(server, '', { ref: 'main' });
    await post(server, '', { ref: 'v1', environment: 'staging', task: 'deploy:migrations' });
    await post(server, '', { ref: first.sha });
    const ids = async (query: string) =>
      (await server.rest<Deployment[]>('GET', `${DEPLOYMENTS}?${query}`)).map(({ id }) => id);
    expect(await ids('')).toEqual([3, 2, 1]);
    expect(await ids('per_page=2&page=2')).toEqual([1]);
    expect(await ids('environment=production')).toEqual([3, 1]);
    expect(await ids('task=deploy:migrations')).toEqual([2]);
    expect(await ids('ref=v1')).toEqual([2]);
    expect(await ids(`sha=${first.sha}&ref=main`)).toEqual([1]);
    // Of a bare commit there is no ref (SEM-2.4).
    expect((await server.runs()).map(({ ref }) => ref)).toEqual(['', 'refs/tags/v1', 'refs/heads/main']);
  });

  it('SEM-12.5: take the place of older ones when they succeed, unless they shall not', async () => {
    const server = await start();
    await server.pushWorkflow(ON_DEPLOYMENT);
    for (const environment of ['production', 'staging', 'production', 'production']) {
      await post(server, '', { ref: 'main', environment });
    }
    for (const id of [1, 2]) await post(server, `/${id}/statuses`, { state: 'success' });
    await post(server, '/3/statuses', { state: 'success', auto_inactive: false });
    expect([await states(server, 1), await states(server, 2)]).toEqual([['success'], ['success']]);
    await post(server, '/4/statuses', { state: 'failure' });
    expect(await states(server, 3)).toEqual(['success']);
    await post(server, '/4/statuses', { state: 'success' });
    expect(await states(server, 1)).toEqual(['inactive', 'success']);
    expect(await states(server, 3)).toEqual(['inactive', 'success']);
    expect(await states(server, 2)).toEqual(['success']);
  });

  it('are deleted when nothing of them is there any more, or when there is no other', async () => {
    const server = await start();
    await server.pushWorkflow(ON_DEPLOYMENT);
    const remove = async (id: number) =>
      (await call('DELETE', `${server.url}${DEPLOYMENTS}/${id}`, { token: server.token })).status;
    await post(server, '', { ref: 'main' });
    await post(server, '/1/statuses', { state: 'success' });
    await post(server, '', { ref: 'main', environment: 'staging' });
    await post(server, '/2/statuses', { state: 'success' });
    expect(await remove(1)).toBe(422);
    await post(server, '/1/statuses', { state: 'inactive' });
    expect([await remove(1), await remove(1), await remove(2)]).toEqual([204, 404, 204]);
  });

  it('are refused for a ref that is nowhere, and for statuses of commits that nobody keeps here', async () => {
    const server = await start();
    await server.pushWorkflow(ON_DEPLOYMENT);
    const status = async (json: object) => (await post(server, '', json)).status;
    expect(await status({ ref: 'nowhere' })).toBe(422);
    expect(await status({})).toBe(422);
    expect(await status({ ref: 'main', required_contexts: ['ci'] })).toBe(409);
    expect(await status({ ref: 'main', description: 'x'.repeat(141) })).toBe(422);
    expect(await server.runs()).toEqual([]);
  });

  it('refuses statuses whose links lead elsewhere than to a web page', async () => {
    const server = await start();
    await server.pushWorkflow(ON_DEPLOYMENT);
    await post(server, '', { ref: 'main' });
    for (const field of ['environment_url', 'log_url', 'target_url']) {
      const { status } = await post(server, '/1/statuses', { state: 'success', [field]: 'javascript:alert(1)' });
      expect(status, field).toBe(422);
    }
    expect((await post(server, '/1/statuses', { state: 'done' })).status).toBe(422);
    expect(await states(server, 1)).toEqual([]);
  });
});
