import { access, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Clock } from '../../common/clock.ts';
import { newGuid } from '../../common/ids.ts';
import type { Database } from '../../store/database.ts';
import {
  findOrInsertRepository,
  findRepository,
  type RepositoryRow,
  setDefaultBranch,
} from '../../store/repositories.ts';
import { runGit } from './child.ts';
import { changedFiles, type GitCommit, readCommits, resolveRef } from './history.ts';
import { checkRepositoryName } from './names.ts';

export type { GitCommit } from './history.ts';

type Named = Pick<RepositoryRow, 'owner' | 'name'>;

/** The bare repositories below the data folder, and what the engine reads from them. */
export class GitRepositories {
  readonly #root: string;
  readonly #db: Database;
  readonly #clock: Clock;

  constructor(dataFolder: string, db: Database, clock: Clock) {
    this.#root = join(dataFolder, 'repositories');
    this.#db = db;
    this.#clock = clock;
  }

  folder({ owner, name }: Named): string {
    return join(this.#root, owner, `${name}.git`);
  }

  find(owner: string, name: string): Promise<RepositoryRow | undefined> {
    return findRepository(this.#db, owner, name);
  }

  /**
   * The repository of this name, made with an empty bare folder when there is none. May be repeated.
   * @throws UserError for a name that cannot be one
   */
  async create(owner: string, name: string): Promise<RepositoryRow> {
    checkRepositoryName(owner, name);
    const row = await findOrInsertRepository(this.#db, owner, name, this.#clock.now());
    await this.#ensureFolder(this.folder(row));
    return row;
  }

  /** Full ref, branch, tag or sha to the commit's sha. Branches win over tags of the same name. */
  resolve(repository: Named, ref: string): Promise<string | undefined> {
    return resolveRef(this.folder(repository), ref);
  }

  /**
   * Paths that a push changed (SEM-3.11); a rename counts with its new path.
   * @param before the ref's commit before the push; null, or all zeros, for a new branch
   * @returns null when there is too much to look at (SEM-3.12)
   */
  changedFiles(repository: Named, before: string | null, sha: string): Promise<string[] | null> {
    return changedFiles(this.folder(repository), before, sha);
  }

  /** @throws OutsideError when there is no such commit */
  async commit(repository: Named, sha: string): Promise<GitCommit> {
    const [commit] = await readCommits(this.folder(repository), [sha, '-n', '1']);
    if (!commit) throw new Error(`git log gave no commit ${sha}`);
    return commit;
  }

  /** Makes `branch` the one that clones check out and that events without a ref use. */
  async setDefaultBranch(repository: RepositoryRow, branch: string): Promise<RepositoryRow> {
    await runGit(['symbolic-ref', 'HEAD', `refs/heads/${branch}`], { folder: this.folder(repository) });
    await setDefaultBranch(this.#db, repository.id, branch);
    return { ...repository, default_branch: branch };
  }

  /** Moves the folder away from its name. May be repeated. */
  async setAside(from: Named, to: Named): Promise<void> {
    await mkdir(dirname(this.folder(to)), { recursive: true, mode: 0o700 });
    if (await exists(this.folder(from))) await rename(this.folder(from), this.folder(to));
  }

  /** Names of the folders that lie beside an owner's name: what `setAside` brought there. */
  async namesOf(owner: string): Promise<string[]> {
    const folders = await readdir(join(this.#root, owner)).catch(() => []);
    return folders.flatMap((folder) => /^(.+)\.git$/.exec(folder)?.[1] ?? []);
  }

  async remove(repository: Named): Promise<void> {
    await rm(this.folder(repository), { recursive: true, force: true });
  }

  /** Made aside and moved into place, so that no crash leaves half a repository. */
  async #ensureFolder(folder: string): Promise<void> {
    if (await exists(folder)) return;
    await mkdir(dirname(folder), { recursive: true, mode: 0o700 });
    const draft = `${folder}.${newGuid()}.new`;
    await runGit(['init', '--quiet', '--bare', '--initial-branch=main', '--template=', draft]);
    await rename(draft, folder).catch(async (error: unknown) => {
      await rm(draft, { recursive: true, force: true });
      // Another push made it in this moment.
      if (!(await exists(folder))) throw error;
    });
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
