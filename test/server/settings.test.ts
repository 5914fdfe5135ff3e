import sodium from 'libsodium-wrappers';
import { beforeAll, describe, expect, it } from 'vitest';
import type { JobMessage } from '../../src/protocol/runner/job-message.ts';
import { fromContextData } from '../../src/protocol/runner/tokens.ts';
import { serversPerTest, type TestServer } from '../support/server.ts';
import { call } from '../support/simulated-runner.ts';
import { tokenOf } from '../support/users.ts';
import { WorkingCopy } from '../support/working-copy.ts';

const { start } = serversPerTest();

const ORG = '/api/v3/orgs/me/actions';
const REPO = '/api/v3/repos/me/app';
const STEPS = "steps: [{ run: 'true' }]";
const DEPLOY = `on: [push, pull_request]\njobs: { a: { runs-on: self-hosted, environment: production, ${STEPS} } }`;

beforeAll(() => sodium.ready);

/** Sets a secret as `gh secret set` does: sealed for the public key. @returns the status */
async function setSecret(server: TestServer, place: string, name: string, value: string, more: object = {}) {
  const { key, key_id } = await server.rest<{ key: string; key_id: string }>('GET', `${place}/secrets/public-key`);
  const sealed = sodium.crypto_box_seal(value, sodium.from_base64(key, sodium.base64_variants.ORIGINAL));
  const encrypted_value = sodium.to_base64(sealed, sodium.base64_variants.ORIGINAL);
  const json = { encrypted_value, key_id, ...more };
  return (await call('PUT', `${server.url}${place}/secrets/${name}`, { token: server.token, json })).status;
}

const setVariable = (server: TestServer, place: string, name: string, value: string, more: object = {}) =>
  server.rest('POST', `${place}/variables`, { name, value, ...more });

const ENVIRONMENT = `${REPO}/environments/production`;

async function startWithRepository(): Promise<TestServer> {
  const server = await start();
  await server.rest('POST', '/api/v3/orgs/me/repos', { name: 'app' });
  await server.rest('PUT', ENVIRONMENT, {});
  return server;
}

let boxes = 0;
async function nextJob(server: TestServer): Promise<JobMessage> {
  const runner = await server.runner(`box-${++boxes}`);
  const { body: message } = await runner.acquire(await runner.waitForJob());
  await runner.complete(message);
  return message;
}

/** Names that people chose, which are in upper case. */
const secretsIn = ({ variables }: JobMessage): Record<string, string> =>
  Object.fromEntries(
    Object.entries(variables).flatMap(([name, { value, isSecret }]) =>
      isSecret && /^[A-Z]/.test(name) ? [[name, value]] : [],
    ),
  );
const varsIn = ({ contextData }: JobMessage) => fromContextData(contextData.vars ?? null);

