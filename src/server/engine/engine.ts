import { type Clock, isoTime } from '../../common/clock.ts';
import type { Logger } from '../../common/log.ts';
import type { BrokerMessage } from '../../protocol/runner/broker.ts';
import type { CompleteJobRequest } from '../../protocol/runner/run-service.ts';
import type { Database, Queries } from '../../store/database.ts';
import { findJob, type JobRow, jobsInPhases, moveJob } from '../../store/jobs.ts';
import { allRunners, runnerGroups } from '../../store/runners.ts';
import type { FilterOptions } from '../../workflow/index.ts';
import type { Changes } from '../changes.ts';
import type { GitRepositories } from '../git/repositories.ts';
import type { WorkflowFiles } from '../workflow-files/workflow-files.ts';
import type { WorkflowReader } from '../workflow-files/workflow-reader.ts';
import { acceptEvents, type EventOutcome, type IncomingEvent } from './accept-event.ts';
import { cancelRun, forceCancelRun } from './cancellation.ts';
import { Deadlines, nextDeadline } from './deadlines.ts';
import { Dispatcher, type QueuedJob } from './dispatcher.ts';
import { EngineViews } from './engine-views.ts';
import { Environments } from './environments.ts';
import { fallDue } from './fall-due.ts';
import { followUp } from './follow-up.ts';
import { acquire, assign, complete, endWorkOfOldSession, renew } from './job-lifecycle.ts';
import { JobMemory } from './job-memory.ts';
import type { Announce } from './news.ts';
import { Offers } from './offers.ts';
import type { EngineOptions as Rules } from './options.ts';
import { Polls } from './polls.ts';
import { type RerunRequest, rerun } from './rerun.ts';
import { loadRunOrThrow, type RunBundle } from './run-bundle.ts';
import { RunnerDirectory } from './runner-directory.ts';
import { RunnerRegistrations } from './runner-registrations.ts';
import { RunnerWalls } from './runner-walls.ts';
import { ScaleSets } from './scale-sets.ts';
import { createInUnit, type InUnit } from './unit.ts';

export type { EventOutcome, IncomingEvent, StartedRun } from './accept-event.ts';

export interface EngineDependencies {
  db: Database;
  clock: Clock;
  changes: Changes;
  git: GitRepositories;
  reader: WorkflowReader;
  files: WorkflowFiles;
  logger: Logger;
  /** Known once the server listens. */
  publicUrl: () => string;
  acquireMs: number;
  leaseMs: number;
  filters: FilterOptions;
  listens: Rules['listens'];
  runEventDue: () => void;
  announce: Announce;
}

/**
 * What decides which job runs when and where. All state is in the store; what is in memory (parked polls, queued jobs,
 * timers) is made anew from it by `start()`.
 */
export class Engine {
  /** What people are told about runs, jobs and runners. */
  readonly views: EngineViews;
  readonly environments: Environments;
  readonly walls: RunnerWalls;
  readonly registrations: RunnerRegistrations;
  readonly scaleSets: ScaleSets;
  readonly #deps: EngineDependencies;
  readonly #dispatcher = new Dispatcher();
  readonly #directory: RunnerDirectory;
  readonly #deadlines: Deadlines;
  readonly #polls: Polls;
  readonly #inUnit: InUnit;
  readonly #rules: Rules;
  readonly #offers: Offers;
  readonly #jobs: JobMemory;

