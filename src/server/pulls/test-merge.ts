import type { RepositoryRow } from '../../store/repositories.ts';
import type { ServerContext } from '../context.ts';
import { mergeTrees, writeCommit } from '../git/merges.ts';
import type { PullFacts } from './pull-object.ts';

/** The base as it is now, and the commit that merging the head into it would give; null while they conflict. */
export async function testMerge(
  { git }: Pick<ServerContext, 'git'>,
  repository: RepositoryRow,
  pull: Pick<PullFacts, 'base_ref' | 'base_sha' | 'head_sha' | 'merge_sha' | 'author'>,
): Promise<Pick<PullFacts, 'base_sha' | 'merge_sha'>> {
  const { head_sha: head, base_sha, merge_sha } = pull;
  const base = (await git.resolve(repository, `refs/heads/${pull.base_ref}`)) ?? base_sha;
  if (base === base_sha && merge_sha !== null) return { base_sha, merge_sha };
  return { base_sha: base, merge_sha: await mergeCommit({ git }, repository, { base, head, author: pull.author }) };
}

/** Of the same two commits always the same, whenever it is made. */
export async function mergeCommit(
  { git }: Pick<ServerContext, 'git'>,
  repository: RepositoryRow,
  { base, head, author }: { base: string; head: string; author: string },
): Promise<string | null> {
  const folder = git.folder(repository);
  const tree = await mergeTrees(folder, base, head);
  if (tree === null) return null;
  const { date } = (await git.commit(repository, head)).committer;
  const message = `Merge ${head} into ${base}\n`;
  return writeCommit(folder, { tree, parents: [base, head], message, author, date });
}
