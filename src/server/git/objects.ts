/** Git's objects as REST reads and writes them. Names and revisions from outside are checked before they come here. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../../common/errors.ts';
import { newGuid } from '../../common/ids.ts';
import { DURABLE_WRITES, runGit } from './child.ts';
import type { GitPerson } from './history.ts';

export type ObjectType = 'commit' | 'tree' | 'blob' | 'tag';

export interface GitObject {
  sha: string;
  type: ObjectType;
  sizeBytes: number;
}

export interface TreeEntry {
  mode: string;
  type: 'blob' | 'tree' | 'commit';
  sha: string;
  /** Null of what is no blob. */
  sizeBytes: number | null;
  path: string;
}

/** @param name a revision or `revision:path`; one with a line break has no object */
export async function findObject(folder: string, name: string): Promise<GitObject | undefined> {
  if (/[\0\n]/.test(name)) return undefined;
  const { stdout } = await runGit(['cat-file', '--batch-check'], { folder, input: `${name}\n` });
  const [, sha, type, size] = /^([0-9a-f]{40}) (commit|tree|blob|tag) (\d+)$/m.exec(stdout.toString('utf8')) ?? [];
  return sha ? { sha, type: type as ObjectType, sizeBytes: Number(size) } : undefined;
}

/** The content of a blob, or the text of a tag or commit. */
export async function readObject(folder: string, { sha, type, sizeBytes }: GitObject): Promise<Buffer> {
  return (await runGit(['cat-file', type, sha], { folder, maxBytes: sizeBytes + 1 })).stdout;
}

/** @param tree sha of a tree or commit */
export async function listTree(folder: string, tree: string, isRecursive: boolean): Promise<TreeEntry[]> {
  const args = ['ls-tree', '-z', '-l', ...(isRecursive ? ['-r', '-t'] : []), tree];
  const { stdout } = await runGit(args, { folder });
  const lines = stdout.toString('utf8').split('\0').filter(Boolean);
  return lines.map((line) => {
    const tab = line.indexOf('\t');
    const [mode = '', type = '', sha = '', size = '-'] = line.slice(0, tab).split(/\s+/);
    const sizeBytes = size === '-' ? null : Number(size);
    return { mode, type: type as TreeEntry['type'], sha, sizeBytes, path: line.slice(tab + 1) };
  });
}

export async function writeBlob(folder: string, content: Buffer): Promise<string> {
  return text(await runGit(['hash-object', '-w', '--stdin'], { folder, input: content, config: DURABLE_WRITES }));
}

export interface TreeChange {
  path: string;
  mode: string;
  /** Null takes the path away. */
  sha: string | null;
}

/**
 * A tree with these changes.
 * @param base sha of the tree that they change; undefined: none
 * @throws UserError 422 for what cannot be in a tree
 */
export async function writeTree(folder: string, base: string | undefined, changes: TreeChange[]): Promise<string> {
  const index = join(folder, `index.${newGuid()}`);
  const options = { folder, env: { GIT_INDEX_FILE: index }, config: DURABLE_WRITES };
  try {
    if (base !== undefined) await runGit(['read-tree', base], options);
    for (const { sha, path, mode } of changes) {
      if (mode !== '040000' || sha === null) continue;
      await runGit(['read-tree', `--prefix=${path}/`, sha], options);
    }
    const entries = changes.filter(({ mode, sha }) => mode !== '040000' || sha === null);
    const input = entries.map(({ path, mode, sha }) => entryLine(mode, sha, path)).join('');
    const { code } = await runGit(['update-index', '-z', '--add', '--index-info'], {
      ...options,
      input,
      okCodes: [0, 128],
    });
    if (code !== 0) throw new UserError('bad-tree', 'The tree has a path, mode or object that git refuses.');
    return text(await runGit(['write-tree'], options));
  } finally {
    await rm(index, { force: true });
  }
}

const entryLine = (mode: string, sha: string | null, path: string): string =>
  sha === null ? `0 ${'0'.repeat(40)}\t${path}\0` : `${mode} ${sha}\t${path}\0`;

export interface CommitToWrite {
  tree: string;
  parents: string[];
  message: string;
  author: GitPerson;
  committer: GitPerson;
}

export async function commitTree(folder: string, commit: CommitToWrite): Promise<string> {
  const parents = commit.parents.flatMap((parent) => ['-p', parent]);
  const env = { ...person('AUTHOR', commit.author), ...person('COMMITTER', commit.committer) };
  const options = { folder, input: commit.message, config: DURABLE_WRITES, env };
  return text(await runGit(['commit-tree', commit.tree, ...parents], options));
}

export interface TagToWrite {
  object: string;
  type: ObjectType;
  tag: string;
  message: string;
  tagger: GitPerson;
}

/** @throws UserError 422 for what is no tag */
export async function writeTag(folder: string, { object, type, tag, message, tagger }: TagToWrite): Promise<string> {
  const seconds = Math.floor(Date.parse(tagger.date) / 1000);
  const by = `tagger ${tagger.name} <${tagger.email}> ${seconds} +0000`;
  const input = `object ${object}\ntype ${type}\ntag ${tag}\n${by}\n\n${message}\n`;
  const answer = await runGit(['mktag'], { folder, input, config: DURABLE_WRITES, okCodes: [0, 128] });
  if (answer.code !== 0) throw new UserError('bad-tag', 'Git refuses this tag.');
  return text(answer);
}

function person(role: 'AUTHOR' | 'COMMITTER', { name, email, date }: GitPerson): Record<string, string> {
  return { [`GIT_${role}_NAME`]: name, [`GIT_${role}_EMAIL`]: email, [`GIT_${role}_DATE`]: date };
}

const text = ({ stdout }: { stdout: Buffer }): string => stdout.toString('utf8').trim();
