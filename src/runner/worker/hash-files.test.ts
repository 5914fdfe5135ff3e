import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hashFiles } from './hash-files.ts';

describe('SEM-20.15: hashFiles', () => {
  let folder: string;
  const contents: Record<string, string> = { 'a.lock': 'A', 'sub/b.lock': 'B', 'sub/deep/c.txt': 'C' };
  const sha = (data: string | Buffer): Buffer => createHash('sha256').update(data).digest();
  const expected = (...paths: string[]): string =>
    sha(Buffer.concat(paths.map((path) => sha(contents[path] ?? '')))).toString('hex');

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'hash-files-'));
    mkdirSync(join(folder, 'sub/deep'), { recursive: true });
    for (const [path, text] of Object.entries(contents)) writeFileSync(join(folder, path), text);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each([
    [['**/*.lock'], ['a.lock', 'sub/b.lock']],
    [['*.lock'], ['a.lock']],
    [['sub'], ['sub/b.lock', 'sub/deep/c.txt']],
    [
      ['**', '!**/deep/**'],
      ['a.lock', 'sub/b.lock'],
    ],
    [['sub/?.lock\n# comment\n[a-b].lock'], ['a.lock', 'sub/b.lock']],
  ])('hashes what %j matches', (patterns, paths) => {
    expect(hashFiles(folder, patterns)).toBe(expected(...paths));
  });

  it('is empty when nothing matches', () => {
    expect(hashFiles(folder, ['*.nope'])).toBe('');
  });
});
