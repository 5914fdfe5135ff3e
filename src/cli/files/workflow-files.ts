/** Workflow files on disk, by their paths in the repository that they lie in. */
import { open, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { hasErrorCode } from '../../common/errors.ts';
import { UsageError } from '../command.ts';

export interface WorkflowFiles {
  /** The folder that holds `.github/workflows`; nothing when the file lies elsewhere. */
  root: string | undefined;
  files: { path: string; text: string }[];
  /** Path of the one file that was asked for; nothing for a whole repository. */
  only: string | undefined;
}

const WORKFLOWS = join('.github', 'workflows');
/** Beyond the reader's own limit of 1 MiB (SEM-1.9), so that it can say so, and still a bound. */
const MAX_BYTES = 1024 * 1024 + 1;

/**
 * A file with those around it, or the files of the repository that a folder belongs to.
 * @throws UsageError when there is no such file or folder, or no workflow in it
 */
export async function findWorkflowFiles(path: string): Promise<WorkflowFiles> {
  const place = resolve(path);
  const found = await stat(place).catch((error: unknown) => {
    if (hasErrorCode(error, 'ENOENT') || hasErrorCode(error, 'ENOTDIR')) return undefined;
    throw error;
  });
  if (found?.isFile()) return withNeighbours(place);
  if (!found?.isDirectory()) throw new UsageError(`${path} is neither a file nor a folder.`);
  const root = await rootAbove(place);
  if (root === undefined) throw new UsageError(`There is no folder .github/workflows in ${path} or above it.`);
  return { root, files: await filesIn(root), only: undefined };
}

/** A file outside `.github/workflows` stands alone, under its bare name. */
async function withNeighbours(file: string): Promise<WorkflowFiles> {
  const folder = dirname(file);
  const root = dirname(dirname(folder));
  if (folder !== join(root, WORKFLOWS)) {
    return { root: undefined, files: [{ path: basename(file), text: await readText(file) }], only: basename(file) };
  }
  const only = toPath(relative(root, file));
  const files = await filesIn(root);
  // It may have another ending than those that count.
  if (!files.some(({ path }) => path === only)) files.push({ path: only, text: await readText(file) });
  return { root, files, only };
}

/** SEM-1.1. The search ends at the top of a git repository. */
async function rootAbove(folder: string): Promise<string | undefined> {
  for (let place = folder; ; place = dirname(place)) {
    if (await isFolder(join(place, WORKFLOWS))) return place;
    if (place === dirname(place) || (await exists(join(place, '.git')))) return undefined;
  }
}

async function filesIn(root: string): Promise<WorkflowFiles['files']> {
  const entries = await readdir(join(root, WORKFLOWS), { withFileTypes: true });
  const names = entries.filter((entry) => !entry.isDirectory() && /\.ya?ml$/.test(entry.name)).map(({ name }) => name);
  const paths = names.sort().map((name) => `.github/workflows/${name}`);
  return Promise.all(paths.map(async (path) => ({ path, text: await readText(join(root, path)) })));
}

/** Never more than the reader can use. @throws UsageError when it cannot be read */
async function readText(file: string): Promise<string> {
  try {
    const handle = await open(file);
    try {
      const chunks: Buffer[] = [];
      for await (const chunk of handle.createReadStream({ end: MAX_BYTES - 1, autoClose: false })) chunks.push(chunk);
      return Buffer.concat(chunks).toString('utf8');
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof Error && 'code' in error) throw new UsageError(`${file} cannot be read: ${error.message}`);
    throw error;
  }
}

/** What a person calls a file: its path from the folder they are in. */
export function shownPath(root: string | undefined, path: string): string {
  return root === undefined ? path : toPath(relative(process.cwd(), join(root, path)));
}

const toPath = (path: string): string => path.split(sep).join('/');

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
