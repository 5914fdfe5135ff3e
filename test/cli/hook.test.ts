import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { inheritedEnvironment } from '../../src/common/settings.ts';
import { type CommandResult, runCommandAt } from '../support/command-line.ts';
import { HookReceiver, signatureOf } from '../support/hook-receiver.ts';
import { serversPerTest, type TestServer } from '../support/server.ts';
import { waitFor } from '../support/wait.ts';

const { start } = serversPerTest();
const receivers: HookReceiver[] = [];
afterEach(async () => {
  for (const receiver of receivers.splice(0)) await receiver.close();
});

async function receiver(): Promise<HookReceiver> {
  const one = await HookReceiver.start();
  receivers.push(one);
  return one;
}

const hook = (server: TestServer, ...argv: string[]): Promise<CommandResult> => runCommandAt(server, 'hook', ...argv);

async function withRepository(): Promise<TestServer> {
  const server = await start();
  await server.rest('POST', '/api/v3/user/repos', { name: 'app' });
  return server;
}

it('a hook of a repository, of an owner or of the server is added, pinged, listed and removed', async () => {
  const server = await withRepository();
  await server.push({ a: 'a' }, { repository: 'me/app' });
  for (const place of ['me/app', 'me', '--server-wide']) {
    const to = await receiver();
    const added = await hook(server, 'add', place, to.url, '--event', 'push', '--event', 'workflow_job', '--json');
    const { id } = JSON.parse(added.out);
    expect(JSON.parse(added.out)).toMatchObject({ events: ['push', 'workflow_job'], config: { content_type: 'json' } });
    await to.get('ping');
    expect(await hook(server, 'ping', place, String(id))).toMatchObject({ code: 0 });
    await waitFor('the second ping', async () => to.names().length === 2);
    expect((await hook(server, 'list', place)).out).toBe(
      `HOOK  STATE   SIGNED  EVENTS              URL\n${id}     active  no      push, workflow_job  ${to.url}\n`,
    );
    await hook(server, 'remove', place, String(id));
    expect((await hook(server, 'list', place, '--json')).out).toBe('');
  }
});

it('deliveries are listed and shown with both sides, and one is sent again, also of the whole server', async () => {
  const server = await withRepository();
  for (const place of ['admin/app', '--server-wide']) {
    const to = await receiver();
    to.answer = () => 404;
    const { id } = JSON.parse((await hook(server, 'add', place, to.url, '--json')).out);
    const list = async () => (await hook(server, 'deliveries', place, String(id))).out;
    const listed = await waitFor('the failure', async () => {
      const text = await list();
      return text.includes('404') && text;
    });
    expect(listed).toMatch(
      /^DELIVERY +EVENT +TRY +ANSWER +TOOK +AGE\n\d+ +ping +first +404 Not Found +0\.\d\ds +\ds\n$/,
    );
    const [number = ''] = /^\d+/m.exec(listed) ?? [];
    const shown = (await hook(server, 'deliveries', place, String(id), number)).out;
    expect(shown).toContain('x-github-event: ping');
    expect(shown).toContain('"zen": ');
    expect(shown).toMatch(/Response\n[\s\S]*x-receiver: test\n[\s\S]*\n\nheard\n$/);
    to.answer = () => 200;
    expect(await hook(server, 'redeliver', place, String(id), number)).toMatchObject({ code: 0 });
    await waitFor('the redelivery', async () => / again +200 OK /.test(await list()));
  }
});

it('a secret comes from standard input and signs what is sent', async () => {
  const server = await withRepository();
  const to = await receiver();
  const argv = ['hook', 'add', 'admin/app', to.url, '--with-secret', '--form', '--server', server.url];
  const env = { ...inheritedEnvironment(), SWITCHYARD_TOKEN: server.token };
  const child = spawn(process.execPath, [resolve('bin/switchyard.mjs'), ...argv], { env });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (said += data));
  child.stdin.end('hush-hush\n');
  await once(child, 'close');
  expect(said).toMatch(/^HOOK .*\n1 +active +yes +push +http:\S+\n$/);
  const ping = await to.get('ping');
  expect(ping.headers['content-type']).toBe('application/x-www-form-urlencoded');
  expect(ping.headers['x-hub-signature-256']).toBe(signatureOf('hush-hush', ping.body));
});

it.each([
  [['dance'], 2, 'none of list'],
  [['list'], 2, 'Say whose hooks'],
  [['list', 'a/b/c'], 2, 'neither OWNER/NAME nor OWNER'],
  [['list', 'me/'], 2, 'neither OWNER/NAME nor OWNER'],
  [['add', 'admin/app'], 2, 'Give the URL'],
  [['ping', 'admin/app', 'x'], 2, 'no number of a hook'],
  [['redeliver', '--server-wide', '1'], 2, 'Give the number of the delivery'],
  [['remove', 'admin/app', '7'], 1, 'Not Found'],
])('says what is wrong in hook %j', async (argv, code, why) => {
  const server = await withRepository();
  expect(await hook(server, ...argv)).toMatchObject({ code, err: expect.stringContaining(why) });
});
