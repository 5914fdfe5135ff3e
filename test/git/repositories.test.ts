import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../src/common/clock.ts';
import { GitRepositories } from '../../src/server/git/index.ts';
import { type Database, openDatabase } from '../../src/store/database.ts';
import type { RepositoryRow } from '../../src/store/repositories.ts';

const run = promisify(execFile);
let scratch: string;
let db: Database;
let git: GitRepositories;
let repository: RepositoryRow;
let folder: string;

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'switchyard-repositories-'));
  db = await openDatabase(':memory:');
  git = new GitRepositories(scratch, db, systemClock);
  repository = await git.create('me', 'app');
  folder = join(scratch, 'work');
  await run('git', ['init', '-q', '-b', 'main', folder]);
});

afterAll(async () => {
  await db.destroy();
  await rm(scratch, { recursive: true, force: true });
});

const inWork = async (...args: string[]): Promise<string> =>
  (
    await run('git', ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com', ...args], { cwd: folder })
  ).stdout.trim();

/** Commits these files on the branch, pushes it, and gives the commit. */
async function commit(branch: string, files: Record<string, string>, message = 'x'): Promise<string> {
  await inWork('checkout', '-q', '-B', branch);
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(folder, path, '..'), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  await inWork('add', '-A');
  await inWork('commit', '-q', '--allow-empty', '-m', message);
  await inWork('push', '-q', '-f', git.folder(repository), `refs/heads/${branch}`);
  return inWork('rev-parse', 'HEAD');
}

test('two callers at once create one repository, whatever the case of its name', async () => {
  const [one, two] = await Promise.all([git.create('Me', 'Twice'), git.create('me', 'twice')]);
  expect(one).toEqual(two);
  expect(await git.find('ME', 'TWICE')).toEqual(one);
});

test('resolves branches before tags, full refs and commits, and nothing that is revision syntax', async () => {
  const old = await commit('names', { n: '1' });
  await inWork('tag', '-f', 'names');
  await inWork('tag', '-f', '-a', 'v1', '-m', 'v1');
  await inWork('push', '-q', git.folder(repository), 'refs/tags/names', 'refs/tags/v1');
  const tip = await commit('names', { n: '2' });
  expect(await git.resolve(repository, 'names')).toBe(tip);
  expect(await git.resolve(repository, 'refs/heads/names')).toBe(tip);
  expect(await git.resolve(repository, 'refs/tags/names')).toBe(old);
  expect(await git.resolve(repository, 'v1')).toBe(old);
  expect(await git.resolve(repository, old)).toBe(old);
  for (const ref of [
    'names~1',
    'names^',
    'names@{0}',
    ':/x',
    '--all',
    'none',
    '',
    'a\nnames',
    `${old}:n`,
    '../names',
  ]) {
    expect(await git.resolve(repository, ref), ref).toBeUndefined();
  }
});

test('lists what a push changed, renames with their new path (SEM-3.11)', async () => {
  const before = await commit('changes', {
    'old name': 'some text that is long enough\n',
    gone: 'nothing that comes again\n',
    kept: 'x',
  });
  await inWork('mv', 'old name', 'new name');
  await inWork('rm', '-q', 'gone');
  await commit('changes', { added: 'x' });
  const after = await commit('changes', { 'added too': 'x' });
  expect((await git.changedFiles(repository, before, after))?.sort()).toEqual([
    'added',
    'added too',
    'gone',
    'new name',
  ]);
});

test('compares a new branch with the parent of its first new commit', async () => {
  await commit('base', { base: '1' });
  await commit('topic', { one: '1' });
  const tip = await commit('topic', { two: '2' });
  expect((await git.changedFiles(repository, null, tip))?.sort()).toEqual(['one', 'two']);
  expect((await git.changedFiles(repository, '0'.repeat(40), tip))?.sort()).toEqual(['one', 'two']);
});

test('SEM-3.11: refs of pull requests are no branches: what they hold is new all the same', async () => {
  await commit('base', { base: '1' });
  await commit('feature', { three: '3' });
  await inWork('push', '-q', git.folder(repository), 'HEAD:refs/pull/7/head');
  const tip = await commit('feature', { four: '4' });
  await inWork('push', '-q', git.folder(repository), 'HEAD:refs/pull/7/merge');
  expect((await git.changedFiles(repository, null, tip))?.sort()).toEqual(['four', 'three']);
});

test('SEM-3.12: does not look at the files of more than 1,000 commits', async () => {
  const before = await commit('long', { first: '1' });
  const lines = Array.from(
    { length: 1_001 },
    (_, n) =>
      `commit refs/heads/many\ncommitter Ada <ada@example.com> ${n} +0000\ndata 1\nx\n${n === 0 ? `from ${before}\n` : ''}`,
  );
  const importing = execFile('git', ['fast-import', '--quiet'], { cwd: folder });
  importing.stdin?.end(lines.join(''));
  await once(importing, 'exit');
  await inWork('push', '-q', git.folder(repository), 'many');
  const tip = await inWork('rev-parse', 'many');
  expect(await git.changedFiles(repository, before, tip)).toBeNull();
  expect(await git.changedFiles(repository, before, await inWork('rev-parse', 'many~1'))).toEqual([]);
  expect(await git.changedFiles(repository, null, tip)).toBeNull();
});

test('tells a commit as it was written', async () => {
  const sha = await commit('message', {}, 'subject ü\n\nbody\n\nskip-checks: true');
  expect(await git.commit(repository, sha)).toMatchObject({
    id: sha,
    message: 'subject ü\n\nbody\n\nskip-checks: true',
    author: { name: 'Ada', email: 'ada@example.com' },
    added: [],
  });
});
