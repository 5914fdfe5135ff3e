import type { Clock } from '../../common/clock.ts';
import { SCALE_SETS_PATH, type ScaleSetJob } from '../../protocol/github/scale-sets.ts';
import type { Database, Queries } from '../../store/database.ts';
import { addReason, findJob, type JobRow, moveJob } from '../../store/jobs.ts';
import { findRepositoryById, type RepositoryRow } from '../../store/repositories.ts';
import {
  addScaleSetItems,
  allScaleSets,
  claimedJobCounts,
  deleteScaleSet,
  releaseClaims,
  type ScaleSetRow,
  sessionOfScaleSet,
  unclaimedJobs,
} from '../../store/scale-sets.ts';
import { mayTake, type RunnerFacts } from '../../workflow/routing.ts';
import type { Announce, JobNews, News } from './news.ts';
import { requirementOf } from './requirement.ts';
import type { RunnerDirectory } from './runner-directory.ts';
import { scopeOf } from './runner-directory.ts';
import { scaleSetJob } from './scale-set-job.ts';
import type { InUnit, Unit } from './unit.ts';

export interface ScaleSetsOptions {
  db: Database;
  inUnit: InUnit;
  directory: RunnerDirectory;
  clock: Clock;
  publicUrl: () => string;
}

/** A listener polls for 50 s and comes back at once. */
const SILENT_MS = 75_000;

const RESULTS: Record<string, string> = { success: 'succeeded', failure: 'failed', cancelled: 'canceled' };

/**
 * Runner scale sets (runner-protocol 10): jobs that a set could run are told to its listener; those that the listener
 * takes belong to the set, so that only runners made for it get them. All state is in the store.
 */
export class ScaleSets {
  readonly #options: ScaleSetsOptions;
  #sets: ScaleSetRow[] = [];
  /** Whom to wake when there is something to tell, by set. */
  readonly #waiting = new Map<number, () => void>();
  /** When the listener of each set was last here, ms since the epoch. */
  readonly #heard = new Map<number, number>();
  readonly #capacities = new Map<number, number>();

  constructor(options: ScaleSetsOptions) {
    this.#options = options;
  }

  /** To be called at the start, and when sets were made or changed. */
  async reload(): Promise<void> {
    this.#sets = await allScaleSets(this.#options.db);
  }

  /** As their runners would be, for routing and its sentences. */
  facts(): RunnerFacts[] {
    return this.#sets.map((set) => this.#factsOf(set));
  }

  /** Writes what listeners are to be told of jobs; in the transaction in which it happened. */
  readonly announce: Announce = async (unit, news) => {
    if (this.#sets.length === 0) return;
    for (const one of news) if (one.kind === 'job') await this.#tellOfJob(unit, one);
  };

  /**
   * Gives queued jobs to a set, as many as there is room for. May be repeated: what it has already it gets again. Not waited
   * for on the disk: no runner starts for such a job before its registration, which is, and what was not kept is offered anew.
   * @returns ids of the jobs that are the set's
   */
  async claim(set: ScaleSetRow, jobIds: number[]): Promise<number[]> {
    return this.#options.inUnit(async (unit) => {
      const claimed: number[] = [];
      let left = await this.#room(unit.db, set);
      for (const id of jobIds) {
        const job = await findJob(unit.db, id);
        if (job?.scale_set_id === set.id && job.phase !== 'completed') claimed.push(id);
        else if (job && left > 0 && (await this.#claimOne(unit, set, job))) {
          claimed.push(id);
          left--;
        }
      }
      return claimed;
    }, 'soft');
  }

