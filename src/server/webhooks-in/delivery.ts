/** What a webhook's delivery means here: which events, at which ref and commit (SEM-2.4). */
import { z } from 'zod';
import { UserError } from '../../common/errors.ts';
import type { Json } from '../../protocol/runner/tokens.ts';
import { isPushed } from '../../store/events.ts';
import type { RepositoryRow } from '../../store/repositories.ts';
import type { ServerContext } from '../context.ts';
import type { IncomingEvent } from '../engine/engine.ts';
import { defaultTip } from '../events/default-tip.ts';
import { ZERO_SHA } from '../git/history.ts';
import { commitOf } from './commit-of.ts';
import { pullEventsOf } from './pull-delivery.ts';

export interface Delivery {
  /** GitHub's GUID of it; one that is sent again has the same. */
  id: string;
  event: string;
  payload: Record<string, Json>;
  repository: RepositoryRow;
  actor: string;
}

/** Events, or a sentence that says why there is none. */
export type Found = { events: IncomingEvent[] } | { nothing: string };

/** @throws UserError 422 for a commit that this server does not have */
export async function eventsOf(context: ServerContext, delivery: Delivery): Promise<Found> {
  const { event } = delivery;
  if (event === 'schedule' || event === 'workflow_call') {
    throw new UserError('bad-webhook', `${event} is no event of a webhook.`);
  }
  if (event === 'pull_request' || event.startsWith('pull_request_review')) return pullEventsOf(context, delivery);
  const place = Object.hasOwn(PLACES, event) ? PLACES[event] : undefined;
  return (place ?? atDefaultBranch)(context, delivery);
}

/** What every event of the delivery has. */
export function baseEvent({ id, event, payload, repository, actor }: Delivery) {
  const activity = typeof payload.action === 'string' ? payload.action : undefined;
  return { key: `webhook:${id}`, repository, name: event, activity, actor, payload };
}

type Place = (context: ServerContext, delivery: Delivery) => Promise<Found>;

const one = (delivery: Delivery, place: Omit<IncomingEvent, keyof ReturnType<typeof baseEvent>>): Found => ({
  events: [{ ...baseEvent(delivery), ...place }],
});

const atDefaultBranch: Place = async (context, delivery) =>
  one(delivery, await defaultTip(context, delivery.repository));

const Ref = z.string().min(1).max(1_000);
const Sha = z.string().regex(/^[0-9a-f]{40}$/);
const PushPayload = z.looseObject({ ref: Ref.startsWith('refs/'), before: Sha, after: Sha });
const RefPayload = z.looseObject({ ref: Ref, ref_type: z.enum(['branch', 'tag']) });
const ReleasePayload = z.looseObject({ release: z.looseObject({ tag_name: Ref }) });
const DeploymentPayload = z.looseObject({ deployment: z.looseObject({ sha: Sha, ref: Ref }) });
const MergeGroup = z.looseObject({ merge_group: z.looseObject({ head_sha: Sha, head_ref: Ref, base_ref: Ref }) });
const RunPayload = z.looseObject({
  workflow_run: z.looseObject({ name: z.string(), head_branch: z.string().nullish() }),
});
const InputText = z.union([z.string(), z.number(), z.boolean()]).transform(String);
const DispatchPayload = z.looseObject({
  ref: Ref,
  workflow: z.string(),
  inputs: z.record(z.string(), InputText).nullish(),
});

/** Those that do not run at the default branch. */
const PLACES: Record<string, Place> = {
  push,
  create: async (context, delivery) => {
    const named = refOf(RefPayload.parse(delivery.payload));
    const sha = await commitOf(context, delivery.repository, named);
    if (await isPushed(context.db, delivery.repository.id, 'create', named, sha)) return { nothing: pushedHere(named) };
    return one(delivery, { ref: named, sha });
  },
  delete: async (context, delivery) => {
    const named = refOf(RefPayload.parse(delivery.payload));
    // One that is not here any more was deleted by a push, which has told of it.
    if (!(await context.git.resolve(delivery.repository, named))) return { nothing: `There is no ${named} here.` };
    return atDefaultBranch(context, delivery);
  },
  release: async (context, delivery) => {
    const ref = `refs/tags/${ReleasePayload.parse(delivery.payload).release.tag_name}`;
    return one(delivery, { ref, sha: await commitOf(context, delivery.repository, ref) });
  },
  deployment,
  deployment_status: deployment,
  merge_group: async (context, delivery) => {
    const { head_sha, head_ref, base_ref } = MergeGroup.parse(delivery.payload).merge_group;
    const sha = await commitOf(context, delivery.repository, head_sha);
    return one(delivery, { ref: head_ref, sha, filterRef: base_ref });
  },
  workflow_run: async (context, delivery) => {
    const { name, head_branch: branch } = RunPayload.parse(delivery.payload).workflow_run;
    const tip = await defaultTip(context, delivery.repository);
    return one(delivery, { ...tip, workflowName: name, filterRef: `refs/heads/${branch ?? ''}`, depth: 1 });
  },
  workflow_dispatch: async (context, delivery) => {
    const { ref, workflow, inputs } = DispatchPayload.parse(delivery.payload);
    const sha = await commitOf(context, delivery.repository, ref);
    return one(delivery, { ref, sha, workflow, inputs: inputs ?? {} });
  },
};

const refOf = ({ ref, ref_type }: z.infer<typeof RefPayload>): string =>
  `refs/${ref_type === 'tag' ? 'tags' : 'heads'}/${ref}`;

const pushedHere = (ref: string): string => `${ref} was pushed to this server too, and has started what it starts.`;

async function push(context: ServerContext, delivery: Delivery): Promise<Found> {
  const { repository } = delivery;
  const { ref, before, after } = PushPayload.parse(delivery.payload);
  if (after === ZERO_SHA) {
    if (!(await context.git.resolve(repository, ref))) return { nothing: `There is no ${ref} here.` };
    const { sha } = await defaultTip(context, repository);
    return one(delivery, { ref, sha, deleted: true });
  }
  const sha = await commitOf(context, repository, after);
  if (await isPushed(context.db, repository.id, 'push', ref, sha)) return { nothing: pushedHere(ref) };
  return one(delivery, { ref, sha, before: before === ZERO_SHA ? null : before });
}

/** A bare commit has no ref. */
async function deployment(context: ServerContext, delivery: Delivery): Promise<Found> {
  const { repository } = delivery;
  const { sha: deployed, ref: given } = DeploymentPayload.parse(delivery.payload).deployment;
  const sha = await commitOf(context, repository, deployed);
  for (const ref of [given, `refs/heads/${given}`, `refs/tags/${given}`]) {
    if (ref.startsWith('refs/') && (await context.git.resolve(repository, ref))) return one(delivery, { ref, sha });
  }
  return one(delivery, { ref: '', sha });
}
