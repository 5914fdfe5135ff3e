import { isoTime } from '../../common/clock.ts';
import type { Json } from '../../protocol/runner/tokens.ts';
import { openPullsOf, type PullChange, type PullRow } from '../../store/pulls.ts';
import type { ServerContext } from '../context.ts';
import type { AcceptedPush } from '../git/accept-push.ts';
import { newCommitIds, ZERO_SHA } from '../git/history.ts';
import { shortName } from '../git/push-event.ts';
import type { RefUpdate } from '../git/push-journal.ts';
import { notStartedLines, onlyConcerned, startedLines } from '../git/push-lines.ts';
import { changeAndTell, type PullNews } from './tell-pull.ts';

/**
 * What the move of a branch means for the open pull requests from and to it. May be repeated: the same events have the
 * same keys.
 * @returns lines for the push's output
 */
export async function followPulls(context: ServerContext, push: AcceptedPush, update: RefUpdate): Promise<string[]> {
  if (!update.ref.startsWith('refs/heads/')) return [];
  const { repository } = push;
  return context.turns.take(pullTurns(repository.id), async () => {
    const pulls = await openPullsOf(context.db, repository.id, shortName(update.ref));
    if (pulls.length === 0) return [];
    const merged = await mergedHeads(push, update);
    const lines: string[] = [];
    for (const pull of pulls) lines.push(...(await follow(context, push, update, pull, merged)));
    return lines;
  });
}

/** Key of the turns that changes of a repository's pull requests take. */
export const pullTurns = (repositoryId: number): string => `pulls ${repositoryId}`;

/** Commits that the branch has gained: a pull request to it whose head is among them is merged. */
async function mergedHeads({ folder }: AcceptedPush, { before, after }: RefUpdate): Promise<Set<string>> {
  if (before === ZERO_SHA || after === ZERO_SHA) return new Set();
  return new Set(await newCommitIds(folder, before, after));
}

async function follow(
  context: ServerContext,
  push: AcceptedPush,
  { ref, before, after }: RefUpdate,
  pull: PullRow,
  merged: Set<string>,
): Promise<string[]> {
  const at = isoTime(context.clock.now());
  const isHead = pull.head_ref === shortName(ref);
  const closed: PullChange = { state: 'closed', closed_at: at };
  if (after === ZERO_SHA) return told(context, push, ref, pull, closed, 'closed');
  if (isHead) {
    const change = { head_sha: after, merge_sha: null };
    return told(context, push, ref, pull, change, 'synchronize', { before, after });
  }
  if (!merged.has(pull.head_sha) && push.journal.mergedPull !== pull.number) return [];
  const merge = { ...closed, merged_at: at, merged_by: push.actor, merge_sha: after };
  return told(context, push, ref, pull, merge, 'closed');
}

async function told(
  context: ServerContext,
  { repository, journal, actor, refusal }: AcceptedPush,
  ref: string,
  pull: PullRow,
  change: PullChange,
  activity: string,
  payload: Record<string, Json> = {},
): Promise<string[]> {
  const key = `push:${journal.id}:${ref}:pull:${pull.number}`;
  const news: PullNews = { key, activity, actor, refusal, causingJob: journal.causingJob, payload };
  const { outcomes } = await changeAndTell(context, repository, pull, change, news);
  const { publicUrl } = context.settings;
  const lines = outcomes.flatMap((outcome) => [
    ...startedLines(outcome, publicUrl),
    ...notStartedLines(onlyConcerned(outcome.notStarted)),
  ]);
  return lines.map((line) => `pull request #${pull.number} ${activity}: ${line}`);
}
