import { execFileSync } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { takeSnapshot } from '../../src/cli/snapshot/snapshot.ts';
import { folderWith } from './program.ts';

const git = (cwd: string, args: string[], env: Record<string, string> = {}): string =>
  execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...args], {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, ...env },
  }).trim();

async function repository(files: Record<string, string>): Promise<string> {
  const folder = await folderWith(files);
  git(folder, ['init', '-q', '-b', 'main']);
  return folder;
}

async function commit(folder: string): Promise<string> {
  git(folder, ['add', '-A']);
  git(folder, ['commit', '-q', '-m', 'one']);
  return git(folder, ['rev-parse', 'HEAD']);
}

async function snapshotOf(folder: string) {
  const snapshot = await takeSnapshot(folder, { scratch: await folderWith({}) });
  const names = git(snapshot.folder, ['ls-tree', '-r', '--name-only', snapshot.sha], snapshot.env).split('\n');
  return { ...snapshot, names };
}

describe('a snapshot of a checkout', () => {
  it('is the commit itself when nothing was changed', async () => {
    const folder = await repository({ a: '1' });
    const head = await commit(folder);
    expect(await snapshotOf(folder)).toMatchObject({ sha: head, ref: 'refs/heads/main', names: ['a'] });
  });

  it('is a child of the commit, with changed, new and deleted files', async () => {
    const folder = await repository({ a: '1', b: '2', '.gitignore': 'c' });
    const head = await commit(folder);
    await rm(join(folder, 'a'));
    for (const name of ['b', 'c', 'd']) await writeFile(join(folder, name), 'new');
    const { sha, env, names } = await snapshotOf(folder);
    expect(names).toEqual(['.gitignore', 'b', 'd']);
    expect(git(folder, ['rev-parse', `${sha}^`], env)).toBe(head);
    expect(git(folder, ['show', `${sha}:b`], env)).toBe('new');
    expect(git(folder, ['status', '--porcelain', '-uall'])).toBe('D a\n M b\n?? d');
  });

  it('works in a repository without commits, on a detached HEAD, and in a shallow clone', async () => {
    const empty = await repository({ a: '1' });
    expect((await snapshotOf(empty)).names).toEqual(['a']);
    const head = await commit(empty);
    git(empty, ['switch', '-q', '--detach']);
    expect(await snapshotOf(empty)).toMatchObject({ sha: head, ref: 'refs/heads/main' });
    await writeFile(join(empty, 'a'), '2');
    await commit(empty);
    const place = await folderWith({});
    git(place, ['clone', '-q', '--depth=1', `file://${empty}`, 'clone']);
    const { sha, env, folder, names } = await snapshotOf(join(place, 'clone'));
    expect(names).toEqual(['a']);
    expect(git(folder, ['log', '--format=%s', sha], env)).toBe('Snapshot of the working tree');
  });

  it('takes the whole repository from a folder inside, unless that folder has workflows of its own', async () => {
    const own = 'example/.github/workflows/x.yml';
    const folder = await repository({
      top: '1',
      'inside/a': '1',
      [own]: 'on: push',
      'example/b': '',
      '.gitignore': '*.log',
      'example/x.log': '',
    });
    expect((await snapshotOf(join(folder, 'inside'))).names).toContain('top');
    expect((await snapshotOf(join(folder, 'example'))).names).toEqual(['.github/workflows/x.yml', 'b']);
  });

  it.each([
    ['git@github.com:me/app.git', 'me/app'],
    ['https://github.com/me/app', 'me/app'],
    ['ssh://git@example.com:22/me/app.git/', 'me/app'],
    ['/srv/git/app.git', /^local\//],
  ])('is named after the remote %s', async (url, name) => {
    const folder = await repository({ a: '1' });
    git(folder, ['remote', 'add', 'origin', url]);
    expect((await snapshotOf(folder)).repository).toMatch(name);
  });
});
