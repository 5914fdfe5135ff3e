import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FolderBlobs } from './blobs-folder.ts';

let folder: string;
let blobs: FolderBlobs;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'switchyard-blobs-'));
  blobs = new FolderBlobs(folder);
});

afterEach(() => rm(folder, { recursive: true, force: true }));

async function* pieces(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}

async function* breaking(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
  throw new Error('the connection broke');
}

async function textOf(name: string, range?: { start: number; end?: number }): Promise<string | undefined> {
  const blob = await blobs.read(name, range);
  if (!blob) return undefined;
  const read: Buffer[] = [];
  for await (const piece of blob.stream) read.push(piece);
  return Buffer.concat(read).toString();
}

test('writes, replaces, reads by range, measures and deletes', async () => {
  expect(await blobs.write('a/b', pieces('hello ', 'world'))).toBe(11);
  expect(await textOf('a/b')).toBe('hello world');
  expect(await textOf('a/b', { start: 6, end: 8 })).toBe('wor');
  expect(await blobs.write('a/b', pieces('new'))).toBe(3);
  expect(await blobs.size('a/b')).toBe(3);
  await blobs.delete('a/b');
  expect(await blobs.size('a/b')).toBeUndefined();
  expect(await textOf('a/b')).toBeUndefined();
});

test('keeps the old blob, and no draft, when a write breaks off', async () => {
  await blobs.write('a', pieces('old'));
  await expect(blobs.write('a', breaking('new'))).rejects.toThrow('broke');
  expect(await textOf('a')).toBe('old');
  expect(await readdir(folder)).toEqual(['a']);
});

test('appends one after the other, and takes back a piece that breaks off', async () => {
  const appends = [blobs.append('log', pieces('one\n')), blobs.append('log', pieces('two', '\n'))];
  expect(await Promise.all(appends)).toEqual([0, 4]);
  await expect(blobs.append('log', breaking('thr'))).rejects.toThrow('broke');
  expect(await blobs.append('log', pieces('three\n'))).toBe(8);
  expect(await textOf('log')).toBe('one\ntwo\nthree\n');
});

test.each([
  '../x',
  'a/../../x',
  '/etc/passwd',
  'a//b',
  '.',
  'a\\b',
  'a\0b',
  '',
])('refuses the name %j', async (name) => {
  await expect(blobs.write(name, pieces('x'))).rejects.toThrow('cannot be the name of a blob');
  await expect(blobs.read(name)).rejects.toThrow('cannot be the name of a blob');
});
