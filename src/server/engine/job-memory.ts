import type { JobRow } from '../../store/jobs.ts';
import type { RepositoryRow } from '../../store/repositories.ts';
import type { JobRequirement } from '../../workflow/routing.ts';
import type { Deadlines } from './deadlines.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { Offers } from './offers.ts';
import type { Polls } from './polls.ts';
import { requirementOf } from './requirement.ts';
import type { RunnerDirectory } from './runner-directory.ts';

export interface JobMemoryOptions {
  deadlines: Deadlines;
  directory: RunnerDirectory;
  dispatcher: Dispatcher;
  offers: Offers;
  polls: Polls;
}

type NamedRepository = Pick<RepositoryRow, 'id' | 'owner' | 'name'>;

/** What memory holds of jobs: the queue, the timers, who is busy, and whom to tell of what. */
export class JobMemory {
  readonly #options: JobMemoryOptions;
  /** Which runner holds which job. */
  readonly #holders = new Map<number, number>();
  /** Of every repository that has jobs; owner and name never change. */
  readonly #repositories = new Map<number, NamedRepository>();

  constructor(options: JobMemoryOptions) {
    this.#options = options;
  }

  /** Before its jobs are taken up. */
  addRepository(repository: NamedRepository): void {
    this.#repositories.set(repository.id, repository);
  }

  /** It is deleted, and has no jobs any more. */
  removeRepository(id: number): void {
    this.#repositories.delete(id);
  }

  /** Brings memory in line with a job's row, after its commit or at start-up. */
  takeUp(job: JobRow): void {
    const { deadlines, dispatcher, polls, offers } = this.#options;
    deadlines.update(job);
    this.#updateHolder(job);
    if (job.phase === 'queued') {
      const readyAtMs = Date.parse(job.queued_at ?? job.created_at);
      dispatcher.enqueue({ id: job.id, requirement: this.requirement(job), readyAtMs });
    } else dispatcher.withdraw(job.id);
    // A job that was force-cancelled has completed before its runner was told.
    if (job.cancel_requested_at !== null) polls.cancel(job);
    if (job.phase === 'completed') polls.forget(job);
    if (job.phase !== 'assigned') offers.settled(job.request_guid);
  }

  requirement(job: JobRow): JobRequirement {
    const repository = this.#repositories.get(job.repository_id);
    if (!repository) throw new Error(`job ${job.id} belongs to the unknown repository ${job.repository_id}`);
    return requirementOf(job, repository);
  }

  #updateHolder(job: JobRow): void {
    const { directory } = this.#options;
    const before = this.#holders.get(job.id);
    const isHeld = (job.phase === 'assigned' || job.phase === 'running') && job.runner_id !== null;
    if (before !== undefined && (!isHeld || before !== job.runner_id)) {
      this.#holders.delete(job.id);
      directory.setBusy(before, false);
    }
    if (!isHeld || job.runner_id === null) return;
    this.#holders.set(job.id, job.runner_id);
    directory.setBusy(job.runner_id, true);
  }
}
