import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { waitFor } from '../../test/support/wait.ts';
import { Connections } from './connections.ts';

const clock = new ManualClock();
const sockets: Socket[] = [];
let server: Server;

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  server.close();
  await once(server, 'close');
});

async function start(perAddress: number): Promise<void> {
  server = createServer((request, response) => {
    request.resume();
    request.once('end', () => response.end('done'));
    request.once('error', () => {});
  });
  new Connections(server, { clock, perAddress });
  await once(server.listen(0, '127.0.0.1'), 'listening');
}

async function open(): Promise<Socket> {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  sockets.push(socket);
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

test('breaks a connection whose body does not come on, and leaves one alone that does', async () => {
  await start(0);
  let received = 0;
  server.on('request', (request) => request.on('data', (data: Buffer) => (received += data.length)));
  const [slow, steady] = [await open(), await open()];
  for (const socket of [slow, steady]) socket.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 9000\r\n\r\nx');
  await waitFor('the first bytes', () => received === 2);
  const closed = once(slow, 'close');
  steady.write('y'.repeat(2_000));
  await waitFor('the next', () => received === 2_002);
  clock.advance(2 * 60_000);
  await closed;
  const answer = once(steady, 'data');
  steady.write('z'.repeat(6_999));
  expect(String(await answer)).toContain('200 OK');
});

test('lets one address have so many connections, and another when one of them has ended', async () => {
  await start(2);
  const [first] = [await open(), await open()];
  await once(await open(), 'close');
  first?.destroy();
  await waitFor('an answer', async () => {
    const socket = await open();
    socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
    return Promise.race([once(socket, 'data').then(() => true), once(socket, 'close').then(() => false)]);
  });
});
