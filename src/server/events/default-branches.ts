import type { RunActivity } from '../../store/events.ts';
import type { RepositoryRow } from '../../store/repositories.ts';
import type { Workflow } from '../../workflow/index.ts';
import type { GitRepositories } from '../git/repositories.ts';
import type { WorkflowFiles } from '../workflow-files/workflow-files.ts';

/** The newest commit of a repository's default branch. */
export interface Tip {
  ref: string;
  sha: string;
}

interface Known {
  /** Undefined: the branch has no commit. */
  tip: Tip | undefined;
  /** What workflows on it want to know about runs. */
  heard: ReadonlySet<RunActivity>;
}

/**
 * What default branches say about events that happen elsewhere (SEM-2.4). A few bytes for each repository are kept, until
 * `forget` says that its branch has moved.
 */
export class DefaultBranches {
  readonly #git: Pick<GitRepositories, 'resolve'>;
  readonly #files: Pick<WorkflowFiles, 'at'>;
  readonly #known = new Map<number, Promise<Known>>();
  /** What of `#known` has been read. */
  readonly #read = new Map<number, Known>();

  constructor(git: Pick<GitRepositories, 'resolve'>, files: Pick<WorkflowFiles, 'at'>) {
    this.#git = git;
    this.#files = files;
  }

  /** Whether a `workflow_run` workflow may wait for this. True while it is not known: whoever asks must not wait. */
  listens(repositoryId: number, activity: RunActivity): boolean {
    return this.#read.get(repositoryId)?.heard.has(activity) ?? true;
  }

  async tip(repository: RepositoryRow): Promise<Tip | undefined> {
    return (await this.#of(repository)).tip;
  }

  /** The files on it; those without errors and those with. */
  async workflows(repository: RepositoryRow): Promise<Workflow[]> {
    const tip = await this.tip(repository);
    return tip ? this.#workflowsAt(repository, tip) : [];
  }

  /** The branch has moved, or another is the default one. */
  forget(repositoryId: number): void {
    this.#known.delete(repositoryId);
    this.#read.delete(repositoryId);
  }

  #of(repository: RepositoryRow): Promise<Known> {
    const { id } = repository;
    const known = this.#known.get(id);
    if (known) return known;
    const reading = this.#readAnew(repository);
    this.#known.set(id, reading);
    const isCurrent = (): boolean => this.#known.get(id) === reading;
    void reading.then(
      (value) => isCurrent() && this.#read.set(id, value),
      () => isCurrent() && this.#known.delete(id),
    );
    return reading;
  }

  async #readAnew(repository: RepositoryRow): Promise<Known> {
    const ref = `refs/heads/${repository.default_branch}`;
    const sha = await this.#git.resolve(repository, ref);
    if (sha === undefined) return { tip: undefined, heard: new Set() };
    const workflows = await this.#workflowsAt(repository, { ref, sha });
    return { tip: { ref, sha }, heard: new Set(workflows.flatMap(heardBy)) };
  }

  async #workflowsAt(repository: RepositoryRow, { sha }: Tip): Promise<Workflow[]> {
    return (await this.#files.at(repository, sha)).map(({ workflow }) => workflow);
  }
}

const ACTIVITIES: RunActivity[] = ['requested', 'in_progress', 'completed'];

/** A file that could not be read may hear all. */
function heardBy({ triggers }: Workflow): RunActivity[] {
  if (triggers === null) return ACTIVITIES;
  const listening = triggers.filter(({ event }) => event === 'workflow_run');
  return ACTIVITIES.filter((activity) => listening.some(({ types }) => types?.includes(activity) ?? true));
}
