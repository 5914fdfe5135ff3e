import { isoTime } from '../../common/clock.ts';
import { UserError } from '../../common/errors.ts';
import { newGuid } from '../../common/ids.ts';
import { insertPull, nextPullNumber, type PullRow, queryPulls } from '../../store/pulls.ts';
import type { RepositoryRow } from '../../store/repositories.ts';
import type { ServerContext } from '../context.ts';
import { newCommitIds } from '../git/history.ts';
import { mergeBase } from '../git/merges.ts';
import { pullTurns } from './follow-pulls.ts';
import { tell } from './tell-pull.ts';

export interface NewPullRequest {
  title: string;
  body: string;
  /** Short names of branches. */
  head: string;
  base: string;
  draft: boolean;
  author: string;
  causingJob: number | undefined;
}

/** @throws UserError 422 for branches that do not exist or cannot make a pull request */
export function openPull(context: ServerContext, repository: RepositoryRow, request: NewPullRequest): Promise<PullRow> {
  return context.turns.take(pullTurns(repository.id), async () => {
    const shas = await comparableTips(context, repository, request.head, request.base);
    const pull = await newPull(context, repository, request, shas);
    const { author: actor, causingJob } = request;
    const news = { key: `pull:${newGuid()}`, activity: 'opened', actor, causingJob };
    let row: PullRow | undefined;
    await tell(context, repository, pull, news, async (db, told) => {
      row = await insertPull(db, told);
    });
    if (!row) throw new Error(`pull request ${pull.number} was told of and not stored`);
    return row;
  });
}

async function newPull(
  { db, clock }: ServerContext,
  { id }: RepositoryRow,
  { title, body, head, base, draft, author }: NewPullRequest,
  shas: { head_sha: string; base_sha: string },
): Promise<Omit<PullRow, 'id'>> {
  const at = isoTime(clock.now());
  return {
    repository_id: id,
    number: await nextPullNumber(db, id),
    title,
    body,
    author,
    state: 'open',
    draft: draft ? 1 : 0,
    head_ref: head,
    base_ref: base,
    ...shas,
    merge_sha: null,
    labels: '[]',
    merged_at: null,
    merged_by: null,
    closed_at: null,
    created_at: at,
    updated_at: at,
  };
}

/**
 * The commits of two branches between which a pull request can be open.
 * @throws UserError 422, in GitHub's words
 */
export async function comparableTips(
  { db, git }: ServerContext,
  repository: RepositoryRow,
  head: string,
  base: string,
): Promise<{ head_sha: string; base_sha: string }> {
  const head_sha = await git.resolve(repository, `refs/heads/${head}`);
  const base_sha = await git.resolve(repository, `refs/heads/${base}`);
  if (!head_sha) throw refused(`The head branch ${head} does not exist.`);
  if (!base_sha) throw refused(`The base branch ${base} does not exist.`);
  const same = { repositoryId: repository.id, state: 'open', headRef: head, baseRef: base } as const;
  const { total } = await queryPulls(db, same, { limit: 1, offset: 0 });
  if (total > 0) throw refused(`A pull request already exists for ${repository.owner}:${head}.`);
  const folder = git.folder(repository);
  if (!(await mergeBase(folder, base_sha, head_sha))) {
    throw refused(`The ${head} branch has no history in common with ${base}.`);
  }
  const commits = await newCommitIds(folder, base_sha, head_sha);
  if (commits.length === 0) throw refused(`No commits between ${base} and ${head}.`);
  return { head_sha, base_sha };
}

const refused = (sentence: string): UserError => new UserError('bad-pull-request', sentence);
