import type { SourceError } from '../../protocol/dashboard/index.ts';
import type { Json } from '../../protocol/runner/tokens.ts';
import type { RepositoryRow } from '../../store/repositories.ts';
import { acceptOnce, type NewEvent } from '../../store/runs.ts';
import { type SelectOptions, selectWorkflows } from './select-workflows.ts';
import { startRun } from './start-run.ts';
import type { InUnit } from './unit.ts';

/** Something that happened in a repository and may start workflows: the one door for push, REST and `run`. */
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
  /** Of events about a pull request. */
  changedFiles?: string[] | null;
  /** Of `workflow_run`: the workflow whose run it is about, and how many such events led here (SEM-2.10). */
  workflowName?: string;
  depth?: number;
  /** Of `schedule`. */
  cron?: string;
  /** The push deleted the ref; `sha` is the default branch's (SEM-2.8). */
  deleted?: boolean;
  /** Only this workflow file. */
  workflow?: string;
  /** Only this job and what it needs. */
  job?: string;
}

export interface EventOutcome {
  runs: StartedRun[];
  notStarted: NotStarted[];
  /** The key was seen before: nothing was started now. */
  alreadyAccepted: boolean;
}

/** A workflow file that the event did not start, and which of its filters said so. */
export interface NotStarted {
  file: string;
  reason: string;
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
 * Starts a run per workflow file that the event matches (SEM-2.2), all in one transaction.
 * @throws UserError 422 for inputs, a workflow or a job that do not exist
 */
export async function acceptEvent(options: AcceptOptions, event: IncomingEvent): Promise<EventOutcome> {
  // Only a push is judged and named by its commit (SEM-2.6, 5.3).
  const message = event.name === 'push' ? (await options.git.commit(event.repository, event.sha)).message : '';
  const { candidates, notStarted } = await selectWorkflows(options, event, message);
  return options.inUnit(async (unit) => {
    const eventId = await acceptOnce(unit.db, eventRow(event, notStarted, unit.at));
    if (eventId === undefined) return { runs: [], notStarted: [], alreadyAccepted: true };
    const runs: StartedRun[] = [];
    for (const candidate of candidates) runs.push(await startRun(unit, options, event, eventId, candidate, message));
    return { runs, notStarted, alreadyAccepted: false };
  });
}

function eventRow(event: IncomingEvent, notStarted: NotStarted[], at: string): NewEvent {
  const { key, repository, name, activity = null, ref, sha, actor } = event;
  const facts = { key, repository_id: repository.id, name, activity, ref, sha, actor };
  return { ...facts, not_started: JSON.stringify(notStarted), accepted_at: at };
}
