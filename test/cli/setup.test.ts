import { appendFile, mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
// @ts-expect-error a plain script: it runs before anything is installed
import { isBuilt, isInstalled, writeBuildStamp, writeInstallStamp } from '../../scripts/setup.mjs';

let folder: string;

const file = async (name: string, text: string): Promise<void> => {
  await mkdir(dirname(join(folder, name)), { recursive: true });
  await writeFile(join(folder, name), text);
};

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'setup-'));
  await file('package-lock.json', '{}');
  await file('src/a/b.ts', 'one');
  await file('src/a/b.test.ts', 'test');
  await file('scripts/build.mjs', 'build');
});
afterEach(() => rm(folder, { recursive: true }));

describe('the set-up', () => {
  it('installs when there are no packages', () => {
    expect(isInstalled(folder)).toBe(false);
  });

  it('installs again only when the lock file has other contents', async () => {
    await mkdir(join(folder, 'node_modules'));
    writeInstallStamp(folder);
    expect(isInstalled(folder)).toBe(true);
    await utimes(join(folder, 'package-lock.json'), new Date(), new Date(Date.now() + 60_000));
    expect(isInstalled(folder)).toBe(true);
    await appendFile(join(folder, 'package-lock.json'), ' ');
    expect(isInstalled(folder)).toBe(false);
  });

  it.each([
    ['takes an install made by hand after the lock file changed', 60, true],
    ['does not take an install from before the lock file changed', -60, false],
  ])('%s', async (_, seconds, expected) => {
    await file('node_modules/.package-lock.json', '{}');
    const time = new Date(Date.now() + seconds * 1000);
    await utimes(join(folder, 'node_modules/.package-lock.json'), time, time);
    expect(isInstalled(folder)).toBe(expected);
  });

  it('builds when nothing is built, also when only the stamp is there', async () => {
    expect(isBuilt(folder)).toBe(false);
    writeBuildStamp(folder);
    expect(isBuilt(folder)).toBe(false);
    await file('dist/cli.js', '');
    expect(isBuilt(folder)).toBe(true);
  });

  it.each([
    ['a changed source', 'src/a/b.ts', 'two', false],
    ['a new source', 'src/new.ts', '', false],
    ['another build script', 'scripts/build.mjs', 'other', false],
    ['another lock file', 'package-lock.json', '{ }', false],
    ['the same text written again', 'src/a/b.ts', 'one', true],
    ['a changed test', 'src/a/b.test.ts', 'other', true],
  ])('looks at contents: %s', async (_, name, text, fresh) => {
    await file('dist/cli.js', '');
    writeBuildStamp(folder);
    await file(name, text);
    expect(isBuilt(folder)).toBe(fresh);
  });
});
