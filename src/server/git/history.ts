import { OutsideError } from '../../common/errors.ts';
import { runGit } from './child.ts';

export interface GitPerson {
  name: string;
  email: string;
  /** ISO 8601 with the person's own offset. */
  date: string;
}

export interface GitCommit {
  id: string;
  tree: string;
  message: string;
  author: GitPerson;
  committer: GitPerson;
  added: string[];
  removed: string[];
  modified: string[];
}

export const ZERO_SHA = '0'.repeat(40);
export const EMPTY_TREE = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';
const SHA = /^[0-9a-f]{40}$/;

/** What git allows in a ref's name, so that no revision syntax (`~`, `^{…}`, `@{…}`, `:`) comes in from outside. */
const REF_NAME = /^(?!-)(?!.*(?:\.\.|@\{|\/\/))[^\x00-\x20\x7f~^:?*[\\]+$/;

/** A full ref, branch, tag or sha to its commit; branches win over tags of the same name. */
export async function resolveRef(folder: string, ref: string): Promise<string | undefined> {
  if (ref.length > 1000 || !REF_NAME.test(ref)) return undefined;
  const isComplete = ref.startsWith('refs/') || SHA.test(ref);
  const names = isComplete ? [ref] : [`refs/heads/${ref}`, `refs/tags/${ref}`];
  const input = names.map((name) => `${name}^{commit}\n`).join('');
  const { stdout } = await runGit(['cat-file', '--batch-check=%(objectname) %(objecttype)'], { folder, input });
  for (const line of stdout.toString('utf8').split('\n')) {
    const [sha = '', type] = line.split(' ');
    if (type === 'commit' && SHA.test(sha)) return sha;
  }
  return undefined;
}

/** What a full ref points at, which for an annotated tag is no commit. */
export async function objectOf(folder: string, ref: string): Promise<string | undefined> {
  const args = ['rev-parse', '--verify', '--quiet', '--end-of-options', ref];
  const { code, stdout } = await runGit(args, { folder, okCodes: [0, 1] });
  return code === 0 ? stdout.toString('utf8').trim() : undefined;
}

const FORMAT = ['commit', '%H', '%T', '%an', '%ae', '%aI', '%cn', '%ce', '%cI', '%B', ''].join('%x00');

/**
 * Commits with what they changed against their first parent, newest first.
 * @param selection revisions and limits, as `git log` takes them
 */
export async function readCommits(folder: string, selection: string[]): Promise<GitCommit[]> {
  const args = ['log', '-z', '--name-status', '--no-renames', '--root', '--no-show-signature', `--format=${FORMAT}`];
  const { stdout } = await runGit([...args, ...selection, '--'], { folder });
  return parseLog(stdout.toString('utf8').split('\0'));
}

/** Fields of a header, then pairs of status letter and path until the next header. */
function parseLog(fields: string[]): GitCommit[] {
  const commits: GitCommit[] = [];
  let commit: GitCommit | undefined;
  for (let at = 0; at < fields.length; ) {
    const field = (fields[at] ?? '').trim();
    if (field === 'commit') {
      commit = readHeader(fields.slice(at + 1, at + 10));
      commits.push(commit);
      at += 10;
    } else if (commit && /^[A-Z]\d*$/.test(field)) {
      listOf(commit, field).push(fields[at + 1] ?? '');
      at += 2;
    } else {
      at++;
    }
  }
  return commits;
}

function readHeader(fields: string[]): GitCommit {
  const [id = '', tree = '', authorName = '', authorEmail = '', authorDate = ''] = fields;
  const [name = '', email = '', date = '', message = ''] = fields.slice(5);
  return {
    id,
    tree,
    message: message.trimEnd(),
    author: { name: authorName, email: authorEmail, date: authorDate },
    committer: { name, email, date },
    added: [],
    removed: [],
    modified: [],
  };
}

function listOf(commit: GitCommit, status: string): string[] {
  if (status === 'A') return commit.added;
  return status === 'D' ? commit.removed : commit.modified;
}

/** SEM-3.12: above this many commits, and when the diff takes longer than this, path filters count as matched. */
const MAX_COMMITS = 1_000;
const DIFF_TIMEOUT_MS = 10_000;

/**
 * Files that a push changed (SEM-3.11).
 * @returns null when there is too much to look at (SEM-3.12)
 */
export async function changedFiles(folder: string, before: string | null, sha: string): Promise<string[] | null> {
  return unlessTooLong(async () => {
    const base = await baseOfPush(folder, before, sha);
    return base === null ? null : namesOf(folder, ['diff-tree', '-r', '-z', '--name-only', '-M', base, sha]);
  });
}

/** Files that a pull request changes: those that differ between head and its merge base with the base (SEM-3.11). */
export async function changedFilesOfPull(folder: string, base: string, head: string): Promise<string[] | null> {
  return unlessTooLong(() => namesOf(folder, ['diff', ...PLAIN_DIFF, '-z', '--name-only', '-M', `${base}...${head}`]));
}

/** Whatever a repository's own attributes say, no program is started. */
export const PLAIN_DIFF = ['--no-ext-diff', '--no-textconv'];

async function unlessTooLong(find: () => Promise<string[] | null>): Promise<string[] | null> {
  try {
    return await find();
  } catch (error) {
    if (error instanceof OutsideError && error.retryable) return null;
    throw error;
  }
}

async function namesOf(folder: string, args: string[]): Promise<string[]> {
  const { stdout } = await runGit(args, { folder, timeoutMs: DIFF_TIMEOUT_MS });
  return stdout.toString('utf8').split('\0').filter(Boolean);
}

/** The first push of a branch, and one whose old commit is gone, have the base of a new branch. */
async function baseOfPush(folder: string, before: string | null, sha: string): Promise<string | null> {
  if (before === null || before === ZERO_SHA) return baseOfNewBranch(folder, sha);
  // Side by side, as a push waits for them; git refuses to count from a commit that it does not have.
  const base = baseOfMove(folder, before, sha);
  base.catch(() => {});
  return (await resolveRef(folder, before)) === undefined ? baseOfNewBranch(folder, sha) : base;
}

async function baseOfMove(folder: string, before: string, sha: string): Promise<string | null> {
  const args = ['rev-list', '--count', `--max-count=${MAX_COMMITS + 1}`, sha, `^${before}`];
  const { stdout } = await runGit(args, { folder, timeoutMs: DIFF_TIMEOUT_MS });
  return Number(stdout.toString('utf8')) > MAX_COMMITS ? null : before;
}

/**
 * The parent of the first commit that no other branch or tag holds. Refs at the same commit do not count as others:
 * which of them came first cannot be seen, and running too much is better than silence.
 */
async function baseOfNewBranch(folder: string, sha: string): Promise<string | null> {
  const same = await runGit(['for-each-ref', `--points-at=${sha}`, '--format=%(refname)'], { folder });
  const names = same.stdout.toString('utf8').split('\n').filter(Boolean);
  const args = ['rev-list', '--topo-order', '--parents', sha, ...notIn(names)];
  const { stdout } = await runGit(args, { folder, timeoutMs: DIFF_TIMEOUT_MS });
  const commits = stdout.toString('utf8').trim().split('\n');
  if (commits.length > MAX_COMMITS) return null;
  const [, parent] = (commits.at(-1) ?? '').split(' ');
  return parent ?? EMPTY_TREE;
}

/** For `git log` and the like: only commits that no ref but these holds. Those of pull requests are the server's own. */
export function notIn(exceptRefs: string[]): string[] {
  return ['--not', ...[...exceptRefs, 'refs/pull/*'].map((ref) => `--exclude=${ref}`), '--glob=refs/'];
}

/** Commits that `after` has and `before` has not. */
export async function newCommitIds(folder: string, before: string, after: string): Promise<string[]> {
  const { stdout } = await runGit(['rev-list', after, `^${before}`], { folder });
  return stdout.toString('utf8').split('\n').filter(Boolean);
}

/** True when `after` holds `before`: the move was a fast-forward. */
export async function isAncestor(folder: string, before: string, after: string): Promise<boolean> {
  const { code } = await runGit(['merge-base', '--is-ancestor', before, after], { folder, okCodes: [0, 1, 128] });
  return code === 0;
}
