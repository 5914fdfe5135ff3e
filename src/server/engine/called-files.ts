/** The files that a workflow's calls lead to, read when the run is created (SEM-5.4). */
import type { SourceError } from '../../protocol/dashboard/index.ts';
import type { Queries } from '../../store/database.ts';
import { findRepository } from '../../store/repositories.ts';
import {
  type CalledFile,
  type CallTarget,
  defaultPermissions,
  linkCalls,
  type WorkflowOrigin,
} from '../../workflow/index.ts';
import type { GitRepositories } from '../git/repositories.ts';
import type { WorkflowFiles } from '../workflow-files/workflow-files.ts';

export interface LinkedWorkflow {
  /** What keeps the run from starting (SEM-5.5). */
  errors: SourceError[];
  /** By the key of `callTarget`: the file and its text. */
  files: Map<string, CalledFile & { text: string }>;
}

export interface LinkOptions {
  db: Queries;
  git: GitRepositories;
  files: WorkflowFiles;
  /** What a job's token may do where no workflow says. */
  defaultPermissions: 'read' | 'write';
}

/** Reads every file that the calls lead to, and checks that they fit together. */
export async function linkWorkflow(options: LinkOptions, root: CalledFile): Promise<LinkedWorkflow> {
  const files: LinkedWorkflow['files'] = new Map();
  const known = new Map<string, CalledFile | { error: string }>();
  const ceiling = defaultPermissions(options.defaultPermissions);
  for (;;) {
    const { missing, errors } = linkCalls(root, known, { ceiling });
    if (missing.length === 0) return { errors, files };
    for (const target of missing) {
      const file = await readTarget(options, target);
      known.set(target.key, file);
      if ('text' in file) files.set(target.key, file);
    }
  }
}

/** Any repository of this server can be called: who may push here may read here. */
async function readTarget(
  { db, git, files }: LinkOptions,
  target: CallTarget,
): Promise<(CalledFile & { text: string }) | { error: string }> {
  const { repository: fullName, path, ref } = target;
  const [owner = '', name = ''] = fullName.split('/');
  const repository = await findRepository(db, owner, name);
  if (!repository) return { error: `the repository ${fullName} does not exist on this server` };
  const sha = target.sha ?? (await resolveAny(git, repository, ref));
  if (!sha) return { error: `${fullName} has no branch, tag or commit "${ref}"` };
  const file = (await files.at(repository, sha)).find((candidate) => candidate.path === path);
  if (!file) return { error: `${fullName} has no file ${path} at ${ref}` };
  const origin: WorkflowOrigin = { repository: `${repository.owner}/${repository.name}`, path, ref, sha };
  return { origin, workflow: file.workflow, text: file.text };
}

type Repository = Parameters<GitRepositories['resolve']>[0];

/** A branch before a tag before a commit, as GitHub resolves `uses`. */
async function resolveAny(git: GitRepositories, repository: Repository, ref: string): Promise<string | undefined> {
  for (const candidate of [`refs/heads/${ref}`, `refs/tags/${ref}`, ref]) {
    const sha = await git.resolve(repository, candidate);
    if (sha) return sha;
  }
  return undefined;
}
