import type { RepositoryRow } from '../../store/repositories.ts';
import { DELETED_OWNER, findRepositoryById } from '../../store/repositories.ts';
import type { ServerContext } from '../context.ts';
import type { Refusal } from '../engine/accept-event.ts';
import type { IncomingEvent } from '../engine/engine.ts';
import { followPulls } from '../pulls/follow-pulls.ts';
import { ZERO_SHA } from './history.ts';
import { createPayload, deletePayload, type PushContext, pushPayload, shortName } from './push-event.ts';
import { hasMoved, type PushJournal, type PushJournals, type RefUpdate } from './push-journal.ts';
import { outcomeLines } from './push-lines.ts';

/** SEM-2.7 */
const MAX_TAGS = 3;
const MAX_BRANCHES = 5_000;

/** A push whose refs have moved. */
export interface AcceptedPush extends PushContext {
  journal: PushJournal;
  refusal: Refusal | undefined;
}

/**
 * Turns the refs that a push moved into events, once each, and forgets the journal.
 * @returns lines that say what happened; none when the journal does not exist
 * @throws what the engine threw; the journal then stays for the next start
 */
export async function acceptPush(context: ServerContext, journals: PushJournals, id: string): Promise<string[]> {
  const journal = await journals.read(id);
  if (!journal) return [];
  const repository = await findRepositoryById(context.db, journal.repositoryId);
  // One that was deleted meanwhile has no name any more.
  const isThere = repository !== undefined && repository.owner !== DELETED_OWNER;
  const lines = isThere ? await acceptUpdates(context, journal, repository) : [];
  await journals.delete(id);
  return lines;
}

/** Accepts the events of pushes that a stop of the server interrupted; one that fails is left for the next start. */
export async function recoverPushes(context: ServerContext, journals: PushJournals, ids: string[]): Promise<void> {
  for (const id of ids) {
    try {
      const lines = await acceptPush(context, journals, id);
      context.logger.info({ push: id, lines }, 'made up for a push that the last stop interrupted');
    } catch (error) {
      context.logger.error({ err: error, push: id }, 'a left-over push could not be accepted');
    }
  }
}

async function acceptUpdates(context: ServerContext, journal: PushJournal, row: RepositoryRow): Promise<string[]> {
  const folder = context.git.folder(row);
  const moved: RefUpdate[] = [];
  // Deletions last: a push may merge a branch and delete it.
  const updates = [...journal.updates].sort((a, b) => Number(isDeletion(a)) - Number(isDeletion(b)));
  for (const update of updates) if (await hasMoved(folder, update)) moved.push(update);
  readAhead(context, row, moved);
  const repository = await chooseDefaultBranch(context, row, moved);
  await followDefaultBranch(context, repository, moved, journal.actor);
  const push: AcceptedPush = {
    folder,
    repository,
    publicUrl: context.settings.publicUrl,
    actor: journal.actor,
    createdRefs: moved.filter(({ before }) => before === ZERO_SHA).map(({ ref }) => ref),
    journal,
    refusal: journal.skip ? SKIPPED : undefined,
  };
  const { accepted, lines } = withinLimits(moved);
  for (const update of accepted) lines.push(...(await acceptUpdate(context, push, update)));
  return journal.skip && moved.length > 0 ? ['nothing was started, as the push asked (-o ci.skip)'] : lines;
}

/** The workflow files of the first branch, which git gives while it is asked for other things; they are kept. */
function readAhead(context: ServerContext, repository: RepositoryRow, moved: RefUpdate[]): void {
  const branch = moved.find((update) => update.ref.startsWith('refs/heads/') && !isDeletion(update));
  // Whoever needs them hears of a failure.
  if (branch) context.files.at(repository, branch.after).catch(() => {});
}

const isDeletion = ({ after }: RefUpdate): boolean => after === ZERO_SHA;

const SKIPPED: Refusal = { filter: 'push-option', reason: 'The push asked for no runs (-o ci.skip).' };

