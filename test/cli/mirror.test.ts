import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { inheritedEnvironment } from '../../src/common/settings.ts';
import { serversPerTest, type TestServer } from '../support/server.ts';

const { start } = serversPerTest();

/** In a process of its own: a token comes by standard input. */
async function mirror(server: TestServer, args: string[], input = ''): Promise<{ code: number; text: string }> {
  const all = ['bin/switchyard.mjs', 'mirror', ...args, '--server', server.url];
  const env = { ...inheritedEnvironment(), SWITCHYARD_TOKEN: server.token };
  const child = spawn(process.execPath, all, { cwd: resolve(import.meta.dirname, '../..'), env });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece: Buffer) => (text += piece));
  child.stdin.end(input);
  const [code] = await once(child, 'close');
  return { code, text };
}

it('mirror makes a mirror with a token from standard input, tells how it stands, fetches and removes it', async () => {
  const [original, server] = [await start(), await start()];
  await original.push({ 'a.txt': 'one' });
  const url = `${original.url}/me/app`;
  expect(await mirror(server, ['set', 'me/app', url])).toMatchObject({ code: 1 });
  const made = await mirror(server, ['set', 'me/app', url, '--with-token'], `${original.token}\n`);
  expect(made.text).toContain(`me/app mirrors ${url}, last fetched 2`);
  expect(made).toMatchObject({ code: 0, text: expect.stringContaining('The original is told of runs.') });
  expect((await mirror(server, ['sync', 'me/app', '--json'])).text).toMatch(
    /^\{"url":.*"problem":null,"waiting":0\}\n$/,
  );
  expect(await mirror(server, ['remove', 'me/app'])).toMatchObject({ code: 0 });
  expect(await mirror(server, ['show', 'me/app'])).toMatchObject({ code: 1, text: expect.stringContaining('me/app') });
});

it('mirror called wrongly says how it is called', async () => {
  const server = await start();
  expect(await mirror(server, ['set', 'me/app'])).toMatchObject({ code: 2 });
  expect(await mirror(server, ['show', 'me'])).toMatchObject({ code: 2, text: expect.stringContaining('OWNER/NAME') });
});
