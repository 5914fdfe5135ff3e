import type { SourceError } from '../../protocol/dashboard/index.ts';
import type { Json } from '../../protocol/runner/tokens.ts';
import type { Queries } from '../../store/database.ts';
import { acceptOnce, type NewEvent } from '../../store/events.ts';
import type { RepositoryRow } from '../../store/repositories.ts';
import { type Selection, type SelectOptions, selectWorkflows } from './select-workflows.ts';
import { startRun } from './start-run.ts';
import type { InUnit, Unit } from './unit.ts';

/** Something that happened in a repository and may start workflows: the one door for all of them. */
export interface IncomingEvent {
  /** Natural key: the same event may arrive twice and starts its runs once. */
  key: string;
  repository: RepositoryRow;
  name: string;
  /** Full ref. */
  ref: string;
  /** Commit whose workflow files count. */
  sha: string;
  /** Where the ref was before a push; null when it is new. */
  before?: string | null;
  actor: string;
  payload: Record<string, Json>;
  /** Of workflow_dispatch, as given. */
  inputs?: Record<string, string>;
  /** Activity type, such as `opened`. */
  activity?: string;
  /** Full ref that branch filters test where that is not `ref`: the base of a pull request. */
  filterRef?: string;
  /** Of a pull request: the head, whose commit message may ask for no runs (SEM-2.6). */
  headSha?: string;
  /** Of a pull request, asked for only when a path filter wants to know; null as in `EventFacts`. */
  changedFiles?: () => Promise<string[] | null>;
  /** Why it starts nothing, whatever filters say. */
  refusal?: Refusal;
  /** Of `workflow_run`: the workflow whose run it is about, and how many such events led here (SEM-2.10). */
  workflowName?: string;
  depth?: number;
  /** Of `schedule`. */
  cron?: string;
  /** The push deleted the ref; `sha` is the default branch's (SEM-2.8). */
  deleted?: boolean;
  /** The job whose token caused it: then it starts nothing, but for dispatches (SEM-2.5). */
  causingJob?: number;
  /** Only this workflow file. */
  workflow?: string;
  /** Only this job and what it needs. */
  job?: string;
}

export interface Refusal {
  /** As `filter` in `NotStarted`. */
  filter: string;
  reason: string;
}

export interface EventOutcome {
  /** Of its record; undefined when it was accepted before. */
  eventId?: number;
  runs: StartedRun[];
  notStarted: NotStarted[];
  /** The key was seen before: nothing was started now. */
  alreadyAccepted: boolean;
}

/** A workflow file that the event did not start, and which of its filters said so. */
export interface NotStarted {
  file: string;
  reason: string;
  /** A key under `on`, or one of the rules around it; null when the file is too broken to tell. */
  filter: string | null;
}

export interface StartedRun {
  id: number;
  number: number;
  workflowName: string;
  path: string;
  /** Not empty: the run ended at once as `startup_failure`. */
  errors: SourceError[];
  /** They stop nothing. */
  warnings: SourceError[];
}

export interface AcceptOptions extends SelectOptions {
  inUnit: InUnit;
}

/**
 * Starts a run per workflow file that the events match (SEM-2.2), all in one transaction with what is stored `alongside`
 * them: the thing that the events are about. It is left out when every event was accepted before.
 * @throws UserError 422 for inputs, a workflow or a job that do not exist
 */
export async function acceptEvents(
  options: AcceptOptions,
  events: IncomingEvent[],
  alongside?: (db: Queries) => Promise<void>,
): Promise<EventOutcome[]> {
  const prepared: Prepared[] = [];
  for (const event of events) prepared.push(await prepare(options, event));
  return options.inUnit(async (unit) => {
    const outcomes: EventOutcome[] = [];
    for (const one of prepared) outcomes.push(await accept(unit, options, one));
    if (outcomes.some(({ alreadyAccepted }) => !alreadyAccepted)) await alongside?.(unit.db);
    return outcomes;
  });
}

interface Prepared {
  event: IncomingEvent;
  selection: Selection;
  /** Of the commit that is judged and that names the run (SEM-2.6, 5.3). */
  message: string;
}

async function prepare(options: AcceptOptions, event: IncomingEvent): Promise<Prepared> {
  const judged = event.name === 'push' && !event.deleted ? event.sha : event.headSha;
  const message = judged === undefined ? '' : (await options.git.commit(event.repository, judged)).message;
  return { event, message, selection: await selectWorkflows(options, event, message) };
}

async function accept(unit: Unit, options: AcceptOptions, prepared: Prepared): Promise<EventOutcome> {
  const { event, message, selection } = prepared;
  const { candidates, notStarted } = selection;
  const eventId = await acceptOnce(unit.db, eventRow(event, notStarted, unit.at));
  if (eventId === undefined) return { runs: [], notStarted: [], alreadyAccepted: true };
  unit.changed('received-event', eventId);
  unit.tell({ kind: 'event', event });
  const runs: StartedRun[] = [];
  for (const candidate of candidates) runs.push(await startRun(unit, options, event, eventId, candidate, message));
  return { eventId, runs, notStarted, alreadyAccepted: false };
}

function eventRow(event: IncomingEvent, notStarted: NotStarted[], at: string): NewEvent {
  const { key, repository, name, activity = null, ref, sha, actor } = event;
  const facts = { key, repository_id: repository.id, name, activity, ref, sha, actor };
  return { ...facts, not_started: JSON.stringify(notStarted), accepted_at: at };
}