  constructor(deps: EngineDependencies) {
    this.#deps = deps;
    const { clock, changes, db } = deps;
    this.#directory = new RunnerDirectory(clock, (id) => changes.emit('runner', id));
    this.#deadlines = new Deadlines(clock, (jobId) => this.#inBackground('deadline', () => this.#fallDue(jobId)));
    this.#inUnit = createInUnit({
      db,
      clock,
      changes,
      onMoved: (job) => this.#jobs.takeUp(job),
      followUp: (unit, next) => followUp(unit, this.#rules, next),
      announce: async (unit, news) => {
        await deps.announce(unit, news);
        await this.scaleSets.announce(unit, news);
      },
    });
    this.#rules = {
      reader: deps.reader,
      filters: deps.filters,
      listens: deps.listens,
      runEventDue: deps.runEventDue,
      publicUrl: deps.publicUrl,
      runners: () => this.#directory.all(),
      scaleSets: () => this.scaleSets.facts(),
      acquireMs: deps.acquireMs,
      leaseMs: deps.leaseMs,
    };
    this.#polls = new Polls({
      db,
      dispatcher: this.#dispatcher,
      directory: this.#directory,
      publicUrl: deps.publicUrl,
      assign: (job, runnerId) => this.#assign(job, runnerId),
      putBack: (job) => this.#putBack(job),
    });
    this.#offers = new Offers(db, this.#inUnit);
    this.#jobs = new JobMemory({
      deadlines: this.#deadlines,
      directory: this.#directory,
      dispatcher: this.#dispatcher,
      offers: this.#offers,
      polls: this.#polls,
    });
    this.views = new EngineViews({
      db,
      reader: this.#deps.reader,
      directory: this.#directory,
      requirement: (job) => this.#jobs.requirement(job),
      scaleSets: () => this.scaleSets.facts(),
    });
    this.environments = new Environments(this.#inUnit);
    this.walls = new RunnerWalls({
      inUnit: this.#inUnit,
      directory: this.#directory,
      dispatcher: this.#dispatcher,
      groupRenamed: () => this.scaleSets.reload(),
    });
    this.registrations = new RunnerRegistrations({
      inUnit: this.#inUnit,
      directory: this.#directory,
      changes,
      regroup: () => this.walls.regroup(),
    });
    this.scaleSets = new ScaleSets({
      db,
      inUnit: this.#inUnit,
      directory: this.#directory,
      clock,
      publicUrl: deps.publicUrl,
    });
    changes.on('runner-removed', (id) => {
      this.#dispatcher.unpark(id);
      this.#directory.remove(id);
      this.#polls.removed(id);
    });
  }

  /**
   * Takes up everything that had not ended. A lease that ran out while the server was away is granted anew: the
   * outage was not the runner's.
   */
  async start(): Promise<void> {
    const groups = await runnerGroups(this.#deps.db);
    this.walls.start(groups);
    await this.scaleSets.reload();
    const names = new Map(groups.map(({ id, name }) => [id, name]));
    for (const row of await allRunners(this.#deps.db)) this.#directory.add(row, names.get(row.group_id) ?? 'Default');
    this.walls.regroup();
    const repositories = await this.#deps.db.selectFrom('repositories').select(['id', 'owner', 'name']).execute();
    for (const repository of repositories) this.#jobs.addRepository(repository);
    const now = this.#deps.clock.now();
    for (const job of await jobsInPhases(this.#deps.db, ['waiting', 'queued', 'assigned', 'running'])) {
      this.#jobs.takeUp(job.lease_until === null ? job : await this.#extendLease(job, now));
    }
  }

  /** After this no timer is left; the store stays open. */
  close(): void {
    this.#deadlines.close();
    this.#directory.close();
  }

  async acceptEvent(event: IncomingEvent): Promise<EventOutcome> {
    const [outcome] = await this.acceptEvents([event]);
    if (!outcome) throw new Error('an event was accepted without an outcome');
    return outcome;
  }

  /** In one transaction with `alongside`; see `acceptEvents` of accept-event.ts. */
  async acceptEvents(events: IncomingEvent[], alongside?: (db: Queries) => Promise<void>): Promise<EventOutcome[]> {
    for (const { repository } of events) this.#jobs.addRepository(repository);
    const options = {
      ...this.#rules,
      inUnit: this.#inUnit,
      git: this.#deps.git,
      files: this.#deps.files,
      db: this.#deps.db,
    };
    return acceptEvents(options, events, alongside);
  }

  /** @throws UserError 404, or 409 when the run has completed */
  async cancelRun(runId: number, by: string): Promise<void> {
    await this.#inUnit((unit) => cancelRun(unit, this.#rules, runId, by));
  }

  /** @throws UserError 404, or 409 when the run has completed */
  async forceCancelRun(runId: number, by: string): Promise<void> {
    await this.#inUnit((unit) => forceCancelRun(unit, this.#rules, runId, by));
  }

  /** Begins another attempt of a completed run. @throws UserError; see `rerun` of rerun.ts */
  async rerunRun(runId: number, request: RerunRequest): Promise<void> {
    await rerun(
      { ...this.#rules, inUnit: this.#inUnit, git: this.#deps.git, files: this.#deps.files, db: this.#deps.db },
      runId,
      request,
    );
  }

  /** It is deleted, and has no jobs any more. */
  forgetRepository(id: number): void {
    this.#jobs.removeRepository(id);
  }

  async isRunning(jobId: number): Promise<boolean> {
    return (await findJob(this.#deps.db, jobId))?.phase === 'running';
  }

  // --- runners ---

  /** The runner opened a new session: what it did in the old one is over. */
  async sessionOpened(runnerId: number): Promise<void> {
    await this.#inUnit((unit) => endWorkOfOldSession(unit, runnerId));
  }

  sessionClosed(runnerId: number): void {
    this.#dispatcher.unpark(runnerId);
    this.#directory.gone(runnerId);
  }

  /** @returns undefined for a runner that is not registered (any more) */
  groupOf(runnerId: number): string | undefined {
    return this.#directory.get(runnerId)?.group;
  }

  isRegistered(runnerId: number): boolean {
    return this.#directory.get(runnerId) !== undefined;
  }

  /** Ids of the runners whose poll is here, or was a moment ago. */
  onlineRunners(): number[] {
    return this.#directory.all().flatMap(({ id, online }) => (online ? [id] : []));
  }

  poll(runnerId: number, isIdle: boolean, signal: AbortSignal): Promise<BrokerMessage | undefined> {
    return this.#polls.poll(runnerId, isIdle, signal);
  }

  /** @returns false when nothing of this id is offered to the runner */
  acknowledge(requestGuid: string, runnerId: number): Promise<boolean> {
    return this.#offers.acknowledge(requestGuid, runnerId);
  }

  /** The connection that an offer went out on broke. */
  offerLost(requestGuid: string): void {
    this.#inBackground('lost offer', () => this.#offers.lost(requestGuid));
  }

  /** @throws UserError 404 or 409; see `acquire` */
  async acquireJob(requestGuid: string, runnerId: number): Promise<{ job: JobRow; bundle: RunBundle }> {
    const job = await this.#inUnit((unit) => acquire(unit, this.#rules, requestGuid, runnerId));
    // Of the other jobs only those it needs are in its message.
    const bundle = await loadRunOrThrow(this.#deps.db, this.#deps.reader, job.run_id, job);
    return { job, bundle };
  }

  /** @returns until when the lease holds, ms since the epoch. @throws UserError 404 */
  async renewJob(jobId: number): Promise<number> {
    // Lost leases are granted anew by `start`.
    return this.#inUnit((unit) => renew(unit, this.#rules, jobId), 'soft');
  }

  /** @throws UserError 404 */
  async completeJob(request: CompleteJobRequest): Promise<void> {
    await this.#inUnit((unit) => complete(unit, request));
  }

  // --- queue and timers ---

  async #assign(job: QueuedJob, runnerId: number): Promise<JobRow | undefined> {
    const runner = this.#directory.get(runnerId);
    // A lost offer is made again; what makes a job start once is `acquire`.
    return runner && this.#inUnit((unit) => assign(unit, this.#rules, job, runner), 'soft');
  }

  async #putBack(job: QueuedJob): Promise<void> {
    const row = await findJob(this.#deps.db, job.id);
    if (row?.phase === 'queued') this.#dispatcher.enqueue(job);
  }

  async #extendLease(job: JobRow, now: number): Promise<JobRow> {
    const until = now + (job.phase === 'assigned' ? this.#deps.acquireMs : this.#deps.leaseMs);
    return (await moveJob(this.#deps.db, job.id, [job.phase], { lease_until: isoTime(until) })) ?? job;
  }

  async #fallDue(jobId: number): Promise<void> {
    await this.#inUnit(async (unit) => {
      const job = await findJob(unit.db, jobId);
      const deadline = job && nextDeadline(job);
      if (!job || !deadline) return;
      if (deadline.at > unit.now) {
        unit.moved(job);
        return;
      }
      if (deadline.kind === 'acquire') this.#offers.settled(job.request_guid);
      await fallDue(unit, job, deadline.kind);
    });
  }

  #inBackground(what: string, task: () => Promise<void>): void {
    void task().catch((error: unknown) => this.#deps.logger.error({ err: error }, `${what} failed`));
  }
}