/** SEM-2.7: refs other than branches and tags start nothing either. */
function withinLimits(moved: RefUpdate[]): { accepted: RefUpdate[]; lines: string[] } {
  const branches = moved.filter(({ ref }) => ref.startsWith('refs/heads/'));
  const tags = moved.filter(({ ref }) => ref.startsWith('refs/tags/'));
  const lines: string[] = [];
  if (tags.length > MAX_TAGS) lines.push(`more than ${MAX_TAGS} tags at once start nothing`);
  if (branches.length > MAX_BRANCHES) lines.push(`more than ${MAX_BRANCHES} branches at once start nothing`);
  return {
    accepted: [...(branches.length > MAX_BRANCHES ? [] : branches), ...(tags.length > MAX_TAGS ? [] : tags)],
    lines,
  };
}

async function acceptUpdate(context: ServerContext, push: AcceptedPush, update: RefUpdate): Promise<string[]> {
  const events = await (isDeletion(update) ? deletedRefEvents : movedRefEvents)(context, push, update);
  const outcomes = events.length > 0 ? await context.engine.acceptEvents(events) : [];
  const lines = outcomeLines(context.settings.publicUrl, update, events, outcomes);
  return [...lines, ...(await followPulls(context, push, update))];
}

/** `push`, and `create` for a new ref. */
async function movedRefEvents(context: ServerContext, push: AcceptedPush, update: RefUpdate): Promise<IncomingEvent[]> {
  // Git lets a branch be a commit only; a tag may be an object of its own, or no commit at all.
  const isBranch = update.ref.startsWith('refs/heads/');
  const sha = isBranch ? update.after : await context.git.resolve(push.repository, update.after);
  if (!sha) return [];
  const isNew = update.before === ZERO_SHA;
  const common = { ...commonFacts(push), ref: update.ref, sha };
  const key = keyOf(push.journal, update.ref);
  const events: IncomingEvent[] = [
    {
      ...common,
      key,
      name: 'push',
      before: isNew ? null : update.before,
      payload: await pushPayload(push, update, sha),
    },
  ];
  if (isNew) events.push({ ...common, key: `${key}:create`, name: 'create', payload: createPayload(push, update.ref) });
  return events;
}

/** SEM-2.8: `push`, which starts nothing as a rule, and `delete`; both with the files of the default branch. */
async function deletedRefEvents(
  context: ServerContext,
  push: AcceptedPush,
  update: RefUpdate,
): Promise<IncomingEvent[]> {
  const tip = await context.branches.tip(push.repository);
  if (!tip) return [];
  const common = { ...commonFacts(push), sha: tip.sha };
  const key = keyOf(push.journal, update.ref);
  const payload = await pushPayload(push, update, null);
  return [
    { ...common, key, name: 'push', ref: update.ref, deleted: true, payload },
    { ...common, key: `${key}:delete`, name: 'delete', ref: tip.ref, payload: deletePayload(push, update.ref) },
  ];
}

const keyOf = ({ id }: PushJournal, ref: string): string => `push:${id}:${ref}`;

const commonFacts = ({ repository, actor, refusal, journal: { causingJob } }: AcceptedPush) => ({
  repository,
  actor,
  refusal,
  causingJob,
});

/** The first push decides which branch is the default one: main or master where it brings them. */
async function chooseDefaultBranch(
  context: ServerContext,
  repository: RepositoryRow,
  moved: RefUpdate[],
): Promise<RepositoryRow> {
  const pushed = moved.filter((update) => update.ref.startsWith('refs/heads/') && !isDeletion(update));
  const branches = pushed.map(({ ref }) => shortName(ref));
  const [first] = branches;
  if (first === undefined) return repository;
  if (branches.includes(repository.default_branch)) return repository;
  if (await context.git.resolve(repository, `refs/heads/${repository.default_branch}`)) return repository;
  const branch = ['main', 'master'].find((name) => branches.includes(name)) ?? first;
  return context.git.setDefaultBranch(repository, branch);
}

/** What the default branch says about schedules and other runs counts from now on. */
async function followDefaultBranch(
  context: ServerContext,
  repository: RepositoryRow,
  moved: RefUpdate[],
  actor: string,
): Promise<void> {
  if (!moved.some(({ ref }) => ref === `refs/heads/${repository.default_branch}`)) return;
  context.branches.forget(repository.id);
  await context.schedules.synchronize(repository, actor);
}
