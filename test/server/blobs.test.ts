import { createHash, randomBytes } from 'node:crypto';
import { readdir, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { BlockBlobClient } from '@azure/storage-blob';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { blobRoutes } from '../../src/server/blobs/routes.ts';
import { signedUrl } from '../../src/server/blobs/signed-url.ts';
import { type SmallServer, startSmallServer } from '../support/small-server.ts';

let server: SmallServer;
let count = 0;
const MIB = 1024 * 1024;

beforeAll(async () => {
  server = await startSmallServer(async (app, context) => void (await app.register(blobRoutes(context))));
});
afterAll(() => server.close());

const newName = (): string => `uploads/tests/${++count}`;
const url = (name: string, access: 'r' | 'w'): string => signedUrl(server.context, name, access, 600);
const put = (target: string, body: string | Buffer, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(target, { method: 'PUT', body: new Uint8Array(Buffer.from(body)), headers });
const blockUrl = (name: string, id: string): string =>
  `${url(name, 'w')}&comp=block&blockid=${encodeURIComponent(Buffer.from(id).toString('base64'))}`;
const commit = (name: string, ids: string[]): Promise<Response> =>
  put(
    `${url(name, 'w')}&comp=blocklist`,
    `<BlockList>${ids.map((id) => `<Latest>${Buffer.from(id).toString('base64')}</Latest>`).join('')}</BlockList>`,
  );

it('takes what the Azure SDK uploads in parallel blocks, and gives it in parallel ranges', async () => {
  const name = newName();
  const content = randomBytes(9 * MIB + 17);
  await new BlockBlobClient(url(name, 'w')).uploadData(content, {
    blockSize: MIB,
    concurrency: 5,
    maxSingleShotSize: MIB,
  });
  const reader = new BlockBlobClient(url(name, 'r'));
  expect((await reader.getProperties()).contentLength).toBe(content.length);
  const read = await reader.downloadToBuffer(0, undefined, { blockSize: 700_001, concurrency: 4 });
  expect(read.equals(content)).toBe(true);
});

it('takes what the Azure SDK uploads at once', async () => {
  const name = newName();
  const content = randomBytes(3 * MIB);
  await new BlockBlobClient(url(name, 'w')).upload(content, content.length);
  const read = await new BlockBlobClient(url(name, 'r')).downloadToBuffer();
  expect(read.equals(content)).toBe(true);
});

it('reads ranges that begin and end within blocks, beyond the last, and nothing of an empty list', async () => {
  const name = newName();
  for (const [id, text] of [
    ['1', 'abc'],
    ['2', 'defgh'],
    ['3', 'i'],
  ] as const)
    await put(blockUrl(name, id), text);
  expect((await commit(name, ['1', '2', '3', '1'])).status).toBe(201);
  const range = async (value: string) => (await fetch(url(name, 'r'), { headers: { range: value } })).text();
  expect(await range('bytes=0-')).toBe('abcdefghiabc');
  expect(await range('bytes=2-3')).toBe('cd');
  expect(await range('bytes=4-6')).toBe('efg');
  expect(await range('bytes=7-100')).toBe('hiabc');
  expect(await range('bytes=-4')).toBe('iabc');
  const empty = newName();
  expect((await commit(empty, [])).status).toBe(201);
  expect(await (await fetch(url(empty, 'r'))).text()).toBe('');
});

it('replaces a block that comes again, forgets those that the list leaves out, and a whole blob by another', async () => {
  const name = newName();
  await put(blockUrl(name, '1'), 'broken');
  await put(blockUrl(name, '1'), 'whole');
  await put(blockUrl(name, 'unused'), 'x');
  await commit(name, ['1']);
  expect(await (await fetch(url(name, 'r'))).text()).toBe('whole');
  expect((await commit(name, ['1', 'unused'])).status).toBe(400);
  await put(url(name, 'w'), 'plain');
  expect(await (await fetch(url(name, 'r'))).text()).toBe('plain');
  await put(blockUrl(name, '2'), 'blocks');
  await commit(name, ['2']);
  expect(await (await fetch(url(name, 'r'))).text()).toBe('blocks');
});

it('shows nothing of blocks before they are committed', async () => {
  const name = newName();
  await put(blockUrl(name, '1'), 'abc');
  expect((await fetch(url(name, 'r'))).status).toBe(404);
});

it('keeps the ETag while the content is the same, and refuses to go on reading another content', async () => {
  const name = newName();
  const written = await put(url(name, 'w'), 'first');
  const read = () => fetch(url(name, 'r'));
  const etag = (await read()).headers.get('etag') ?? '';
  expect(written.headers.get('etag')).toBe(etag);
  expect((await read()).headers.get('etag')).toBe(etag);
  const given = (headers: Record<string, string>) => fetch(url(name, 'r'), { headers });
  expect((await given({ 'if-none-match': etag })).status).toBe(304);
  expect((await given({ 'if-match': etag, range: 'bytes=1-2' })).status).toBe(206);
  await put(url(name, 'w'), 'other');
  const stale = await given({ 'if-match': etag, range: 'bytes=1-2' });
  expect([stale.status, stale.headers.get('x-ms-error-code')]).toEqual([412, 'ConditionNotMet']);
});

it('compares a body with the checksums that are sent, and keeps nothing of one that differs', async () => {
  const name = newName();
  const md5 = (text: string) => createHash('md5').update(text).digest('base64');
  // The check value that the definition of CRC-64/NVME gives for these digits.
  const crc64 = Buffer.from('ae8b14860a799888', 'hex').reverse().toString('base64');
  expect((await put(blockUrl(name, '1'), '123456789', { 'x-ms-content-crc64': crc64 })).status).toBe(201);
  expect((await put(blockUrl(name, '2'), '123456789', { 'content-md5': md5('123456789') })).status).toBe(201);
  for (const [header, code] of [
    ['x-ms-content-crc64', 'Crc64Mismatch'],
    ['content-md5', 'Md5Mismatch'],
  ] as const) {
    const refused = await put(blockUrl(name, '3'), '12345678', {
      [header]: header === 'content-md5' ? md5('x') : crc64,
    });
    expect([refused.status, refused.headers.get('x-ms-error-code')]).toEqual([400, code]);
  }
  expect((await commit(name, ['1', '2', '3'])).status).toBe(400);
  expect((await commit(name, ['2', '1'])).status).toBe(201);
});

it('moves a blob with its blocks, also when an earlier try moved only these', async () => {
  const { blobs } = server.context;
  const [from, to] = [newName(), `kept/${++count}`];
  await put(blockUrl(from, '1'), 'abc');
  await commit(from, ['1']);
  const before = await blobs.facts(from);
  await blobs.move(from, to);
  expect(await blobs.facts(from)).toBeUndefined();
  expect(await blobs.facts(to)).toEqual(before);
  await blobs.move(from, to);
  expect(await (await fetch(url(to, 'r'))).text()).toBe('abc');
  await expect(blobs.move('uploads/none', 'kept/none')).rejects.toThrow('there is no blob');
});

it('sweeps uploads that nobody has written to for long, and no others', async () => {
  const { blobs } = server.context;
  const [old, young, begun] = ['sweep/old', 'sweep/young', 'sweep/begun'];
  await put(url(old, 'w'), 'x');
  await put(url(young, 'w'), 'x');
  await put(blockUrl(begun, '1'), 'x');
  const folder = join(server.dataFolder, 'blobs', 'sweep');
  const yesterday = new Date(Date.now() - 25 * 60 * 60 * 1000);
  const [block = ''] = await readdir(join(folder, 'begun.blocks'));
  for (const file of ['old', join('begun.blocks', block)]) await utimes(join(folder, file), yesterday, yesterday);
  await blobs.sweep('sweep', Date.now() - 24 * 60 * 60 * 1000);
  expect(await readdir(folder)).toEqual(['young']);
  await blobs.sweep('never/was', Date.now());
});

it('holds no body in memory: 200 MiB take less than 100 of it', async () => {
  const name = newName();
  const piece = randomBytes(MIB);
  const before = process.memoryUsage().arrayBuffers;
  let most = 0;
  async function* body(): AsyncGenerator<Uint8Array> {
    for (let sent = 0; sent < 200; sent++) {
      most = Math.max(most, process.memoryUsage().arrayBuffers - before);
      yield piece;
    }
  }
  const request = {
    method: 'PUT',
    body: Readable.toWeb(Readable.from(body())),
    duplex: 'half',
  } as unknown as RequestInit;
  expect((await fetch(url(name, 'w'), request)).status).toBe(201);
  let bytes = 0;
  for await (const part of (await fetch(url(name, 'r'))).body ?? []) {
    bytes += (part as Uint8Array).length;
    most = Math.max(most, process.memoryUsage().arrayBuffers - before);
  }
  expect(bytes).toBe(200 * MIB);
  expect(most).toBeLessThan(100 * MIB);
}, 60_000);
