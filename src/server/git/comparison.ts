import { runGit } from './child.ts';
import { EMPTY_TREE, PLAIN_DIFF } from './history.ts';

/** What a pull request changes: all against the merge base of base and head, as GitHub shows it. */

export interface ChangedFile {
  /** Of the blob; of a removed file what it was. */
  sha: string;
  path: string;
  previousPath?: string;
  status: 'added' | 'removed' | 'modified' | 'renamed';
  /** 0 for binary files. */
  additions: number;
  deletions: number;
}

export interface ComparisonSize {
  commits: number;
  changedFiles: number;
  additions: number;
  deletions: number;
}

export async function comparisonSize(folder: string, base: string, head: string): Promise<ComparisonSize> {
  const [counted, diff] = await Promise.all([
    runGit(['rev-list', '--count', `${base}..${head}`], { folder }),
    runGit(['diff', ...PLAIN_DIFF, '--shortstat', '-M', `${base}...${head}`], { folder }),
  ]);
  const text = diff.stdout.toString('utf8');
  const number = (word: string): number => Number(new RegExp(`(\\d+) ${word}`).exec(text)?.[1] ?? 0);
  return {
    commits: Number(counted.stdout.toString('utf8')),
    changedFiles: number('file'),
    additions: number('insertion'),
    deletions: number('deletion'),
  };
}

/** In the order of their paths. */
export function comparedFiles(folder: string, base: string, head: string): Promise<ChangedFile[]> {
  return diff(folder, [`${base}...${head}`]);
}

/** What a commit changes against its first parent. */
export function filesOfCommit(folder: string, sha: string, parent: string | undefined): Promise<ChangedFile[]> {
  return diff(folder, [parent ?? EMPTY_TREE, sha]);
}

async function diff(folder: string, revisions: string[]): Promise<ChangedFile[]> {
  const args = ['diff', ...PLAIN_DIFF, '-z', '--raw', '--no-abbrev', '--numstat', '-M', ...revisions];
  const { stdout } = await runGit(args, { folder });
  return parseDiff(stdout.toString('utf8').split('\0'));
}

/** All the raw records, then all the counts: both in the same order. */
function parseDiff(fields: string[]): ChangedFile[] {
  const files: ChangedFile[] = [];
  const counted = files.values();
  for (let at = 0; at < fields.length; at++) {
    const field = fields[at] ?? '';
    if (field.startsWith(':')) {
      const isRename = /[RC]\d*$/.test(field);
      files.push(rawRecord(field, fields[at + 1] ?? '', isRename ? fields[at + 2] : undefined));
      at += isRename ? 2 : 1;
    } else if (/^(\d+|-)\t(\d+|-)\t/.test(field)) {
      const [additions, deletions, path] = field.split('\t');
      Object.assign(counted.next().value ?? {}, { additions: count(additions), deletions: count(deletions) });
      // A rename has its two paths behind it.
      if (path === '') at += 2;
    }
  }
  return files;
}

const count = (text = ''): number => (text === '-' ? 0 : Number(text));

/** `:100644 100644 SHA SHA M` */
function rawRecord(record: string, path: string, newPath: string | undefined): ChangedFile {
  const [, , before = '', after = '', letter = ''] = record.split(' ');
  const size = { additions: 0, deletions: 0 };
  if (newPath !== undefined) return { sha: after, path: newPath, previousPath: path, status: 'renamed', ...size };
  if (letter === 'D') return { sha: before, path, status: 'removed', ...size };
  return { sha: after, path, status: letter === 'A' ? 'added' : 'modified', ...size };
}
