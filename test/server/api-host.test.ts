import { get, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { serversPerTest, type TestServer } from '../support/server.ts';

const { start } = serversPerTest();

/** As a client does for which the name leads to the server. */
async function ask(server: TestServer, host: string, path: string, token = server.token) {
  const headers = { host, authorization: `Bearer ${token}` };
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    get(`${server.url}${path}`, { headers }, resolve).on('error', reject);
  });
  const body = await text(answer);
  return { status: answer.statusCode, link: answer.headers.link, body };
}

it('a host called api.… answers REST at /, with the same access, and addresses that lead to the server', async () => {
  const server = await start();
  for (const name of ['one', 'two']) await server.push({ a: '' }, { repository: `me/${name}`, ref: 'main' });
  const { status, body } = await ask(server, 'api.example.com', '/repos/me/one');
  expect([status, JSON.parse(body)]).toEqual([200, await server.rest('GET', '/api/v3/repos/me/one')]);
  expect((await ask(server, 'api.example.com', '/api/v3/repos/me/one')).status).toBe(200);
  expect((await ask(server, 'api.example.com', '/repos/me/one', 'wrong')).status).toBe(401);
  expect((await ask(server, 'ci.example.com', '/repos/me/one')).body).not.toContain('full_name');
  await server.push({ b: '' }, { repository: 'me/one', ref: 'topic' });
  const { link } = await ask(server, 'api.example.com', '/repos/me/one/branches?per_page=1');
  expect(link).toContain(`<${server.url}/api/v3/repos/me/one/branches?per_page=1&page=2>; rel="next"`);
});
