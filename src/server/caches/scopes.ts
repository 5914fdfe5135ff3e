/** Which caches a run reads and writes: those of its own ref, and those of the branches that it can trust. */
import type { RepositoryRow } from '../../store/repositories.ts';
import { findRepositoryById } from '../../store/repositories.ts';
import { findRun, type RunRow } from '../../store/runs.ts';
import type { JobClaims } from '../auth/jwt.ts';
import type { ServerContext } from '../context.ts';
import { isFromFork } from '../engine/forks.ts';

export interface CacheScopes {
  repositoryId: number;
  /** Full refs to look in, in this order. Written to is the first. */
  refs: [own: string, ...others: string[]];
  /** False for code from a fork: what it stored could be run by others. */
  mayWrite: boolean;
}

export function scopesOf(run: RunRow, repository: RepositoryRow): CacheScopes {
  const { pull_request: pull } = JSON.parse(run.payload) as { pull_request?: { base?: { ref?: unknown } } };
  const base = run.event.startsWith('pull_request') ? pull?.base?.ref : undefined;
  const branches = [...(typeof base === 'string' ? [base] : []), repository.default_branch];
  const others = new Set(branches.map((branch) => `refs/heads/${branch}`));
  others.delete(run.ref);
  return { repositoryId: repository.id, refs: [run.ref, ...others], mayWrite: !isFromFork({ run, repository }) };
}

export async function scopesOfJob({ db }: Pick<ServerContext, 'db'>, job: JobClaims): Promise<CacheScopes> {
  const [run, repository] = await Promise.all([findRun(db, job.runId), findRepositoryById(db, job.repositoryId)]);
  if (!run || !repository) throw new Error(`the run ${job.runId} of a running job is gone`);
  return scopesOf(run, repository);
}
