import type { Clock } from '../../common/clock.ts';
import type { Logger } from '../../common/log.ts';
import type { Json } from '../../protocol/runner/tokens.ts';
import type { Database } from '../../store/database.ts';
import { deleteRunEvent, type RunEventRow, runEventsAfter } from '../../store/events.ts';
import { findRepositoryById, type RepositoryRow } from '../../store/repositories.ts';
import { findRun } from '../../store/runs.ts';
import { findRunWithWorkflow, type RunWithWorkflow } from '../../store/runs-read.ts';
import { findWorkflow } from '../../store/workflows.ts';
import type { IncomingEvent, Refusal } from '../engine/accept-event.ts';
import type { Engine } from '../engine/engine.ts';
import { runObject } from '../github-rest/run-object.ts';
import { repositoryObject, userObject } from '../github-rest/shapes.ts';
import { workflowObject } from '../github-rest/workflow-object.ts';
import type { DefaultBranches, Tip } from './default-branches.ts';
import { Waker } from './waker.ts';

export interface RunEventsOptions {
  db: Database;
  clock: Clock;
  engine: Pick<Engine, 'acceptEvent'>;
  branches: DefaultBranches;
  publicUrl: () => string;
  logger: Logger;
}

/** SEM-2.10 */
const MAX_DEPTH = 3;
const AT_ONCE = 50;
/** What could not be accepted, for a reason that may pass, is tried again after this time. */
const RETRY_MS = 60_000;

/**
 * `workflow_run`: takes the rows of `run_events`, which the engine writes with the change of a run, to the door for events.
 * What is left over from a stop of the server is taken at the next start.
 */
export class RunEvents {
  readonly #options: RunEventsOptions;
  readonly #waker: Waker;

  constructor(options: RunEventsOptions) {
    this.#options = options;
    this.#waker = new Waker(options.clock, () => this.#acceptAll());
  }

  /** To be called when the public URL is known. */
  start(): void {
    this.#waker.start();
  }

  /** There is a new row. */
  wake(): void {
    this.#waker.wake();
  }

  close(): Promise<void> {
    return this.#waker.close();
  }

  /** Those that have to be tried again keep no other waiting. */
  async #acceptAll(): Promise<void> {
    const { db, clock, logger } = this.#options;
    const failed = (error: unknown): void => {
      logger.error({ err: error }, 'a workflow_run event was not accepted');
      this.#waker.wakeAt(clock.now() + RETRY_MS);
    };
    for (let last = 0; ; ) {
      const rows = await runEventsAfter(db, last, AT_ONCE).catch(failed);
      for (const row of rows ?? []) {
        last = row.id;
        await this.#accept(row).catch(failed);
      }
      if (!rows || rows.length < AT_ONCE) return;
    }
  }

  /** Accepted before it is deleted: after a stop in between its key is known. */
  async #accept(row: RunEventRow): Promise<void> {
    const { db, engine } = this.#options;
    const event = await this.#eventOf(row);
    if (event) await engine.acceptEvent(event);
    await deleteRunEvent(db, row.id);
  }

  /** @returns undefined when nobody listens after all */
  async #eventOf(row: RunEventRow): Promise<IncomingEvent | undefined> {
    const { db, branches } = this.#options;
    const found = await findRun(db, row.run_id);
    const repository = found && (await findRepositoryById(db, found.repository_id));
    const tip = repository && (await branches.tip(repository));
    if (!repository || !tip || !branches.listens(repository.id, row.activity)) return undefined;
    const run = await findRunWithWorkflow(db, repository.id, row.run_id);
    return run && this.#event(row, run, repository, tip);
  }

  async #event(
    { activity, attempt, conclusion }: RunEventRow,
    current: RunWithWorkflow,
    repository: RepositoryRow,
    tip: Tip,
  ): Promise<IncomingEvent> {
    // As it was then: it may have gone on, or be in another attempt.
    const run = { ...current, attempt, conclusion, status: activity === 'requested' ? ('queued' as const) : activity };
    const depth = run.depth + 1;
    return {
      key: `workflow_run:${run.id}:${attempt}:${activity}`,
      repository,
      name: 'workflow_run',
      activity,
      ...tip,
      filterRef: `refs/heads/${run.head_branch}`,
      workflowName: run.workflow_name,
      depth,
      actor: run.triggering_actor,
      refusal: depth > MAX_DEPTH ? tooDeep(run) : undefined,
      payload: await this.#payload(activity, run, repository),
    };
  }

  async #payload(activity: string, run: RunWithWorkflow, repository: RepositoryRow): Promise<Record<string, Json>> {
    const publicUrl = this.#options.publicUrl();
    const workflow = await findWorkflow(this.#options.db, repository.id, run.workflow_id);
    return {
      action: activity,
      workflow_run: { ...runObject(publicUrl, repository, run) } as Record<string, Json>,
      workflow: workflow ? { ...workflowObject(publicUrl, repository, workflow) } : null,
      repository: { ...repositoryObject(repository, publicUrl) },
      sender: { ...userObject(run.triggering_actor, publicUrl) },
    };
  }
}

function tooDeep({ id, workflow_name }: RunWithWorkflow): Refusal {
  const reason = `Run ${id} of ${workflow_name} is the last link of a chain of workflow_run, which ends after ${MAX_DEPTH}.`;
  return { filter: 'depth', reason };
}
