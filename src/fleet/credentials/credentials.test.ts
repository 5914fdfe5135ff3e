import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { jwtVerify } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { GitHubClient } from '../../github/index.ts';
import type { RunnerScope } from '../../protocol/github/runners.ts';
import { ResourceStore } from '../store/resource-store.ts';
import { CredentialPool } from './credential-pool.ts';
import { credentialsIn } from './secret-credentials.ts';

const keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
const PKCS1 = keys.privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
const PKCS8 = keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const app = (key = PKCS8) => ({
  github_app_id: '7\n',
  github_app_installation_id: '42',
  github_app_private_key: key,
});
const octo: RunnerScope = { kind: 'organization', name: 'octo' };

describe('credentials in a Secret', () => {
  it('reads a token, trimmed (AUTH-2)', () => {
    expect(credentialsIn('s', { github_token: 'ghp_x\n' })).toEqual({ url: undefined, token: 'ghp_x' });
  });

  it.each([
    ['PKCS #1, as GitHub gives them', PKCS1],
    ['PKCS #8', PKCS8],
  ])("reads an App's key in %s", (_form, key) => {
    expect(credentialsIn('s', app(key)).app).toMatchObject({ appId: '7', installationId: '42' });
  });

  it.each([
    [{ github_enterprise_url: 'https://ghes.example/' }, 'https://ghes.example'],
    [{ github_url: 'https://ghes.example/api/v3/' }, 'https://ghes.example'],
    [{ github_url: 'https://api.github.com' }, 'https://github.com'],
    [{ github_runner_url: 'https://acme.ghe.com', github_url: 'https://api.acme.ghe.com' }, 'https://acme.ghe.com'],
    [{ github_upload_url: 'https://uploads.example' }, undefined],
  ])('finds the server of %j (AUTH-3)', (texts, url) => {
    expect(credentialsIn('s', { github_token: 'x', ...texts }).url).toBe(url);
  });

  it.each([
    [{}, 'The Secret s has no credentials.'],
    [{ token: 'x' }, 'The Secret s has no credentials.'],
    [{ github_app_id: '7' }, 'The Secret s lacks github_app_installation_id and github_app_private_key.'],
    [app('-----BEGIN hunter2-----'), 'github_app_private_key in the Secret s is no private key.'],
    [{ github_token: 'x', github_url: 'ftp://hunter2' }, 'github_url in the Secret s is not an http or https URL.'],
  ])('says what is wrong in %#, and no value', (texts, message) => {
    expect(() => credentialsIn('s', texts)).toThrow(message);
    expect(() => credentialsIn('s', texts)).not.toThrow('hunter2');
  });
});

describe('the pool of credentials', () => {
  let server: Server;
  let clock: ManualClock;
  let store: ResourceStore;
  let pool: CredentialPool;
  let own: GitHubClient;
  let calls: { path: string; authorization: string }[];
  beforeEach(async () => {
    calls = [];
    server = createServer((request, response) => {
      const { url: path = '', headers } = request;
      calls.push({ path, authorization: headers.authorization ?? '' });
      const isToken = path.endsWith('/access_tokens');
      const expires_at = new Date(clock.now() + 3_600_000).toISOString();
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(isToken ? { token: `ghs_${calls.length}`, expires_at } : {}));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    clock = new ManualClock();
    store = new ResourceStore(':memory:', clock);
    own = new GitHubClient({ url: address(), token: 'own' });
    pool = new CredentialPool(store, own, clock);
  });
  afterEach(async () => {
    store.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const address = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const key = { plural: 'secrets', namespace: 'ci', name: 'github' };
  const dataOf = (texts: Record<string, string>) =>
    Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, Buffer.from(text).toString('base64')]));
  const put = (texts: Record<string, string>): void => {
    const existing = store.find(key);
    if (existing) store.update('secrets', { ...existing, data: dataOf(texts) });
    else store.create('secrets', { apiVersion: 'v1', kind: 'Secret', metadata: key, data: dataOf(texts) });
  };
  const github = (scope: RunnerScope = octo) => pool.githubFor({ scope, namespace: 'ci', secretName: 'github' });

  it('gives one client for each Secret, and another when the Secret has changed (AUTH-2)', async () => {
    put({ github_token: 'one' });
    const first = github();
    expect(github()).toBe(first);
    await first.send({ path: '/x' });
    put({ github_token: 'two' });
    await github().send({ path: '/x' });
    expect(calls.map(({ authorization }) => authorization)).toEqual(['Bearer one', 'Bearer two']);
  });

  it('uses the own credentials for what names no Secret', () => {
    expect(pool.githubFor({ scope: octo, namespace: 'ci', secretName: undefined })).toBe(own);
  });

  it('gets a token for an App by a signed statement, shares it, and renews it before it ends', async () => {
    put(app());
    await Promise.all([github().send({ path: '/a' }), github().send({ path: '/b' })]);
    const [statement, ...uses] = calls;
    expect(statement?.path).toBe('/api/v3/app/installations/42/access_tokens');
    const { payload } = await verify(statement?.authorization ?? '', keys.publicKey, clock.now());
    expect(payload.iss).toBe('7');
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBeLessThanOrEqual(600);
    expect(uses.map(({ authorization }) => authorization)).toEqual(['Bearer ghs_1', 'Bearer ghs_1']);
    clock.advance(56 * 60_000);
    await github().send({ path: '/c' });
    expect(calls.slice(3).map(({ authorization }) => authorization)[1]).toBe('Bearer ghs_4');
  });

  it('refuses an App at an enterprise (AUTH-4)', () => {
    put(app());
    expect(() => github({ kind: 'enterprise', name: 'acme' })).toThrow('Apps cannot register runners of an enterprise');
  });

  it('says which Secret is missing, also after it was there', () => {
    put({ github_token: 'one' });
    github();
    store.delete(key);
    expect(github).toThrow('There is no Secret github in the namespace ci.');
  });

  it("sends a scale set's Secret to the server of its githubConfigUrl, and the own token to no other", async () => {
    put({ github_token: 'one', github_enterprise_url: 'https://elsewhere.example' });
    const client = await pool.clientFor({ namespace: 'ci', configUrl: `${address()}/octo/app`, secretName: 'github' });
    await client.send({ path: '/x' });
    expect(calls[0]?.authorization).toBe('Bearer one');
    const foreign = pool.clientFor({ namespace: 'ci', configUrl: 'https://github.com/octo/app' });
    await expect(foreign).rejects.toThrow('The fleet has no credentials for https://github.com.');
  });
});

async function verify(authorization: string, key: KeyObject, nowMs: number) {
  return jwtVerify(authorization.replace('Bearer ', ''), key, { currentDate: new Date(nowMs) });
}
