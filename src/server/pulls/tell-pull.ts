import { isoTime } from '../../common/clock.ts';
import type { Json } from '../../protocol/runner/tokens.ts';
import type { Queries } from '../../store/database.ts';
import { changePull, type PullChange, type PullRow } from '../../store/pulls.ts';
import type { RepositoryRow } from '../../store/repositories.ts';
import type { ServerContext } from '../context.ts';
import type { Refusal } from '../engine/accept-event.ts';
import type { EventOutcome, IncomingEvent } from '../engine/engine.ts';
import { comparisonSize } from '../git/comparison.ts';
import { changedFilesOfPull } from '../git/history.ts';
import { repositoryObject, userObject } from '../github-rest/shapes.ts';
import { type PullFacts, wholePullObject } from './pull-object.ts';
import { mergeRef, refreshTestMerge } from './test-merge.ts';

/** What happened to a pull request. */
export interface PullNews {
  /** Natural key of its events. */
  key: string;
  activity: string;
  actor: string;
  /** What the payload has besides the pull request. */
  payload?: Record<string, Json>;
  refusal?: Refusal;
  causingJob?: number;
}

/** A pull request as it has become, and what its events did. */
export interface ToldPull<Pull extends PullFacts> {
  pull: Pull;
  outcomes: EventOutcome[];
}

/** Changes a pull request and tells of it, in one transaction. */
export async function changeAndTell(
  context: ServerContext,
  repository: RepositoryRow,
  pull: PullRow,
  change: PullChange,
  news: PullNews,
): Promise<ToldPull<PullRow>> {
  const changed = { ...change, updated_at: isoTime(context.clock.now()) };
  return tell(context, repository, { ...pull, ...changed }, news, (db, { base_sha, merge_sha }) =>
    changePull(db, pull.id, { ...changed, base_sha, merge_sha }),
  );
}

/**
 * Sends `pull_request` and `pull_request_target` (SEM-2.4), in one transaction with what `store` does.
 * @param pull as it is from now on; of an open one the test merge is made here
 */
export async function tell<Pull extends PullFacts>(
  context: ServerContext,
  repository: RepositoryRow,
  pull: Pull,
  news: PullNews,
  store: (db: Queries, pull: Pull) => Promise<unknown>,
): Promise<ToldPull<Pull>> {
  const told = pull.state === 'open' ? { ...pull, ...(await refreshTestMerge(context, repository, pull)) } : pull;
  const events = await eventsOf(context, repository, told, news);
  const outcomes = await context.engine.acceptEvents(events, async (db) => {
    await store(db, told);
  });
  return { pull: told, outcomes };
}

async function eventsOf(
  context: ServerContext,
  repository: RepositoryRow,
  pull: PullFacts,
  news: PullNews,
): Promise<IncomingEvent[]> {
  const { key, activity, actor, refusal, causingJob } = news;
  const folder = context.git.folder(repository);
  const common = {
    repository,
    activity,
    actor,
    causingJob,
    refusal,
    filterRef: `refs/heads/${pull.base_ref}`,
    changedFiles: () => changedFilesOfPull(folder, pull.base_sha, pull.head_sha),
    payload: await payloadOf(context, repository, pull, news),
  };
  const events: IncomingEvent[] = [
    {
      ...common,
      ...placeOf(pull),
      key: `${key}:pull_request`,
      name: 'pull_request',
      headSha: pull.head_sha,
      refusal: refusal ?? conflictOf(pull),
    },
  ];
  const tip = await context.branches.tip(repository);
  if (tip) events.push({ ...common, ...tip, key: `${key}:pull_request_target`, name: 'pull_request_target' });
  return events;
}

/** Once merged, the branch that it was merged into. */
function placeOf({ number, base_ref, head_sha, merge_sha, merged_at }: PullFacts): { ref: string; sha: string } {
  return { ref: merged_at === null ? mergeRef(number) : `refs/heads/${base_ref}`, sha: merge_sha ?? head_sha };
}

/** SEM-2.9 */
function conflictOf({ merge_sha, base_ref, head_ref }: PullFacts): Refusal | undefined {
  if (merge_sha !== null) return undefined;
  const reason = `${head_ref} conflicts with ${base_ref}, so there is no merge of them to run at.`;
  return { filter: 'conflict', reason };
}

async function payloadOf(
  context: ServerContext,
  repository: RepositoryRow,
  pull: PullFacts,
  { activity, actor, payload }: PullNews,
): Promise<Record<string, Json>> {
  const { publicUrl } = context.settings;
  const size = await comparisonSize(context.git.folder(repository), pull.base_sha, pull.head_sha);
  return {
    action: activity,
    number: pull.number,
    pull_request: { ...wholePullObject(publicUrl, repository, pull, size) } as Record<string, Json>,
    ...payload,
    repository: { ...repositoryObject(repository, publicUrl) },
    sender: { ...userObject(actor, publicUrl) },
  };
}