describe('secrets and variables', () => {
  it('SEM-12.4, 22.5: of the environment win over the repository’s, and those over the organization’s', async () => {
    const server = await startWithRepository();
    const places = { [ORG]: 'organization', [`${REPO}/actions`]: 'repository', [ENVIRONMENT]: 'environment' };
    for (const [place, value] of Object.entries(places)) {
      const more = place === ORG ? { visibility: 'all' } : {};
      for (const name of ['stage', `only_${value}`]) {
        expect(await setSecret(server, place, name, value, more)).toBe(201);
        await setVariable(server, place, name, value, more);
      }
    }
    await server.pushWorkflow(DEPLOY);
    const deploy = await nextJob(server);
    const expected = {
      STAGE: 'environment',
      ONLY_ORGANIZATION: 'organization',
      ONLY_REPOSITORY: 'repository',
      ONLY_ENVIRONMENT: 'environment',
    };
    expect(secretsIn(deploy)).toEqual(expected);
    expect(varsIn(deploy)).toEqual(expected);

    await server.pushWorkflow(DEPLOY.replace('environment: production, ', ''));
    const other = await nextJob(server);
    const { ONLY_ENVIRONMENT: _, ...without } = expected;
    expect(varsIn(other)).toEqual({ ...without, STAGE: 'repository' });
    expect(secretsIn(other)).toEqual({ ...without, STAGE: 'repository' });
  });

  it('SEM-12.4: of the environment are given out once its rules let the job pass', async () => {
    const server = await startWithRepository();
    await server.rest('PUT', ENVIRONMENT, { reviewers: [{ type: 'User', login: 'admin' }] });
    await setSecret(server, ENVIRONMENT, 'KEY', 'hush');
    await server.pushWorkflow(DEPLOY);
    const runner = await server.runner('box');
    const message = runner.runOne();
    expect(await server.states(1)).toEqual({ a: 'waiting' });
    // Set while it waited: what counts is what there is when the job is taken.
    await setSecret(server, ENVIRONMENT, 'LATE', 'too');
    await server.rest('POST', '/switchyard/v1/runs/1/reviews', { environments: ['production'], state: 'approved' });
    expect(secretsIn(await message)).toEqual({ KEY: 'hush', LATE: 'too' });
  });

  it('SEM-11.5, 12.4: of an environment are there in a called job that names it, whatever its caller passes', async () => {
    const server = await startWithRepository();
    await setSecret(server, `${REPO}/actions`, 'SHARED', 'repository');
    await setSecret(server, `${REPO}/actions`, 'KEY', 'repository');
    await setSecret(server, ENVIRONMENT, 'KEY', 'environment');
    await server.push({
      '.github/workflows/ci.yml': `on: push
jobs:
  a:
    uses: ./.github/workflows/deploy.yml
    secrets: { PASSED: '\${{ secrets.SHARED }}', TOKEN: '\${{ secrets.GITHUB_TOKEN }}' }`,
      '.github/workflows/deploy.yml': `on:
  workflow_call: { secrets: { PASSED: {}, TOKEN: {} } }
jobs: { b: { runs-on: self-hosted, environment: production, ${STEPS} } }`,
    });
    const message = await nextJob(server);
    expect(secretsIn(message)).toEqual({
      PASSED: 'repository',
      KEY: 'environment',
      TOKEN: message.variables['system.github.token']?.value,
    });
  });

  it('SEM-2.12: are kept from pull requests of forks, but for the token', async () => {
    const server = await start();
    const copy = await WorkingCopy.create(server);
    const sha = await copy.commit({ '.github/workflows/ci.yml': DEPLOY.replace('push, ', '') });
    await copy.push('main');
    await server.rest('PUT', ENVIRONMENT, {});
    await setSecret(server, `${REPO}/actions`, 'KEY', 'hush');
    await setSecret(server, ENVIRONMENT, 'OTHER', 'hush');
    const opened = async (head: string) => {
      const side = (full_name: string) => ({ ref: 'x', sha, repo: { full_name } });
      const payload = { action: 'opened', pull_request: { head: side(head), base: side('me/app') } };
      const event = { event: 'pull_request', ref: 'refs/pull/1/merge', sha, payload };
      await server.rest('POST', '/switchyard/v1/repos/me/app/events', event);
      return nextJob(server);
    };
    const fork = await opened('you/app');
    expect(secretsIn(fork)).toEqual({});
    expect(fork.variables.github_token?.isSecret).toBe(true);
    expect(secretsIn(await opened('me/app'))).toEqual({ KEY: 'hush', OTHER: 'hush' });
  });

  it.each([
    'secrets',
    'variables',
  ] as const)('%s of an organization are for all of its repositories or selected ones', async (kind) => {
    const server = await start();
    const ids: number[] = [];
    for (const name of ['app', 'lib', 'web']) {
      ids.push((await server.rest<{ id: number }>('POST', '/api/v3/orgs/me/repos', { name })).id);
    }
    const [app = 0, lib = 0, web = 0] = ids;
    const stranger = await server.rest<{ id: number }>('POST', '/api/v3/orgs/you/repos', { name: 'app' });
    const selected = { visibility: 'selected', selected_repository_ids: [app, lib] };
    if (kind === 'secrets') expect(await setSecret(server, ORG, 'KEY', 'x', selected)).toBe(201);
    else await setVariable(server, ORG, 'KEY', 'x', selected);

    const path = `${ORG}/${kind}/KEY`;
    expect(await server.rest('GET', path)).toMatchObject({
      name: 'KEY',
      visibility: 'selected',
      selected_repositories_url: `${server.url}${path}/repositories`,
    });
    const names = async () => {
      const { repositories } = await server.rest<{ repositories: { name: string }[] }>('GET', `${path}/repositories`);
      return repositories.map(({ name }) => name);
    };
    const status = async (method: string, at: string, json?: object) =>
      (await call(method, `${server.url}${at}`, { token: server.token, json })).status;
    expect(await names()).toEqual(['app', 'lib']);
    expect(await status('PUT', `${path}/repositories/${web}`)).toBe(204);
    expect(await status('DELETE', `${path}/repositories/${app}`)).toBe(204);
    expect(await names()).toEqual(['lib', 'web']);
    expect(await status('PUT', `${path}/repositories`, { selected_repository_ids: [web] })).toBe(204);
    expect(await status('PUT', `${path}/repositories`, { selected_repository_ids: [stranger.id] })).toBe(422);
    expect(await names()).toEqual(['web']);

    const held = async (repository: string) => {
      await server.pushWorkflow(DEPLOY.replace('environment: production, ', ''), { repository });
      const message = await nextJob(server);
      return kind === 'secrets' ? secretsIn(message) : varsIn(message);
    };
    expect([await held('me/app'), await held('me/web')]).toEqual([{}, { KEY: 'x' }]);

    if (kind === 'secrets') expect(await setSecret(server, ORG, 'KEY', 'y', { visibility: 'all' })).toBe(204);
    else await server.rest('PATCH', path, { value: 'y', visibility: 'private' });
    expect(await held('me/app')).toEqual({ KEY: 'y' });
    expect(await held('you/app')).toEqual({});
    expect(await status('PUT', `${path}/repositories/${app}`)).toBe(409);
    expect(await status('DELETE', path)).toBe(204);
    expect(await status('GET', path)).toBe(404);
  });

  it('SEM-30: are limited in size and number, and say so', async () => {
    const server = await startWithRepository();
    expect(await setSecret(server, `${REPO}/actions`, 'BIG', 'x'.repeat(48 * 1024))).toBe(201);
    expect(await setSecret(server, `${REPO}/actions`, 'BIG', 'é'.repeat(48 * 512 + 1))).toBe(422);
    for (let count = 0; count < 100; count++) await setVariable(server, ENVIRONMENT, `V${count}`, 'x');
    await expect(setVariable(server, ENVIRONMENT, 'ONE_MORE', 'x')).rejects.toThrow('There are 100 variables already');
    await server.rest('PATCH', `${ENVIRONMENT}/variables/V1`, { value: 'y' });
    await expect(server.rest('PATCH', `${ENVIRONMENT}/variables/V1`, { name: 'V2' })).rejects.toThrow('409');
    const list = await server.rest('GET', `${ENVIRONMENT}/variables?per_page=2&page=50`);
    expect(list).toMatchObject({ total_count: 100, variables: [{ name: 'V98' }, { name: 'V99' }] });
  });

  it('are the business of people with the scope for them, and of nobody else', async () => {
    const server = await startWithRepository();
    const [reader, writer] = [await tokenOf(server, 'alice', 'read'), await tokenOf(server, 'bob', 'write')];
    const status = async (token: string, method: string, path: string) =>
      (await call(method, `${server.url}${path}`, { token, json: method === 'GET' ? undefined : {} })).status;
    for (const place of [`${REPO}/actions`, ENVIRONMENT]) {
      expect(await status(reader, 'GET', `${place}/secrets`)).toBe(200);
      expect(await status(reader, 'PUT', `${place}/secrets/X`)).toBe(403);
      expect(await status(writer, 'PUT', `${place}/secrets/X`)).toBe(422);
      expect(await status(reader, 'POST', `${place}/variables`)).toBe(403);
    }
    expect(await status(writer, 'GET', `${ORG}/secrets`)).toBe(403);
    expect(await status(writer, 'PUT', `${ORG}/variables/X/repositories`)).toBe(403);
    expect(await status(server.token, 'GET', `${REPO}/environments/none/secrets`)).toBe(404);
    expect(await status(server.token, 'GET', `${REPO}/environments/none/secrets/public-key`)).toBe(404);
  });

  it('go with their environment', async () => {
    const server = await startWithRepository();
    await setSecret(server, ENVIRONMENT, 'KEY', 'hush');
    await server.rest('DELETE', ENVIRONMENT);
    await server.rest('PUT', ENVIRONMENT, {});
    expect(await server.rest('GET', `${ENVIRONMENT}/secrets`)).toEqual({ total_count: 0, secrets: [] });
  });

  it('can be set as plain text by our own API, for all three owners', async () => {
    const server = await startWithRepository();
    for (const place of ['orgs/me', 'repos/me/app', 'repos/me/app/environments/production']) {
      await server.rest('PUT', `/switchyard/v1/${place}/secrets/KEY`, { value: place });
    }
    await server.pushWorkflow(DEPLOY);
    expect(secretsIn(await nextJob(server))).toEqual({ KEY: 'repos/me/app/environments/production' });
    expect(await server.rest('GET', `${ORG}/secrets/KEY`)).toMatchObject({ visibility: 'all' });
  });
});