  /** Its queued jobs may go to anybody again. */
  async remove(set: ScaleSetRow): Promise<void> {
    await this.#options.inUnit(async (unit) => {
      for (const id of await releaseClaims(unit.db, set.id)) {
        const job = await findJob(unit.db, id);
        if (!job) continue;
        await addReason(unit.db, id, `The scale set ${set.name} is gone; the job waits for any runner.`, unit.at);
        unit.tell({ kind: 'job', action: 'queued', job });
        unit.moved(job);
        unit.changed('job', id);
      }
      await deleteScaleSet(unit.db, set.id);
    });
    await this.reload();
  }

  /** Jobs that nobody has yet and the set could run, oldest first. */
  async available(set: ScaleSetRow): Promise<ScaleSetJob[]> {
    const jobs = await this.#availableRows(set);
    return Promise.all(jobs.map((job) => this.#item(this.#options.db, set, 'JobAvailable', job)));
  }

  async statistics(set: ScaleSetRow) {
    const counts = await claimedJobCounts(this.#options.db, set.id);
    const count = (...phases: string[]): number => phases.reduce((sum, phase) => sum + (counts.get(phase) ?? 0), 0);
    const runners = this.#options.directory.all().filter(({ scaleSet }) => scaleSet === set.id);
    const busy = runners.filter((runner) => runner.busy).length;
    return {
      totalAvailableJobs: (await this.#availableRows(set)).length,
      totalAcquiredJobs: count('queued'),
      totalAssignedJobs: count('queued', 'assigned', 'running'),
      totalRunningJobs: count('running'),
      totalRegisteredRunners: runners.length,
      totalBusyRunners: busy,
      totalIdleRunners: runners.filter((runner) => runner.online && !runner.busy).length,
    };
  }

  /** Resolves when there may be something to tell, or `signal` aborts. A second listener ends the first one's wait. */
  wait(setId: number, signal: AbortSignal): Promise<void> {
    this.heard(setId);
    this.#wake(setId);
    return new Promise((resolve) => {
      const done = (): void => {
        signal.removeEventListener('abort', done);
        if (this.#waiting.get(setId) === done) this.#waiting.delete(setId);
        resolve();
      };
      signal.addEventListener('abort', done, { once: true });
      this.#waiting.set(setId, done);
      if (signal.aborted) done();
    });
  }

  /** The listener of the set has just said something. */
  heard(setId: number): void {
    this.#heard.set(setId, this.#options.clock.now());
  }

  /** Whether the listener of the set is there, or was a moment ago. */
  isListening(setId: number): boolean {
    return this.#options.clock.now() - (this.#heard.get(setId) ?? Number.NEGATIVE_INFINITY) < SILENT_MS;
  }

  silent(setId: number): void {
    this.#heard.delete(setId);
    this.#wake(setId);
  }

  /** How many runners the listener could have in all; undefined when it did not say. */
  noteCapacity(setId: number, capacity: number | undefined): void {
    if (capacity === undefined) this.#capacities.delete(setId);
    else this.#capacities.set(setId, capacity);
  }

  async #availableRows(set: ScaleSetRow, db: Queries = this.#options.db): Promise<JobRow[]> {
    const jobs = await unclaimedJobs(db);
    return jobs.filter((job) => this.#fits(set, job, { owner: job.owner, name: job.repository_name }));
  }

  async #room(db: Queries, { id }: ScaleSetRow): Promise<number> {
    const capacity = this.#capacities.get(id) ?? Number.POSITIVE_INFINITY;
    const claimed = [...(await claimedJobCounts(db, id)).values()].reduce((sum, count) => sum + count, 0);
    return capacity - claimed;
  }

  #wake(setId: number): void {
    this.#waiting.get(setId)?.();
  }

  async #claimOne(unit: Unit, set: ScaleSetRow, job: JobRow): Promise<boolean> {
    const repository = await findRepositoryById(unit.db, job.repository_id);
    if (!repository || job.scale_set_id !== null || !this.#fits(set, job, repository)) return false;
    const row = await moveJob(unit.db, job.id, ['queued'], { scale_set_id: set.id });
    if (!row) return false;
    const why = `Taken by the scale set ${set.name}, which is to start a runner for it.`;
    await addReason(unit.db, job.id, why, unit.at);
    await this.#tell(unit, set, 'JobAssigned', row);
    unit.moved(row);
    unit.changed('job', job.id);
    return true;
  }

  async #tellOfJob(unit: Parameters<Announce>[0], { action, job }: News & { kind: 'job' }): Promise<void> {
    if (action === 'waiting') return;
    const [own] = this.#sets.filter(({ id }) => id === job.scale_set_id);
    if (own) {
      await this.#tell(unit, own, TOLD[action], job);
      if (action === 'completed') await this.#offerAgain(unit, own);
      return;
    }
    if (action !== 'queued') return;
    const repository = await findRepositoryById(unit.db, job.repository_id);
    for (const set of this.#sets) {
      if (repository && this.#fits(set, job, repository)) await this.#tell(unit, set, 'JobAvailable', job);
    }
  }

  /** There is room again for a job that was offered while there was none: its listener has long acknowledged that. */
  async #offerAgain(unit: Parameters<Announce>[0], set: ScaleSetRow): Promise<void> {
    const room = await this.#room(unit.db, set);
    if (!Number.isFinite(room) || room <= 0) return;
    for (const job of (await this.#availableRows(set, unit.db)).slice(0, room)) {
      await this.#tell(unit, set, 'JobAvailable', job);
    }
  }

  /** Only while somebody listens: a new session begins with what there is then. */
  async #tell(
    unit: Parameters<Announce>[0],
    set: ScaleSetRow,
    messageType: ScaleSetJob['messageType'],
    job: JobRow,
  ): Promise<void> {
    if (!(await sessionOfScaleSet(unit.db, set.id))) return;
    await addScaleSetItems(unit.db, set.id, [await this.#item(unit.db, set, messageType, job)]);
    unit.afterCommit(() => this.#wake(set.id));
  }

  async #item(
    db: Queries,
    set: ScaleSetRow,
    messageType: ScaleSetJob['messageType'],
    job: JobRow,
  ): Promise<ScaleSetJob> {
    const base = await scaleSetJob(db, job);
    const url = `${this.#options.publicUrl()}${SCALE_SETS_PATH}/${set.id}/acquirejobs`;
    return {
      ...base,
      messageType,
      ...(messageType === 'JobAvailable' && { acquireJobUrl: url }),
      ...((messageType === 'JobStarted' || messageType === 'JobCompleted') && {
        runnerId: job.runner_id ?? 0,
        runnerName: job.runner_name ?? '',
      }),
      ...(messageType === 'JobCompleted' && { result: RESULTS[job.conclusion ?? ''] ?? job.conclusion ?? '' }),
    };
  }

  #fits(set: ScaleSetRow, job: JobRow, repository: Pick<RepositoryRow, 'owner' | 'name'>): boolean {
    return mayTake({ ...requirementOf(job, repository), scaleSet: null }, this.#factsOf(set));
  }

  /** As one of its runners would be. */
  #factsOf(set: ScaleSetRow): RunnerFacts {
    return {
      id: 0,
      name: set.name,
      labels: labelsOf(set),
      group: set.group_name,
      scope: scopeOf(set),
      online: this.isListening(set.id),
      busy: false,
      wall: null,
      groupWall: this.#options.directory.groupWall(set.group_name),
      scaleSet: set.id,
    };
  }
}

const TOLD: Record<Exclude<JobNews, 'waiting'>, ScaleSetJob['messageType']> = {
  queued: 'JobAvailable',
  in_progress: 'JobStarted',
  completed: 'JobCompleted',
};

/** A set is asked for by its name, or by the labels that it was made with. */
export function labelsOf({ name, labels }: Pick<ScaleSetRow, 'name' | 'labels'>): string[] {
  const named = (JSON.parse(labels) as { name: string }[]).map((label) => label.name);
  return [...new Set([name, ...named])];
}
