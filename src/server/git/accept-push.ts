import type { SourceError } from '../../protocol/dashboard/index.ts';
import type { RepositoryRow } from '../../store/repositories.ts';
import { findRepositoryById } from '../../store/repositories.ts';
import type { ServerContext } from '../context.ts';
import type { EventOutcome } from '../engine/engine.ts';
import { ZERO_SHA } from './history.ts';
import { type PushContext, pushPayload } from './push-event.ts';
import { hasMoved, type PushJournal, type PushJournals, type RefUpdate } from './push-journal.ts';

/** SEM-2.7 */
const MAX_TAGS = 3;
const MAX_BRANCHES = 5_000;
/** Of one run; a push is read by people, and the page shows the others. */
const MAX_WARNINGS = 5;

/**
 * Turns the refs that a push moved into events, once each, and forgets the journal.
 * @returns lines that say what happened; none when the journal does not exist
 * @throws what the engine threw; the journal then stays for the next start
 */
export async function acceptPush(context: ServerContext, journals: PushJournals, id: string): Promise<string[]> {
  const journal = await journals.read(id);
  if (!journal) return [];
  const repository = await findRepositoryById(context.db, journal.repositoryId);
  const lines = repository ? await acceptUpdates(context, journal, repository) : [];
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
  for (const update of journal.updates) if (await hasMoved(folder, update)) moved.push(update);
  const repository = await chooseDefaultBranch(context, row, moved);
  if (journal.skip && moved.length > 0) return ['nothing was started, as the push asked (-o ci.skip)'];
  const push: PushContext = {
    folder,
    repository,
    publicUrl: context.settings.publicUrl,
    actor: journal.actor,
    createdRefs: moved.filter(({ before }) => before === ZERO_SHA).map(({ ref }) => ref),
  };
  const { updates, lines } = withinLimits(moved);
  for (const update of updates) lines.push(...(await acceptUpdate(context, journal, push, update)));
  const deleted = journal.updates.filter(({ after }) => after === ZERO_SHA);
  for (const { ref } of deleted) lines.push(`${shortName(ref)} was to be deleted; that starts nothing`);
  return lines;
}

/** SEM-2.7, SEM-2.8: refs other than branches and tags start nothing either. */
function withinLimits(moved: RefUpdate[]): { updates: RefUpdate[]; lines: string[] } {
  const branches = moved.filter(({ ref }) => ref.startsWith('refs/heads/'));
  const tags = moved.filter(({ ref }) => ref.startsWith('refs/tags/'));
  const lines: string[] = [];
  if (tags.length > MAX_TAGS) lines.push(`more than ${MAX_TAGS} tags at once start nothing`);
  if (branches.length > MAX_BRANCHES) lines.push(`more than ${MAX_BRANCHES} branches at once start nothing`);
  return {
    updates: [...(branches.length > MAX_BRANCHES ? [] : branches), ...(tags.length > MAX_TAGS ? [] : tags)],
    lines,
  };
}

async function acceptUpdate(
  context: ServerContext,
  journal: PushJournal,
  push: PushContext,
  update: RefUpdate,
): Promise<string[]> {
  // Git lets a branch be a commit only; a tag may be an object of its own, or no commit at all.
  const isBranch = update.ref.startsWith('refs/heads/');
  const sha = isBranch ? update.after : await context.git.resolve(push.repository, update.after);
  if (!sha) return [`${shortName(update.ref)} is no commit; it starts nothing`];
  const outcome = await context.engine.acceptEvent({
    key: `push:${journal.id}:${update.ref}`,
    repository: push.repository,
    name: 'push',
    ref: update.ref,
    sha,
    before: update.before === ZERO_SHA ? null : update.before,
    actor: journal.actor,
    payload: await pushPayload(push, update, sha),
  });
  return outcomeLines(outcome, update.ref, context.settings.publicUrl);
}

function outcomeLines(outcome: EventOutcome, ref: string, publicUrl: string): string[] {
  const lines: string[] = [];
  for (const { id, number, workflowName, errors, warnings } of outcome.runs) {
    const verb = errors.length > 0 ? 'cannot start' : 'started';
    lines.push(`${workflowName} #${number} ${verb}  ${publicUrl}/runs/${id}`);
    lines.push(...errors.map(placed), ...warningLines(warnings));
  }
  for (const { file, reason } of outcome.notStarted) lines.push(`${file} was not started: ${reason}`);
  if (lines.length > 0 || outcome.alreadyAccepted) return lines;
  return [`${shortName(ref)} has no file in .github/workflows, so nothing was started`];
}

function warningLines(warnings: SourceError[]): string[] {
  const lines = warnings.slice(0, MAX_WARNINGS).map((warning) => `warning: ${placed(warning)}`);
  const more = warnings.length - lines.length;
  return more > 0 ? [...lines, `and ${more} more ${more === 1 ? 'warning' : 'warnings'}`] : lines;
}

const placed = ({ file, line, column, message }: SourceError): string =>
  `${[file, line, column].filter((part) => part !== null).join(':')} ${message}`;

/** The first push decides which branch is the default one: main or master where it brings them. */
async function chooseDefaultBranch(
  context: ServerContext,
  repository: RepositoryRow,
  moved: RefUpdate[],
): Promise<RepositoryRow> {
  const branches = moved.filter(({ ref }) => ref.startsWith('refs/heads/')).map(({ ref }) => shortName(ref));
  const [first] = branches;
  if (first === undefined) return repository;
  if (branches.includes(repository.default_branch)) return repository;
  if (await context.git.resolve(repository, `refs/heads/${repository.default_branch}`)) return repository;
  const branch = ['main', 'master'].find((name) => branches.includes(name)) ?? first;
  return context.git.setDefaultBranch(repository, branch);
}

const shortName = (ref: string): string => ref.replace(/^refs\/(?:heads|tags)\//, '');
