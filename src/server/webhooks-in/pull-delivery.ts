import { z } from 'zod';
import { findPull } from '../../store/pulls.ts';
import type { ServerContext } from '../context.ts';
import type { IncomingEvent, Refusal } from '../engine/accept-event.ts';
import { isForkEvent } from '../engine/forks.ts';
import { defaultTip } from '../events/default-tip.ts';
import { changedFilesOfPull } from '../git/history.ts';
import { setRefs } from '../git/merges.ts';
import { mergeCommit, mergeRef } from '../pulls/test-merge.ts';
import { commitOf } from './commit-of.ts';
import { baseEvent, type Delivery, type Found } from './delivery.ts';

const Side = z.looseObject({
  ref: z.string().min(1).max(255),
  sha: z.string().regex(/^[0-9a-f]{40}$/),
});
const PullPayload = z.looseObject({
  pull_request: z.looseObject({
    number: z.number().int().positive(),
    merged: z.boolean().nullish(),
    merge_commit_sha: z.string().nullish(),
    user: z.looseObject({ login: z.string() }).nullish(),
    head: Side,
    base: Side,
  }),
});

type Pull = z.infer<typeof PullPayload>['pull_request'];
type Place = Pick<IncomingEvent, 'ref' | 'sha' | 'refusal'>;

/**
 * A pull request of GitHub's, or a review of one. `pull_request` is sent as `pull_request_target` too, which has no
 * webhook of its own.
 */
export async function pullEventsOf(context: ServerContext, delivery: Delivery): Promise<Found> {
  const { repository, event } = delivery;
  const { pull_request: pull } = PullPayload.parse(delivery.payload);
  const tip = await defaultTip(context, repository);
  const isRefused = !context.settings.runForkPulls && isForkEvent(event, delivery.payload, repository);
  const common = {
    ...baseEvent(delivery),
    filterRef: `refs/heads/${pull.base.ref}`,
    changedFiles: () => changedFiles(context, delivery, pull),
  };
  const place = isRefused ? { ...tip, refusal: FORK } : await placeOf(context, delivery, pull);
  const events: IncomingEvent[] = [{ ...common, ...place, headSha: isRefused ? undefined : pull.head.sha }];
  if (event === 'pull_request') {
    events.push({ ...common, ...tip, key: `${common.key}:target`, name: 'pull_request_target' });
  }
  return { events };
}

/** Their code would run on machines of ours (SEM-2.12 is about the rest). */
const FORK: Refusal = {
  filter: 'fork',
  reason: 'The pull request comes from a fork, and those are not run (SWITCHYARD_RUN_FORK_PULLS).',
};

/** The merge of both, made here: GitHub's own may not be on this server. */
async function placeOf(context: ServerContext, delivery: Delivery, pull: Pull): Promise<Place> {
  const { repository } = delivery;
  if (pull.merged && pull.merge_commit_sha) {
    const sha = await commitOf(context, repository, pull.merge_commit_sha);
    return { ref: `refs/heads/${pull.base.ref}`, sha };
  }
  const head = await commitOf(context, repository, pull.head.sha);
  const base = await commitOf(context, repository, pull.base.sha);
  const sha = await mergeCommit(context, repository, { base, head, author: pull.user?.login ?? delivery.actor });
  const ref = mergeRef(pull.number);
  if (sha === null) {
    const reason = `${pull.head.ref} conflicts with ${pull.base.ref}, so there is no merge of them to run at.`;
    return { ref, sha: head, refusal: { filter: 'conflict', reason } };
  }
  // A pull request of this server's own keeps its refs.
  if (!(await findPull(context.db, repository.id, pull.number))) {
    await setRefs(context.git.folder(repository), { [`refs/pull/${pull.number}/head`]: head, [ref]: sha });
  }
  return { ref, sha };
}

/** Unknown when the commits are not here. */
async function changedFiles({ git }: ServerContext, { repository }: Delivery, pull: Pull): Promise<string[] | null> {
  for (const { sha } of [pull.head, pull.base]) if (!(await git.resolve(repository, sha))) return null;
  return changedFilesOfPull(git.folder(repository), pull.base.sha, pull.head.sha);
}
