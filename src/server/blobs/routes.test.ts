import { afterAll, beforeAll, expect, test } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { type SmallServer, startSmallServer } from '../../../test/support/small-server.ts';
import { blobRoutes } from './routes.ts';
import { signedUrl } from './signed-url.ts';

let server: SmallServer;
const clock = new ManualClock();
let count = 0;

beforeAll(async () => {
  server = await startSmallServer(async (app, context) => void (await app.register(blobRoutes(context))), { clock });
});
afterAll(() => server.close());

const newName = (): string => `logs/7/${++count}.txt`;
const url = (name: string, access: 'r' | 'w'): string => signedUrl(server.context, name, access, 60);
const put = (target: string, body: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(target, { method: 'PUT', body, headers });
const read = async (name: string): Promise<string> => (await fetch(url(name, 'r'))).text();

test('takes a block blob, again after a lost answer, with the headers that SDKs read', async () => {
  const name = newName();
  const headers = { 'x-ms-blob-type': 'BlockBlob', 'if-none-match': '*', 'content-type': 'text/plain' };
  for (const text of ['first', 'second']) {
    const response = await put(url(name, 'w'), text, headers);
    expect(response.status).toBe(201);
    for (const header of ['etag', 'last-modified', 'x-ms-request-id', 'x-ms-version']) {
      expect(response.headers.get(header)).toBeTruthy();
    }
  }
  expect(await read(name)).toBe('second');
});

test('takes an append blob: created, appended, sealed', async () => {
  const name = newName();
  expect((await put(url(name, 'w'), '', { 'x-ms-blob-type': 'AppendBlob' })).status).toBe(201);
  const offsets: (string | null)[] = [];
  for (const text of ['one\n', 'two\n']) {
    const response = await put(`${url(name, 'w')}&comp=appendblock`, text);
    expect(response.status).toBe(201);
    offsets.push(response.headers.get('x-ms-blob-append-offset'));
  }
  expect((await put(`${url(name, 'w')}&comp=appendblock&seal=true`, 'three\n')).status).toBe(201);
  expect((await put(`${url(name, 'w')}&comp=seal`, '')).status).toBe(200);
  expect(offsets).toEqual(['0', '4']);
  expect(await read(name)).toBe('one\ntwo\nthree\n');
});

test('takes an append to a blob that was never created (runner-protocol trap 3)', async () => {
  const name = newName();
  expect((await put(`${url(name, 'w')}&comp=appendblock`, 'x')).status).toBe(201);
  expect(await read(name)).toBe('x');
});

test('takes an append that says its position once, however often it is sent', async () => {
  const name = newName();
  const append = (position: number): Promise<Response> =>
    put(`${url(name, 'w')}&comp=appendblock`, 'abc', { 'x-ms-blob-condition-appendpos': String(position) });
  expect((await append(0)).status).toBe(201);
  expect((await append(0)).status).toBe(201);
  expect((await append(3)).status).toBe(201);
  const wrong = await append(1);
  expect(wrong.status).toBe(412);
  expect(wrong.headers.get('x-ms-error-code')).toBe('AppendPositionConditionNotMet');
  expect(await read(name)).toBe('abcabc');
});

test('puts blocks together in the order of the list, also when the list is sent again', async () => {
  const name = `artifacts/${++count}.zip`;
  const [first, second] = [Buffer.from('id-1').toString('base64'), Buffer.from('id/2+').toString('base64')];
  for (const [id, text] of [
    [second, 'world'],
    [first, 'hello '],
  ]) {
    const target = `${url(name, 'w')}&comp=block&blockid=${encodeURIComponent(id ?? '')}`;
    expect((await put(target, text ?? '')).status).toBe(201);
  }
  const list = `<?xml version="1.0"?><BlockList><Latest>${first}</Latest><Latest>${second}</Latest></BlockList>`;
  for (let times = 0; times < 2; times++)
    expect((await put(`${url(name, 'w')}&comp=blocklist`, list)).status).toBe(201);
  const response = await fetch(url(name, 'r'));
  expect(response.headers.get('content-type')).toBe('application/zip');
  expect(await response.text()).toBe('hello world');
  const missing = await put(`${url(`${name}x`, 'w')}&comp=blocklist`, list);
  expect(missing.status).toBe(400);
  expect(missing.headers.get('x-ms-error-code')).toBe('InvalidBlockList');
});

test('gives ranges, sizes without a body, and 404 for what is not there', async () => {
  const name = newName();
  await put(url(name, 'w'), '0123456789');
  const range = async (value: string) => fetch(url(name, 'r'), { headers: { range: value } });
  expect(await (await range('bytes=2-4')).text()).toBe('234');
  expect(await (await range('bytes=7-')).text()).toBe('789');
  const tail = await range('bytes=-2');
  expect([tail.status, tail.headers.get('content-range'), await tail.text()]).toEqual([206, 'bytes 8-9/10', '89']);
  expect((await range('bytes=20-')).status).toBe(416);
  const head = await fetch(url(name, 'r'), { method: 'HEAD' });
  expect([head.status, head.headers.get('content-length')]).toEqual([200, '10']);
  const nothing = await fetch(url('logs/7/none.txt', 'r'));
  expect([nothing.status, nothing.headers.get('x-ms-error-code')]).toEqual([404, 'BlobNotFound']);
});

test('keeps names with odd characters apart', async () => {
  const name = 'logs/7/a b+ü.txt';
  await put(url(name, 'w'), 'odd');
  expect(await read(name)).toBe('odd');
});

test('never lets a browser run what a job stored', async () => {
  const name = newName();
  await put(url(name, 'w'), '<script>alert(1)</script>');
  const { headers } = await fetch(url(name, 'r'));
  expect(headers.get('content-security-policy')).toContain('sandbox');
  expect(headers.get('x-content-type-options')).toBe('nosniff');
});

test('refuses a signature for another name, the other access, a later expiry, and after it expired', async () => {
  const name = newName();
  const signed = url(name, 'w');
  expect((await put(signed.replace(name, newName()), 'x')).status).toBe(403);
  expect((await fetch(signed)).status).toBe(403);
  expect((await put(signed.replace('2026', '2027'), 'x')).status).toBe(403);
  expect((await put(signed.split('?')[0] ?? '', 'x')).status).toBe(403);
  expect((await fetch(`${server.url}/blobs/../../master.key`)).status).not.toBe(200);
  expect(new URL(signed).searchParams.get('sig')?.length).toBeGreaterThanOrEqual(32);
  clock.advance(61_000);
  expect((await put(signed, 'x')).status).toBe(403);
});
