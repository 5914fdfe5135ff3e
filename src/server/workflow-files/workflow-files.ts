import { BoundedMap } from '../../common/bounded-map.ts';
import { unreadableWorkflow } from '../../workflow/index.ts';
import type { GitRepositories } from '../git/repositories.ts';
import { listWorkflowFiles, readWorkflowTexts, type WorkflowEntry } from '../git/workflow-files.ts';
import type { ReadFile, WorkflowReader } from './workflow-reader.ts';

type Named = Parameters<GitRepositories['folder']>[0];

/** SEM-1.9 */
const MAX_FILE_BYTES = 1024 * 1024;
/** Texts that are fetched from git at once. */
const GROUP_BYTES = 4 * 1024 * 1024;
/** Commits whose list of files is kept, unless it is a long one, and blobs whose text's hash is. */
const KEPT_COMMITS = 200;
const KEPT_LIST_LENGTH = 1_000;
const KEPT_BLOBS = 20_000;

/** The workflow files of commits (SEM-1.1). A file that has not changed is neither fetched from git nor read again. */
export class WorkflowFiles {
  readonly #git: Pick<GitRepositories, 'folder'>;
  readonly #reader: WorkflowReader;
  readonly #lists = new BoundedMap<string, Promise<WorkflowEntry[]>>(KEPT_COMMITS);
  /** The hash of each blob's text. */
  readonly #hashes = new BoundedMap<string, string>(KEPT_BLOBS);

  constructor(git: Pick<GitRepositories, 'folder'>, reader: WorkflowReader) {
    this.#git = git;
    this.#reader = reader;
  }

  /**
   * Every workflow file of a commit, sorted by path. What is wrong with one is in its `workflow.errors`; one over 1 MiB
   * has no text.
   */
  async at(repository: Named, sha: string): Promise<ReadFile[]> {
    const folder = this.#git.folder(repository);
    const entries = await this.#list(folder, sha);
    const files = new Map<string, ReadFile>();
    for (const entry of entries) {
      const known = entry.sizeBytes > MAX_FILE_BYTES ? tooLarge(entry) : this.#cached(entry);
      if (known) files.set(entry.path, known);
    }
    const missing = entries.filter(({ path }) => !files.has(path));
    for (const group of groupsOf(missing)) {
      for (const file of await this.#read(folder, group)) files.set(file.path, file);
    }
    return entries.flatMap(({ path }) => files.get(path) ?? []);
  }

  /** The paths of the workflow files of a commit. */
  async paths(repository: Named, sha: string): Promise<string[]> {
    return (await this.#list(this.#git.folder(repository), sha)).map(({ path }) => path);
  }

  #list(folder: string, sha: string): Promise<WorkflowEntry[]> {
    const key = `${folder}@${sha}`;
    const known = this.#lists.get(key);
    if (known) return known;
    const list = listWorkflowFiles(folder, sha);
    this.#lists.set(key, list);
    const forget = (): boolean => this.#lists.delete(key);
    // Nor is a failure kept.
    list.then(({ length }) => length > KEPT_LIST_LENGTH && forget(), forget);
    return list;
  }

  #cached({ path, blob }: WorkflowEntry): ReadFile | undefined {
    const hash = this.#hashes.get(blob);
    return hash === undefined ? undefined : this.#reader.cached(hash, path);
  }

  async #read(folder: string, entries: WorkflowEntry[]): Promise<ReadFile[]> {
    const texts = await readWorkflowTexts(folder, [...new Set(entries.map(({ blob }) => blob))]);
    return Promise.all(
      entries.map(async ({ path, blob }) => {
        const file = await this.#reader.read(path, texts.get(blob) ?? '');
        this.#hashes.set(blob, file.hash);
        return file;
      }),
    );
  }
}

function tooLarge({ path, sizeBytes }: WorkflowEntry): ReadFile {
  const why = `The file is ${sizeBytes} bytes long; a workflow file may have at most ${MAX_FILE_BYTES}.`;
  return { path, text: '', hash: '', workflow: unreadableWorkflow(path, why) };
}

/** Neighbours together, up to a size. */
function groupsOf(entries: WorkflowEntry[]): WorkflowEntry[][] {
  const groups: WorkflowEntry[][] = [];
  let sizeBytes = Number.POSITIVE_INFINITY;
  for (const entry of entries) {
    sizeBytes += entry.sizeBytes;
    if (sizeBytes > GROUP_BYTES) {
      groups.push([]);
      sizeBytes = entry.sizeBytes;
    }
    groups.at(-1)?.push(entry);
  }
  return groups;
}
