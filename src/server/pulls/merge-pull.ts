import { isoTime } from '../../common/clock.ts';
import { UserError } from '../../common/errors.ts';
import type { PullRow } from '../../store/pulls.ts';
import type { RepositoryRow } from '../../store/repositories.ts';
import type { ServerContext } from '../context.ts';
import { mergeTrees, writeCommit } from '../git/merges.ts';
import { pushByServer } from '../git/own-push.ts';
import type { Editor } from './edit-pull.ts';

export interface MergeRequest {
  method: 'merge' | 'squash';
  /** What the head must still be. */
  sha?: string;
  title?: string;
  message?: string;
}

/**
 * Merges a pull request into its base, which is a push like any other: what follows from it does so there.
 * @returns the commit. @throws UserError 405 when it cannot be merged, 409 when a branch has moved
 */
export async function mergePull(
  context: ServerContext,
  repository: RepositoryRow,
  pull: PullRow,
  request: MergeRequest,
  { actor, causingJob }: Editor,
): Promise<string> {
  if (pull.state === 'closed') throw notMergeable('Pull Request is not mergeable.');
  if (pull.draft === 1) throw notMergeable('Pull Request is still a draft.');
  if (request.sha !== undefined && request.sha !== pull.head_sha) throw modified('Head');
  const ref = `refs/heads/${pull.base_ref}`;
  const base = await context.git.resolve(repository, ref);
  const folder = context.git.folder(repository);
  const tree = base && (await mergeTrees(folder, base, pull.head_sha));
  if (!base || !tree) throw notMergeable('Pull Request is not mergeable.', `It conflicts with ${pull.base_ref}.`);
  const sha = await writeCommit(folder, {
    tree,
    parents: request.method === 'squash' ? [base] : [base, pull.head_sha],
    message: messageOf(repository, pull, request),
    author: actor,
    date: isoTime(context.clock.now()),
  });
  const meta = { repositoryId: repository.id, actor, causingJob, mergedPull: pull.number };
  const moved = await pushByServer(context, repository, { ref, before: base, after: sha }, meta);
  if (!moved) throw modified('Base');
  return sha;
}

function messageOf({ owner }: RepositoryRow, pull: PullRow, { method, title, message }: MergeRequest): string {
  const isSquash = method === 'squash';
  const subject = isSquash
    ? `${pull.title} (#${pull.number})`
    : `Merge pull request #${pull.number} from ${owner}/${pull.head_ref}`;
  const body = isSquash ? pull.body : pull.title;
  return `${title ?? subject}\n\n${message ?? body}`.trimEnd();
}

const notMergeable = (sentence: string, hint?: string): UserError =>
  new UserError('not-mergeable', sentence, { status: 405, hint });

const modified = (branch: string): UserError =>
  new UserError('branch-moved', `${branch} branch was modified. Review and try the merge again.`, { status: 409 });
