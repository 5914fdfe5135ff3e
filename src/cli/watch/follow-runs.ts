import { sleep } from '../../common/clock.ts';
import type { Job, RunDetail, RunSummary, SourceError } from '../../protocol/dashboard/index.ts';
import type { ServerClient } from '../client/server-client.ts';
import type { RunEvent, WatchEvent } from './events.ts';
import { JobFollower } from './job-follower.ts';

/** Pause before the stream is opened again after it broke. */
const RECONNECT_MS = 500;

export interface FollowOptions {
  withLogs: boolean;
  emit: (event: WatchEvent) => void;
  /** Called with every state of a job, before it is shown. */
  onJob?: (job: Job) => void;
}

/**
 * Emits what happens in `runs` until all of them are completed and everything about them has been emitted.
 * @returns the runs as they ended
 * @throws when `signal` aborts
 */
export async function followRuns(
  client: ServerClient,
  runs: readonly { id: number }[],
  options: FollowOptions,
  signal: AbortSignal,
): Promise<RunDetail[]> {
  const followers = runs.map(({ id }) => new RunFollower(client, id, options, signal));
  const over = new AbortController();
  const stream = watchStream(client, followers, AbortSignal.any([signal, over.signal])).catch((error: unknown) => {
    for (const follower of followers) follower.fail(error);
  });
  try {
    return await Promise.all(followers.map((follower) => follower.ended));
  } finally {
    over.abort();
    await stream;
  }
}

/** The stream only hints: after each (re)connection the runs are read anew. */
async function watchStream(client: ServerClient, followers: RunFollower[], signal: AbortSignal): Promise<void> {
  for (let attempt = 0; !signal.aborted; attempt++) {
    if (attempt > 0) await sleep(RECONNECT_MS, signal);
    await watchOnce(client, followers, signal).catch((error: unknown) => {
      // The first failure is told; later ones may be a server that restarts.
      if (attempt === 0 && !signal.aborted) throw error;
    });
  }
}

async function watchOnce(client: ServerClient, followers: RunFollower[], signal: AbortSignal): Promise<void> {
  const events = await client.events({}, signal);
  await Promise.all(followers.map((follower) => follower.refresh()));
  for await (const event of events) {
    for (const follower of followers) {
      if (event.name === 'run') follower.updateRun(event.value);
      if (event.name === 'job') follower.updateJob(event.value);
    }
  }
}

class RunFollower {
  /** The run as it ended, when all about it was emitted. */
  readonly ended: Promise<RunDetail>;
  readonly #client: ServerClient;
  readonly #id: number;
  readonly #options: FollowOptions;
  readonly #signal: AbortSignal;
  readonly #jobs = new Map<number, JobFollower>();
  #shown = '';
  #isEnding = false;
  /** Of the workflow file, so that they never change; live changes come without them. */
  #warnings: SourceError[] = [];
  #resolve: (run: RunDetail) => void = () => {};
  #reject: (error: unknown) => void = () => {};

  constructor(client: ServerClient, id: number, options: FollowOptions, signal: AbortSignal) {
    this.#client = client;
    this.#id = id;
    this.#options = options;
    this.#signal = signal;
    this.ended = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.ended.catch(() => {});
    signal.addEventListener('abort', () => this.fail(signal.reason), { once: true });
  }

  fail(error: unknown): void {
    this.#reject(error);
  }

  async refresh(): Promise<void> {
    const run = await this.#client.run(this.#id);
    if (run.status === 'completed') return this.#end();
    this.#warnings = run.warnings;
    this.#showRun(run, run.errors);
    for (const job of run.jobs) this.updateJob(job);
  }

  updateRun(run: RunSummary): void {
    if (run.id !== this.#id) return;
    if (run.status === 'completed') void this.#end();
    else this.#showRun(run, []);
  }

  updateJob(job: Job): void {
    if (job.runId !== this.#id || this.#isEnding) return;
    this.#options.onJob?.(job);
    this.#followerOf(job).update(job);
  }

  /** Reads the run once more: only then are all last states known. */
  async #end(): Promise<void> {
    if (this.#isEnding) return;
    this.#isEnding = true;
    try {
      const run = await this.#client.run(this.#id);
      this.#warnings = run.warnings;
      if (this.#shown === '') this.#showRun({ ...run, status: 'in_progress', conclusion: null, completedAt: null }, []);
      for (const job of run.jobs) this.#followerOf(job).update(job);
      for (const follower of this.#jobs.values()) await follower.settled();
      this.#showRun(run, run.errors);
      this.#resolve(run);
    } catch (error) {
      this.fail(error);
    }
  }

  #followerOf(job: Job): JobFollower {
    const known = this.#jobs.get(job.id);
    if (known) return known;
    const follower = new JobFollower(this.#client, { ...this.#options, signal: this.#signal });
    this.#jobs.set(job.id, follower);
    return follower;
  }

  #showRun(run: RunSummary, errors: SourceError[]): void {
    const event = runEvent(run, errors, this.#warnings);
    const text = JSON.stringify(event);
    if (text === this.#shown) return;
    this.#shown = text;
    this.#options.emit(event);
  }
}

function runEvent(run: RunSummary, errors: SourceError[], warnings: SourceError[]): RunEvent {
  const { id, repository, workflow, number, event, ref, sha, status, conclusion, startedAt, completedAt } = run;
  return {
    type: 'run',
    id,
    repository,
    workflow,
    number,
    event,
    ref,
    sha,
    status,
    conclusion,
    startedAt,
    completedAt,
    errors,
    warnings,
  };
}
