import type { RepositoryRow } from '../../store/repositories.ts';
import type { ServerContext } from '../context.ts';
import { mergeTrees, setRefs, writeCommit } from '../git/merges.ts';
import type { PullFacts } from './pull-object.ts';

type TestMerge = Pick<PullFacts, 'base_sha' | 'merge_sha'>;

/** The ref of a test merge, which runs of the pull request name. */
export const mergeRef = (number: number): string => `refs/pull/${number}/merge`;

/** Makes the test merge of an open pull request with its base as it is now, and the refs that lead to it. */
export async function refreshTestMerge(
  context: Pick<ServerContext, 'git'>,
  repository: RepositoryRow,
  pull: PullFacts,
): Promise<TestMerge> {
  const merge = await testMerge(context, repository, pull);
  await setRefs(context.git.folder(repository), {
    [`refs/pull/${pull.number}/head`]: pull.head_sha,
    [mergeRef(pull.number)]: merge.merge_sha,
  });
  return merge;
}

/** Null while they conflict. */
async function testMerge(
  { git }: Pick<ServerContext, 'git'>,
  repository: RepositoryRow,
  pull: PullFacts,
): Promise<TestMerge> {
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
