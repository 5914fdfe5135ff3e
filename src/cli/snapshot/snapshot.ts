/**
 * A checkout as one commit, with its uncommitted and untracked changes, made without writing to the user's
 * repository: index and new objects lie in a temporary folder (git(1), GIT_INDEX_FILE, GIT_OBJECT_DIRECTORY and
 * GIT_ALTERNATE_OBJECT_DIRECTORIES).
 */
import { copyFile, mkdir, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { hasErrorCode } from '../../common/errors.ts';
import { UsageError } from '../command.ts';
import { GitFailure, git, gitConfig } from './git.ts';

export interface Snapshot {
  /** The folder whose files it holds; git must run there to push it. */
  folder: string;
  /** Variables under which git finds its objects. */
  env: Record<string, string>;
  sha: string;
  /** Full ref of the branch that is checked out; `refs/heads/main` when there is none. */
  ref: string;
  /** `owner/name` as at the remote named origin, else `local/FOLDER`. */
  repository: string;
}

const MESSAGE = 'Snapshot of the working tree';
const DEFAULT_REF = 'refs/heads/main';

const IDENTITY = {
  GIT_AUTHOR_NAME: 'Switchyard',
  GIT_AUTHOR_EMAIL: 'switchyard@localhost',
  GIT_COMMITTER_NAME: 'Switchyard',
  GIT_COMMITTER_EMAIL: 'switchyard@localhost',
};

/** Settings under which git could write beside the index, start a daemon, or complain. */
const QUIET = gitConfig({
  'core.fsmonitor': 'false',
  'core.splitIndex': 'false',
  'core.untrackedCache': 'false',
  'core.safecrlf': 'false',
  'advice.addEmbeddedRepo': 'false',
  'gc.auto': '0',
});

export interface SnapshotOptions {
  /** An empty folder for what is written. */
  scratch: string;
  /** Of the commit, where one must be made. */
  message?: string;
}

/** @param path a folder of a checkout, or any folder */
export async function takeSnapshot(path: string, options: SnapshotOptions, signal?: AbortSignal): Promise<Snapshot> {
  const repository = await findRepository(path, signal);
  if (!repository) return snapshotFolder(path, options, undefined, signal);
  const isTop = resolve(repository.top) === resolve(path);
  // A project within a bigger repository, such as an example, is run as a repository of its own.
  if (!isTop && (await hasWorkflows(path))) return snapshotFolder(path, options, await listFiles(path, signal), signal);
  return snapshotRepository(repository, options, signal);
}

interface Repository {
  top: string;
  index: string;
  objects: string;
  isShallow: boolean;
}

/** @throws UsageError */
export async function assertFolder(path: string): Promise<void> {
  const found = await stat(path).catch((error: unknown) => {
    if (hasErrorCode(error, 'ENOENT') || hasErrorCode(error, 'ENOTDIR')) return undefined;
    throw error;
  });
  if (!found?.isDirectory()) throw new UsageError(`${path} is not a folder.`);
}

async function hasWorkflows(path: string): Promise<boolean> {
  return stat(join(path, '.github', 'workflows')).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/** Nothing when `path` lies in no checkout. */
async function findRepository(path: string, signal?: AbortSignal): Promise<Repository | undefined> {
  const args = ['rev-parse', '--show-toplevel', '--git-path', 'index', '--git-path', 'objects'];
  try {
    const output = await git([...args, '--is-shallow-repository'], { cwd: path, signal });
    const [top = '', index = '', objects = '', shallow = ''] = output.split('\n');
    return { top, index: resolve(path, index), objects: resolve(path, objects), isShallow: shallow === 'true' };
  } catch (error) {
    if (error instanceof GitFailure && /not a git repository|must be run in a work tree/.test(error.stderr))
      return undefined;
    throw error;
  }
}

async function snapshotRepository(
  found: Repository,
  { scratch, message }: SnapshotOptions,
  signal?: AbortSignal,
): Promise<Snapshot> {
  const { top } = found;
  const objects = join(scratch, 'objects');
  const index = join(scratch, 'index');
  await mkdir(objects, { recursive: true });
  // A copy keeps what git knows of unchanged files, so that it need not read them all again.
  await copyFile(found.index, index).catch(() => {});
  const shared = { GIT_OBJECT_DIRECTORY: objects, GIT_ALTERNATE_OBJECT_DIRECTORIES: quotePath(found.objects) };
  const env = { ...shared, ...QUIET, GIT_INDEX_FILE: index };
  const [tree, head, ref, repository] = await Promise.all([
    git(['add', '--all'], { cwd: top, env, signal }).then(() => git(['write-tree'], { cwd: top, env, signal })),
    quietly(git(['rev-parse', 'HEAD^{commit}', 'HEAD^{tree}'], { cwd: top, signal })),
    quietly(git(['symbolic-ref', '--quiet', 'HEAD'], { cwd: top, signal })),
    repositoryName(top, signal),
  ]);
  const [commit = '', committedTree] = head.split('\n');
  const place = { folder: top, env: shared, ref: ref.trim() || DEFAULT_REF, repository };
  // What a shallow clone lacks cannot be pushed, so its history is left behind.
  if (committedTree === tree.trim() && !found.isShallow) return { ...place, sha: commit };
  const parent = commit && !found.isShallow ? ['-p', commit] : [];
  return { ...place, sha: await commitTree({ cwd: top, tree, parent, env, message }, signal) };
}

/** A folder outside git, or part of a bigger repository: then `files` are the ones that git would take. */
async function snapshotFolder(
  path: string,
  { scratch, message }: SnapshotOptions,
  files?: string,
  signal?: AbortSignal,
): Promise<Snapshot> {
  const folder = resolve(path);
  const env = { ...QUIET, GIT_DIR: join(scratch, 'repository.git'), GIT_WORK_TREE: folder };
  await git(['init', '--quiet', '--bare', env.GIT_DIR], { cwd: folder, signal });
  if (files === undefined) await git(['add', '--all'], { cwd: folder, env, signal });
  else await git(['update-index', '--add', '--remove', '-z', '--stdin'], { cwd: folder, env, input: files, signal });
  const tree = await git(['write-tree'], { cwd: folder, env, signal });
  const sha = await commitTree({ cwd: folder, tree, parent: [], env, message }, signal);
  return { folder, env: { GIT_DIR: env.GIT_DIR }, sha, ref: DEFAULT_REF, repository: localName(folder) };
}

interface NewCommit {
  cwd: string;
  tree: string;
  parent: string[];
  env: Record<string, string>;
  message: string | undefined;
}

async function commitTree(
  { cwd, tree, parent, env, message = MESSAGE }: NewCommit,
  signal?: AbortSignal,
): Promise<string> {
  const args = ['commit-tree', tree.trim(), ...parent, '-m', message];
  return (await git(args, { cwd, env: { ...env, ...IDENTITY }, signal })).trim();
}

const listFiles = (cwd: string, signal?: AbortSignal): Promise<string> =>
  git(['ls-files', '--cached', '--others', '--exclude-standard', '-z'], { cwd, signal });

/** `owner/name` of the remote named origin, else `local/FOLDER`. */
export async function repositoryName(top: string, signal?: AbortSignal): Promise<string> {
  const remote = await quietly(git(['config', '--get', 'remote.origin.url'], { cwd: top, signal }));
  const [, owner, name] = /([\w.-]+)[/]([\w.-]+?)(?:\.git)?\/?$/.exec(remote.trim()) ?? [];
  return owner && name && /^(\w+:|[^/]+:)/.test(remote) ? `${owner}/${name}` : localName(top);
}

/** Only what a repository's name may hold. */
const localName = (folder: string): string =>
  `local/${
    basename(resolve(folder))
      .replace(/[^\w.-]+/g, '-')
      .replace(/^[.-]+|\.git$/g, '') || 'repository'
  }`;

/** The variable is a list parted by colons; a path with a colon is quoted like a C string. */
const quotePath = (path: string): string => (/[:"]/.test(path) ? JSON.stringify(path) : path);

/** The output, or nothing when git says that there is none. */
const quietly = (output: Promise<string>): Promise<string> =>
  output.catch((error: unknown) => {
    if (error instanceof GitFailure) return '';
    throw error;
  });
