import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { readOrCreateKey, sealingWith } from './sealing.ts';

const key = Buffer.alloc(32, 1);

it('opens what it has sealed, and seals the same text differently each time', () => {
  const sealing = sealingWith(key);
  const [first, second] = [sealing.seal('geheim ✓'), sealing.seal('geheim ✓')];
  expect([sealing.open(first), sealing.open(second)]).toEqual(['geheim ✓', 'geheim ✓']);
  expect(first).not.toBe(second);
});

it('refuses what another key has sealed, or what was changed', () => {
  const sealed = sealingWith(key).seal('secret');
  expect(() => sealingWith(Buffer.alloc(32, 2)).open(sealed)).toThrow();
  const bytes = Buffer.from(sealed, 'base64');
  bytes.writeUInt8((bytes.at(-1) ?? 0) ^ 1, bytes.length - 1);
  expect(() => sealingWith(key).open(bytes.toString('base64'))).toThrow();
});

it('makes a key once, which only its owner can read', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sealing-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, 'a.key');
  const made = await readOrCreateKey(file);
  expect(made).toHaveLength(32);
  expect(await readOrCreateKey(file)).toEqual(made);
  expect(await readFile(file)).toEqual(made);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
});
