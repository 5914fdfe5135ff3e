import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hashFiles as officialHash } from '@actions/glob';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { hasErrorCode } from '../../common/errors.ts';
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

  it('hashes in the order of the patterns, which find a file below a folder of another only once', () => {
    expect(hashFiles(folder, ['sub/b.lock', 'a.lock'])).toBe(expected('sub/b.lock', 'a.lock'));
    expect(hashFiles(folder, ['sub/b.lock', '*.lock', 'sub'])).toBe(expected('a.lock', 'sub/b.lock', 'sub/deep/c.txt'));
  });

  it('refuses what leads out of the workspace', () => {
    expect(() => hashFiles(folder, ['../*'])).toThrow(/'..' are not allowed/);
  });

  it('is empty when nothing matches', () => {
    expect(hashFiles(folder, ['*.nope'])).toBe('');
  });
});

describe("SEM-20.15: hashFiles is GitHub's own", () => {
  let folder: string;
  const names = ['a', 'ab', '.b', 'a-[1]', 'Ü'];

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'hash-files-'));
    for (const outer of names) {
      mkdirSync(join(folder, outer, 'ab'), { recursive: true });
      for (const inner of names.filter((name) => name !== 'ab')) {
        writeFileSync(join(folder, outer, inner), outer + inner);
        writeFileSync(join(folder, outer, 'ab', inner), `${outer}ab${inner}`);
      }
    }
    writeFileSync(join(folder, 'file'), 'file');
    symlinkSync('a', join(folder, 'to-folder'));
    symlinkSync('file', join(folder, 'to-file'));
    vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  });
  afterAll(() => {
    vi.restoreAllMocks();
    rmSync(folder, { recursive: true });
  });

  it('for any patterns', async () => {
    const known = [...names, '*', '**', '?', 'a*', '*b', '.*', '[ab]', '[!a]*', 'a**', 'to-folder', 'file', 'to-file'];
    const segments = fc.array(fc.constantFrom(...known), { minLength: 1, maxLength: 3 });
    const pattern = fc.tuple(fc.constantFrom('', '', '!', '!!'), segments, fc.constantFrom('', '', '/'));
    await fc.assert(
      fc.asyncProperty(fc.array(pattern, { minLength: 1, maxLength: 4 }), async (patterns) => {
        const lines = (root: string) => patterns.map(([mark, path, end]) => `${mark}${root}${path.join('/')}${end}`);
        const options = { followSymbolicLinks: false };
        const theirs = await officialHash(lines(`${folder}/`).join('\n'), folder, options).catch(unlessNoFolder);
        fc.pre(theirs !== undefined);
        expect(hashFiles(folder, lines(''))).toBe(theirs);
        expect(hashFiles(folder, lines(`${folder}/`))).toBe(theirs);
      }),
      { numRuns: 100 },
    );
  });
});

/** A pattern that takes a file for a folder is an error there, and finds nothing here. */
function unlessNoFolder(error: unknown): undefined {
  if (!hasErrorCode(error, 'ENOTDIR')) throw error;
}
