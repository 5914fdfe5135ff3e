import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import { systemConnection } from '../../src/protocol/runner/job-message.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { serversPerTest, type TestServer } from '../support/server.ts';
import { nextJob, type ServiceClient } from '../support/services.ts';
import { call, connectionOf } from '../support/simulated-runner.ts';
import { waitFor } from '../support/wait.ts';

const { start } = serversPerTest();
const DAY_MS = 24 * 60 * 60 * 1000;

const workflow = (permissions: string, more = '') => `
name: Ship it
on: [push, pull_request]
permissions: ${permissions}
jobs: { a: { runs-on: self-hosted, ${more} steps: [{ run: 'true' }] } }
`;
const MAY = '{ id-token: write }';

async function jobWith(server: TestServer, text = workflow(MAY), ref = 'main'): Promise<ServiceClient> {
  await server.pushWorkflow(text, { ref });
  return nextJob(server);
}

const urlIn = ({ message }: ServiceClient): string | undefined => systemConnection(message).data.GenerateIdTokenUrl;

async function tokenOf(client: ServiceClient, audience?: string): Promise<string> {
  const url = `${urlIn(client)}${audience === undefined ? '' : `&audience=${encodeURIComponent(audience)}`}`;
  const { status, body } = await call<{ count: number; value: string }>('GET', url, { token: client.token });
  if (status !== 200) throw new Error(`no token: ${status} ${JSON.stringify(body)}`);
  expect(body.count).toBe(1);
  return body.value;
}

/** As a cloud does it: from the issuer alone. */
async function verified(server: TestServer, token: string, audience: string, currentDate?: Date) {
  const issuer = `${server.url}/_services/token`;
  const { body } = await call<{ jwks_uri: string; issuer: string }>(
    'GET',
    `${issuer}/.well-known/openid-configuration`,
  );
  expect(body.issuer).toBe(issuer);
  const keys = createRemoteJWKSet(new URL(body.jwks_uri));
  return (await jwtVerify(token, keys, { issuer: body.issuer, audience, currentDate })).payload;
}

const subjectOf = async (server: TestServer, client: ServiceClient): Promise<string | undefined> =>
  (await verified(server, await tokenOf(client), `${server.url}/me`)).sub;

describe('OIDC tokens (runner-protocol 9.9)', () => {
  it('say in GitHub’s claims what the job is, and are verified by the issuer’s published keys', async () => {
    const server = await start();
    const client = await jobWith(server);
    const claims = await verified(server, await tokenOf(client), `${server.url}/me`);
    const [run] = await server.runs();
    expect(claims).toMatchObject({
      sub: 'repo:me/app:ref:refs/heads/main',
      repository: 'me/app',
      repository_owner: 'me',
      repository_visibility: 'private',
      ref: 'refs/heads/main',
      ref_type: 'branch',
      sha: run?.sha,
      event_name: 'push',
      workflow: 'Ship it',
      workflow_ref: 'me/app/.github/workflows/ci.yml@refs/heads/main',
      job_workflow_ref: 'me/app/.github/workflows/ci.yml@refs/heads/main',
      job_workflow_sha: run?.sha,
      run_id: String(run?.id),
      run_number: '1',
      run_attempt: '1',
      runner_environment: 'self-hosted',
      base_ref: '',
      head_ref: '',
    });
    expect(claims).not.toHaveProperty('environment');
    expect(Number(claims.exp) - Number(claims.iat)).toBe(600);
    expect((await verified(server, await tokenOf(client), `${server.url}/me`)).jti).not.toBe(claims.jti);
  });

  it('are for the audience that the job asks for', async () => {
    const server = await start();
    const client = await jobWith(server);
    const token = await tokenOf(client, 'sts.amazonaws.com');
    expect((await verified(server, token, 'sts.amazonaws.com')).aud).toBe('sts.amazonaws.com');
    await expect(verified(server, token, `${server.url}/me`)).rejects.toThrow('aud');
  });

  it('name the environment of the job, with its colons escaped', async () => {
    const server = await start();
    const client = await jobWith(server, workflow(MAY, 'environment: "eu:production",'));
    const claims = await verified(server, await tokenOf(client), `${server.url}/me`);
    expect(claims).toMatchObject({ sub: 'repo:me/app:environment:eu%3Aproduction', environment: 'eu:production' });
  });

  it('SEM-11: name the file of a called workflow as the job’s', async () => {
    const server = await start();
    await server.push({
      '.github/workflows/ci.yml': `on: push\npermissions: ${MAY}\njobs: { c: { uses: ./.github/workflows/called.yml } }\n`,
      '.github/workflows/called.yml': workflow(MAY).replace('[push, pull_request]', 'workflow_call'),
    });
    const claims = await verified(server, await tokenOf(await nextJob(server)), `${server.url}/me`);
    expect(claims).toMatchObject({
      workflow_ref: 'me/app/.github/workflows/ci.yml@refs/heads/main',
      job_workflow_ref: 'me/app/.github/workflows/called.yml@refs/heads/main',
    });
  });

  it('SEM-17.15: are only for jobs with `id-token: write`, while they run, with their own token', async () => {
    const server = await start();
    const client = await jobWith(server);
    const url = urlIn(client) ?? '';
    const ask = async (token?: string) => (await call('GET', url, { token })).status;
    expect(await ask()).toBe(401);
    expect(await ask(client.gitHubToken)).toBe(401);
    expect(await ask(server.token)).toBe(401);
    const without = await jobWith(server, workflow('{ contents: read }'));
    expect(urlIn(without)).toBeUndefined();
    expect(await ask(connectionOf(without.message).token)).toBe(403);
    await client.runner.complete(client.message);
    expect(await ask(client.token)).toBe(412);
  });
});

