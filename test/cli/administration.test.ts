import { spawn } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { inheritedEnvironment } from '../../src/common/settings.ts';
import type { App } from '../../src/protocol/dashboard/index.ts';
import { appJwt } from '../support/callers.ts';
import { runCommandAt as switchyard } from '../support/command-line.ts';
import { serversPerTest } from '../support/server.ts';
import { call } from '../support/simulated-runner.ts';

const { start } = serversPerTest();
const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

it('user and token make somebody who may do what was granted, and take it away again', async () => {
  const server = await start();
  await switchyard(server, 'repo', 'create', 'me/app');
  expect((await switchyard(server, 'user', 'add', 'alice')).out).toBe('USER   STATE   MAY\nalice  active  nothing\n');
  expect((await switchyard(server, 'user', 'grant', 'alice', 'me/app', 'read')).out).toContain('read me/app');
  const made = await switchyard(
    server,
    'token',
    'create',
    'alice',
    '--scope',
    'read',
    '--days',
    '7',
    '--note',
    'laptop',
  );
  const token = made.out.trim();
  expect(token).toMatch(/^swy_\S{43}$/);
  const see = async () => (await call('GET', `${server.url}/api/v3/repos/me/app`, { token })).status;
  expect(await see()).toBe(200);
  const listed = await switchyard(server, 'token', 'list', 'alice', '--json');
  expect(JSON.parse(listed.out)).toMatchObject({ user: 'alice', scope: 'read', note: 'laptop', places: null });
  await switchyard(server, 'user', 'revoke', 'alice', 'me/app');
  expect(await see()).toBe(404);
  await switchyard(server, 'user', 'suspend', 'alice');
  expect(await see()).toBe(403);
  await switchyard(server, 'token', 'revoke', String(JSON.parse(listed.out).id));
  expect(await see()).toBe(401);
  expect(await switchyard(server, 'user', 'remove', 'alice')).toMatchObject({ code: 0 });
  const acts = await switchyard(server, 'audit', '--place', 'me', '--json');
  expect(JSON.parse(acts.out)).toMatchObject({ action: 'org.create_repo', actor: 'admin', status: 201 });
});

it('says what is wrong in how an administrator calls it', async () => {
  const server = await start();
  expect(await switchyard(server, 'user', 'dance')).toMatchObject({
    code: 2,
    err: expect.stringContaining('none of add'),
  });
  expect(await switchyard(server, 'user', 'add')).toMatchObject({ code: 2 });
  expect(await switchyard(server, 'user', 'grant', 'admin', 'me/app', 'all')).toMatchObject({ code: 2 });
  expect(await switchyard(server, 'token', 'revoke', 'x')).toMatchObject({ code: 2 });
  expect(await switchyard(server, 'secret', 'list')).toMatchObject({
    code: 2,
    err: expect.stringContaining('Say whose'),
  });
  expect(await switchyard(server, 'user', 'remove', 'admin')).toMatchObject({
    code: 1,
    err: expect.stringContaining('belongs to the installation'),
  });
});

it('variables are set, set anew, listed and removed, also of an owner', async () => {
  const server = await start();
  await switchyard(server, 'repo', 'create', 'me/app');
  for (const owner of [
    ['-R', 'me/app'],
    ['--org', 'me'],
  ]) {
    await switchyard(server, 'variable', 'set', 'ZONE', 'eu', ...owner);
    expect((await switchyard(server, 'variable', 'set', 'zone', 'us', ...owner)).out).toBe('ZONE is set.\n');
    expect(JSON.parse((await switchyard(server, 'variable', 'list', '--json', ...owner)).out)).toMatchObject({
      name: 'ZONE',
      value: 'us',
    });
    await switchyard(server, 'variable', 'remove', 'ZONE', ...owner);
    expect((await switchyard(server, 'variable', 'list', '--json', ...owner)).out).toBe('');
  }
});

it('a secret comes from standard input and shows nowhere', async () => {
  const server = await start();
  await switchyard(server, 'repo', 'create', 'me/app');
  const argv = ['secret', 'set', 'KEY', '-R', 'me/app', '--server', server.url];
  const env = { ...inheritedEnvironment(), SWITCHYARD_TOKEN: server.token };
  const child = spawn(process.execPath, [resolve('bin/switchyard.mjs'), ...argv], { env });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (said += data));
  child.stdin.end('hush-hush\n');
  await once(child, 'close');
  expect(said).toBe('KEY is set.\n');
  const listed = await switchyard(server, 'secret', 'list', '-R', 'me/app', '--json');
  expect(JSON.parse(listed.out)).toMatchObject({ name: 'KEY' });
  expect(listed.out).not.toContain('hush-hush');
  await switchyard(server, 'secret', 'remove', 'KEY', '-R', 'me/app');
  expect((await switchyard(server, 'secret', 'list', '-R', 'me/app')).out).not.toContain('KEY');
});

it('app makes a key that only its owner can read, with which the App signs in', async () => {
  const server = await start();
  const folder = await mkdtemp(join(tmpdir(), 'switchyard-app-'));
  folders.push(folder);
  const file = join(folder, 'scaler.pem');
  await switchyard(server, 'app', 'create', 'scaler', '--permission', 'actions=read');
  expect((await switchyard(server, 'app', 'key', 'scaler', '--out', file)).code).toBe(0);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await switchyard(server, 'app', 'key', 'scaler', '--out', file)).toMatchObject({ code: 2 });
  const app: App = JSON.parse((await switchyard(server, 'app', 'install', 'scaler', 'me', '--json')).out);
  expect(app).toMatchObject({ keys: [{ id: 1 }], installations: [{ account: 'me', repositories: null }] });
  const key = createPrivateKey(await readFile(file, 'utf8'));
  const token = await appJwt(app.clientId, Date.now(), { key });
  expect((await call('GET', `${server.url}/api/v3/app`, { token })).status).toBe(200);
  await switchyard(server, 'app', 'remove', 'scaler');
  expect((await call('GET', `${server.url}/api/v3/app`, { token })).status).toBe(404);
});

it('repo delete removes a repository, and refuses one that is not there', async () => {
  const server = await start();
  await switchyard(server, 'repo', 'create', 'me/app');
  expect(await switchyard(server, 'repo', 'delete', 'me/app', '--yes')).toMatchObject({ code: 0 });
  expect((await switchyard(server, 'repo', 'list')).out).not.toContain('me/app');
  expect((await switchyard(server, 'repo', 'delete', 'me/app', '--yes')).code).not.toBe(0);
  expect((await switchyard(server, 'repo', 'delete', 'app', '--yes')).err).toContain('is not of the form OWNER/NAME');
});
