import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newAuthority, openssl, type PrivateAuthority, TlsFront } from '../support/private-tls.ts';
import { TestProxy } from '../support/proxy.ts';
import { TestServer } from '../support/server.ts';
import { waitFor } from '../support/wait.ts';
import { type RunnerProcess, startConfiguredRunner } from './runner-process.ts';
import { runRunner } from './runner-program.ts';

/** A name that nothing but the proxy can reach. */
const HOST = 'ghes.example';
const PASSWORD = 'p@ss:word';
const WORKFLOW = `on: push
jobs:
  a:
    runs-on: [self-hosted]
    steps:
      - name: Show
        run: |
          env | grep -i _proxy | sort
          echo "the password is ${PASSWORD}"
          sleep 1
`;
/** Of the machine that the tests run on: must not decide anything here. */
const NONE = { http_proxy: '', https_proxy: '', no_proxy: '', HTTP_PROXY: '', HTTPS_PROXY: '', NO_PROXY: '' };

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe.skipIf(!openssl)('a runner behind a proxy, at a server with a certificate of a private authority', () => {
  let authority: PrivateAuthority;
  let server: TestServer;
  let front: TlsFront;
  let proxy: TestProxy;
  let root: string;
  const runners: RunnerProcess[] = [];
  const folders: string[] = [];

  beforeAll(async () => {
    authority = newAuthority([HOST]);
    server = await TestServer.start({ port: await freePort(), publicUrl: `https://${HOST}` });
    await server.push({ README: 'x' }, { ref: 'none' });
    front = await TlsFront.start(authority, () => server.url);
    proxy = await TestProxy.start(`runner:${PASSWORD}`, () => front.port);
  });
  afterAll(async () => {
    for (const runner of runners) await runner.close();
    await proxy?.close();
    await front?.close();
    await server?.close();
    authority?.close();
    for (const folder of folders) await rm(folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'switchyard-proxied-'));
    folders.push(root);
    proxy.tunnels.length = 0;
    proxy.refused = 0;
    front.passed.length = 0;
  });

  const config = async (env: Record<string, string>) => {
    const path = '/api/v3/repos/me/app/actions/runners/registration-token';
    const { token } = await server.rest<{ token: string }>('POST', path);
    const args = ['--url', `https://${HOST}/me/app`, '--token', token, '--root', root, '--name', 'box', '--replace'];
    return runRunner(['config', ...args], { env: { ...NONE, ...env } });
  };
  const proxied = () => ({ https_proxy: proxy.url });

  it('registers and runs a job with everything through it: poll, lease, logs, live lines', async () => {
    const env = { ...proxied(), NODE_EXTRA_CA_CERTS: authority.file };
    expect(await config(env)).toMatchObject({ code: 0 });
    runners.push(startConfiguredRunner(root, ['--once'], { ...NONE, ...env }));
    await server.pushWorkflow(WORKFLOW);
    const [run] = await server.runs();
    await waitFor('the run to end', async () => (await server.run(run?.id ?? 0)).conclusion === 'success', 40_000);
    expect(await runners[0]?.exited).toBe(0);

    expect(new Set(proxy.tunnels)).toEqual(new Set([`${HOST}:443`]));
    expect(proxy.refused).toBe(0);
    const passed = front.passed.map((line) => line.replace(/\?.*/, ''));
    for (const part of ['/oauth/token/', '/broker/session', '/broker/message', '/run/acquirejob', '/run/completejob']) {
      expect(passed).toContain(`${HOST} ${part}`);
    }
    expect(passed).toContain(`ws ${HOST} /feed`);
    expect(passed.some((line) => line.startsWith(`${HOST} /blobs/`))).toBe(true);

    const [job] = (await server.run(run?.id ?? 0)).jobs;
    const moved = await fetch(`${server.url}/api/v3/repos/me/app/actions/jobs/${job?.id}/logs`, {
      headers: { authorization: `Bearer ${server.token}` },
      redirect: 'manual',
    });
    const { pathname, search } = new URL(moved.headers.get('location') ?? '');
    const log = await (await fetch(`${server.url}${pathname}${search}`)).text();
    expect(log).toMatch(/Z HTTPS_PROXY=http:\/\/runner:\*\*\*@127/);
    expect(log).toMatch(/Z https_proxy=http:\/\/runner:\*\*\*@127/);
    expect(log).toContain('the password is ***');
    expect(log).toMatch(/Runner is running behind proxy server 'http:\/\/runner:\*\*\*@127/);
    expect(log).not.toContain(PASSWORD);
    expect(log).not.toContain(encodeURIComponent(PASSWORD));
  });

  it('takes proxy and authority from the .env of its folder', async () => {
    await writeFile(join(root, '.env'), `https_proxy=${proxy.url}\nSSL_CERT_FILE=${authority.file}\n`);
    expect(await config({})).toMatchObject({ code: 0 });
    expect(proxy.tunnels.length).toBeGreaterThan(0);
  });

  it('says that it does not know the authority; told to look at none, it goes on', async () => {
    const { code, output } = await config(proxied());
    expect(output).toMatch(/certificate/);
    expect(code).toBe(1);
    expect(await config({ ...proxied(), GITHUB_ACTIONS_RUNNER_TLS_NO_VERIFY: '1' })).toMatchObject({ code: 0 });
  });

  it('says that the proxy refuses it, without the password', async () => {
    const wrong = proxy.url.replace('runner:', 'nobody:');
    const { code, output } = await config({ https_proxy: wrong, NODE_EXTRA_CA_CERTS: authority.file });
    expect(output).toMatch(/The proxy http:\/\/nobody:\*\*\*@127.* it answered 407/);
    expect(output).not.toContain(encodeURIComponent(PASSWORD));
    expect(code).toBe(1);
    expect(proxy.refused).toBeGreaterThan(0);
  });

  it('asks the proxy for whole URLs where the server has no TLS, and not at all for what no_proxy names', async () => {
    const plain = await TestProxy.start('runner:x', () => Number(new URL(server.url).port));
    try {
      const path = '/api/v3/repos/me/app/actions/runners/registration-token';
      const { token } = await server.rest<{ token: string }>('POST', path);
      const args = ['--url', `http://${HOST}:8080/me/app`, '--token', token, '--root', root, '--name', 'plain'];
      const direct = await runRunner(['config', ...args], {
        env: { ...NONE, http_proxy: plain.url, no_proxy: 'example' },
      });
      expect(direct.output).toContain('cannot be reached');
      expect(plain.requests).toEqual([]);
      const { code } = await runRunner(['config', ...args], { env: { ...NONE, HTTP_PROXY: plain.url } });
      expect(code).toBe(0);
      expect(plain.requests).toContain(`http://${HOST}:8080/api/v3/actions/runner-registration`);
    } finally {
      await plain.close();
    }
  });
});