describe('the subject of OIDC tokens', () => {
  const ofRepository = '/api/v3/repos/me/app/actions/oidc/customization/sub';
  const ofOrganization = '/api/v3/orgs/me/actions/oidc/customization/sub';

  it('is made of the claims that the repository names', async () => {
    const server = await start();
    const client = await jobWith(server);
    expect(await server.rest('GET', ofRepository)).toEqual({ use_default: true });
    const template = { use_default: false, include_claim_keys: ['repository_owner', 'context', 'job_workflow_ref'] };
    await server.rest('PUT', ofRepository, template);
    expect(await server.rest('GET', ofRepository)).toEqual(template);
    expect(await subjectOf(server, client)).toBe(
      'repository_owner:me:ref:refs/heads/main:job_workflow_ref:me/app/.github/workflows/ci.yml@refs/heads/main',
    );
    await server.rest('PUT', ofRepository, { use_default: true });
    expect(await subjectOf(server, client)).toBe('repo:me/app:ref:refs/heads/main');
  });

  it('follows the organization once the repository says so', async () => {
    const server = await start();
    const client = await jobWith(server);
    expect(await server.rest('GET', ofOrganization)).toEqual({ include_claim_keys: ['repo', 'context'] });
    await server.rest('PUT', ofOrganization, { include_claim_keys: ['repo', 'runner_environment'] });
    expect(await subjectOf(server, client)).toBe('repo:me/app:ref:refs/heads/main');
    await server.rest('PUT', ofRepository, { use_default: false });
    expect(await subjectOf(server, client)).toBe('repo:me/app:runner_environment:self-hosted');
  });

  it('is not for jobs to choose, nor of names that no claim has', async () => {
    const server = await start();
    const client = await jobWith(server);
    const asked = { use_default: false, include_claim_keys: ['repo'] };
    const put = async (token: string, json: object) =>
      (await call('PUT', server.url + ofRepository, { token, json })).status;
    expect(await put(client.gitHubToken, asked)).toBe(403);
    expect(await put(server.token, { ...asked, include_claim_keys: ['repo:x'] })).toBe(422);
  });
});

describe('the keys of OIDC tokens', () => {
  it('are two at any time; the one that is announced signs next, and the last stays while its tokens are valid', async () => {
    const clock = new ManualClock(Date.now());
    const server = await start({ clock, leaseMs: 90 * DAY_MS });
    const client = await jobWith(server, workflow(MAY, 'timeout-minutes: 200000,'));
    const published = async (): Promise<string[]> => {
      const { body } = await call<{ keys: { kid: string; d?: string }[] }>(
        'GET',
        `${server.url}/_services/token/.well-known/jwks`,
      );
      for (const key of body.keys) expect(key).not.toHaveProperty('d');
      return body.keys.map(({ kid }) => kid);
    };
    const first = await tokenOf(client);
    const signing = decodeProtectedHeader(first).kid ?? '';
    const [next] = (await published()).filter((kid) => kid !== signing);
    expect(await published()).toHaveLength(2);

    clock.advance(60 * DAY_MS + 2 * 60 * 60 * 1000);
    await waitFor('the next key', async () => (await published()).length === 3);
    expect(await published()).toContain(signing);
    const second = await tokenOf(client);
    expect(decodeProtectedHeader(second).kid).toBe(next);
    await verified(server, second, `${server.url}/me`, new Date(clock.now()));

    clock.advance(DAY_MS + 2 * 60 * 60 * 1000);
    await waitFor('the retired key to go', async () => (await published()).length === 2);
    expect(await published()).not.toContain(signing);
  });
});
