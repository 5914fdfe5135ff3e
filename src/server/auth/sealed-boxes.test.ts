import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sodium from 'libsodium-wrappers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadKeys, type ServerKeys } from './keys.ts';
import { boxKey, openBox } from './sealed-boxes.ts';

let folder: string;
let keys: ServerKeys;

beforeAll(async () => {
  await sodium.ready;
  folder = await mkdtemp(join(tmpdir(), 'switchyard-boxes-'));
  keys = await loadKeys(folder);
});
afterAll(() => rm(folder, { recursive: true }));

/** As GitHub's documentation tells clients to do it. */
async function seal(text: string | Uint8Array): Promise<{ box: string; id: string }> {
  const { id, publicKey } = await boxKey(keys);
  const sealed = sodium.crypto_box_seal(text, sodium.from_base64(publicKey, sodium.base64_variants.ORIGINAL));
  return { box: sodium.to_base64(sealed, sodium.base64_variants.ORIGINAL), id };
}

test.each(['hush', '', '\uFEFFmark and 🔑\n', 'x'.repeat(48 * 1024)])('opens what a client sealed', async (text) => {
  const { box, id } = await seal(text);
  expect(await openBox(keys, box, id)).toBe(text);
});

test('keeps its key over restarts', async () => {
  const { box, id } = await seal('hush');
  expect(await openBox(await loadKeys(folder), box, id)).toBe('hush');
});

test('refuses a box for another key, a changed one, what is no box, and what is no text', async () => {
  const { box, id } = await seal('hush');
  const refused = { code: 'bad-sealed-box', status: 422 };
  await expect(openBox(keys, box, 'other')).rejects.toMatchObject(refused);
  const changed = Buffer.from(box, 'base64').map((byte, index) => (index === 40 ? byte ^ 1 : byte));
  await expect(openBox(keys, Buffer.from(changed).toString('base64'), id)).rejects.toMatchObject(refused);
  await expect(openBox(keys, 'aGk=', id)).rejects.toMatchObject(refused);
  await expect(openBox(keys, (await seal(new Uint8Array([0xff, 0xfe]))).box, id)).rejects.toMatchObject(refused);
});
