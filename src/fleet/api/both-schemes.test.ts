import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { get, type RequestOptions } from 'node:https';
import { connect } from 'node:net';
import { json } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ApiUnderTest, TOKEN } from '../../../test/support/api-under-test.ts';
import { tlsFiles } from '../../common/tls/files.ts';

describe('the port of the fleet API', () => {
  let fleet: ApiUnderTest;
  beforeEach(async () => {
    fleet = await ApiUnderTest.start();
  });
  afterEach(() => fleet.close());

  async function overHttps(options: RequestOptions): Promise<unknown> {
    const url = `${fleet.api.url.replace('http:', 'https:')}/version`;
    const request = get(url, { agent: false, headers: { authorization: `Bearer ${TOKEN}` }, ...options });
    const [response] = await once(request, 'response');
    return json(response);
  }

  it('speaks https with a certificate of its own, and http beside it', async () => {
    await overHttps({ rejectUnauthorized: false });
    const ca = await readFile(tlsFiles(fleet.folder).authority);
    expect(await overHttps({ ca, servername: 'localhost' })).toMatchObject({ major: '1' });
    expect((await fleet.call('GET', '/version')).body).toMatchObject({ major: '1' });
  });

  it('serves many clients of both kinds at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, number) =>
        number % 2 === 0 ? overHttps({ rejectUnauthorized: false }) : fleet.call('GET', '/version'),
      ),
    );
    expect(answers).toHaveLength(20);
  });

  it('does not trust a client for its word of TLS', async () => {
    const socket = connect(Number(new URL(fleet.api.url).port), '127.0.0.1');
    socket.write(Buffer.from([0x16, 0x03, 0x01, 0x00, 0x05, 0xff, 0xff, 0xff, 0xff, 0xff]));
    socket.on('error', () => undefined).resume();
    await once(socket, 'close');
    expect((await fleet.call('GET', '/version')).status).toBe(200);
  });

  it('closes at once although somebody has connected and says nothing', async () => {
    const silent = connect(Number(new URL(fleet.api.url).port), '127.0.0.1');
    silent.on('error', () => undefined);
    await once(silent, 'connect');
    await fleet.restart();
    await once(silent.resume(), 'close');
  });
});
