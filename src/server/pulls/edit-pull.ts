import { isoTime } from '../../common/clock.ts';
import { notFound, UserError } from '../../common/errors.ts';
import { newGuid } from '../../common/ids.ts';
import type { Json } from '../../protocol/runner/tokens.ts';
import { findPull, type PullChange, type PullRow } from '../../store/pulls.ts';
import type { RepositoryRow } from '../../store/repositories.ts';
import type { ServerContext } from '../context.ts';
import { pullTurns } from './follow-pulls.ts';
import { comparableTips } from './open-pull.ts';
import { labelObject, labelsOf } from './pull-object.ts';
import { changeAndTell } from './tell-pull.ts';

/** What is asked of a pull request; absent fields stay as they are. */
export interface PullEdit {
  title?: string;
  body?: string;
  base?: string;
  state?: 'open' | 'closed';
  draft?: boolean;
}

/** Who changes it. */
export interface Editor {
  actor: string;
  causingJob: number | undefined;
}

/** One activity of a pull request. */
interface Step {
  activity: string;
  change: PullChange;
  payload?: Record<string, Json>;
}

/**
 * Changes a pull request: one event for each kind of change.
 * @throws UserError 404, or 422 for what cannot be
 */
export function editPull(
  context: ServerContext,
  repository: RepositoryRow,
  number: number,
  edit: PullEdit,
  editor: Editor,
): Promise<PullRow> {
  return inTurn(context, repository, number, async (pull) => {
    let current = pull;
    for (const step of [edited, drafted, opened, closed]) {
      const next = await step(context, repository, current, edit);
      if (next) current = await take(context, repository, current, next, editor);
    }
    return current;
  });
}

/** @returns all labels. @throws UserError 404 */
export function addLabels(
  context: ServerContext,
  repository: RepositoryRow,
  number: number,
  labels: string[],
  editor: Editor,
): Promise<string[]> {
  return inTurn(context, repository, number, async (pull) => {
    let current = pull;
    for (const label of new Set(labels)) {
      if (labelsOf(current).includes(label)) continue;
      const step = labelStep(context, repository, 'labeled', label, [...labelsOf(current), label]);
      current = await take(context, repository, current, step, editor);
    }
    return labelsOf(current);
  });
}

/** @returns the labels that are left. @throws UserError 404 */
export function removeLabel(
  context: ServerContext,
  repository: RepositoryRow,
  number: number,
  label: string,
  editor: Editor,
): Promise<string[]> {
  return inTurn(context, repository, number, async (pull) => {
    const left = labelsOf(pull).filter((other) => other !== label);
    if (left.length === labelsOf(pull).length) throw notFound(`Label ${label}`);
    const step = labelStep(context, repository, 'unlabeled', label, left);
    return labelsOf(await take(context, repository, pull, step, editor));
  });
}

function labelStep(
  { settings }: ServerContext,
  repository: RepositoryRow,
  activity: string,
  label: string,
  labels: string[],
): Step {
  const payload = { label: labelObject(settings.publicUrl, repository, label) };
  return { activity, change: { labels: JSON.stringify(labels) }, payload };
}

function inTurn<T>(
  context: ServerContext,
  repository: RepositoryRow,
  number: number,
  task: (pull: PullRow) => Promise<T>,
): Promise<T> {
  return context.turns.take(pullTurns(repository.id), async () => {
    const pull = await findPull(context.db, repository.id, number);
    if (!pull) throw notFound(`Pull request ${number}`);
    return task(pull);
  });
}

async function take(
  context: ServerContext,
  repository: RepositoryRow,
  pull: PullRow,
  { activity, change, payload }: Step,
  { actor, causingJob }: Editor,
): Promise<PullRow> {
  const news = { key: `pull:${newGuid()}`, activity, actor, causingJob, payload };
  return (await changeAndTell(context, repository, pull, change, news)).pull;
}

/** `changes` of the payload holds what was there before. */
async function edited(
  context: ServerContext,
  repository: RepositoryRow,
  pull: PullRow,
  { title = pull.title, body = pull.body, base = pull.base_ref }: PullEdit,
): Promise<Step | undefined> {
  const changes: Record<string, Json> = {};
  if (title !== pull.title) changes.title = { from: pull.title };
  if (body !== pull.body) changes.body = { from: pull.body };
  const change: PullChange = { title, body };
  if (base !== pull.base_ref) {
    if (pull.state === 'closed') throw refused('Cannot change the base branch of a closed pull request.');
    changes.base = { ref: { from: pull.base_ref }, sha: { from: pull.base_sha } };
    const { base_sha } = await comparableTips(context, repository, pull.head_ref, base);
    Object.assign(change, { base_ref: base, base_sha, merge_sha: null });
  }
  return Object.keys(changes).length > 0 ? { activity: 'edited', change, payload: { changes } } : undefined;
}

async function drafted(
  _context: ServerContext,
  _repository: RepositoryRow,
  pull: PullRow,
  { draft }: PullEdit,
): Promise<Step | undefined> {
  if (draft === undefined || draft === (pull.draft === 1)) return undefined;
  return draft
    ? { activity: 'converted_to_draft', change: { draft: 1 } }
    : { activity: 'ready_for_review', change: { draft: 0 } };
}

async function opened(
  context: ServerContext,
  repository: RepositoryRow,
  pull: PullRow,
  { state }: PullEdit,
): Promise<Step | undefined> {
  if (state !== 'open' || pull.state === 'open') return undefined;
  if (pull.merged_at !== null) throw refused('State cannot be changed. The pull request was merged.');
  const shas = await comparableTips(context, repository, pull.head_ref, pull.base_ref);
  return { activity: 'reopened', change: { state: 'open', closed_at: null, merge_sha: null, ...shas } };
}

async function closed(
  { clock }: ServerContext,
  _repository: RepositoryRow,
  pull: PullRow,
  { state }: PullEdit,
): Promise<Step | undefined> {
  if (state !== 'closed' || pull.state === 'closed') return undefined;
  return { activity: 'closed', change: { state: 'closed', closed_at: isoTime(clock.now()) } };
}

const refused = (sentence: string): UserError => new UserError('bad-pull-request', sentence);
