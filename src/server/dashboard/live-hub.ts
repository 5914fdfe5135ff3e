import { errorText } from '../../common/errors.ts';
import type { Job, Runner, RunSummary } from '../../protocol/dashboard/index.ts';
import { repositoriesOfRuns } from '../../store/runs-read.ts';
import { sees } from '../auth/authorize.ts';
import type { Caller } from '../auth/callers.ts';
import type { ChangeEvents } from '../changes.ts';
import type { ServerContext } from '../context.ts';
import { type EventStream, eventText } from './event-stream.ts';
import { LogTail } from './log-tail.ts';
import { receivedEvents } from './received-events.ts';
import { shownRunner } from './runners.ts';
import { jobViews, runSummaries } from './views.ts';

/** What a page asked for; nothing means everything but log lines. */
export interface LiveFilter {
  /** Only this run and its jobs. */
  runId?: number;
  /** Log lines of this job too. */
  jobId?: number;
}

/** Whose page it is. */
export interface Viewer {
  caller: Caller;
  /** Finds out anew what they may see; undefined for a page without a token. @throws UserError when it is nothing any more */
  renew: (() => Promise<Caller>) | undefined;
}

interface Page extends LiveFilter {
  viewer: Viewer;
}

/** A resource that changes all the time is sent at most 20 times a second. */
const PAUSE_MS = 50;
const HEARTBEAT_MS = 15_000;
/** Ids per query; SQLite allows some ten thousand. */
const BATCH = 500;

type Kind = keyof ChangeEvents;

/**
 * Tells open pages what changed. Changes are collected for a moment and read once, whatever the number of pages; with
 * no page open nothing is read.
 */
export class LiveHub {
  readonly #context: ServerContext;
  readonly #streams = new Map<EventStream, Page>();
  readonly #changed: Record<Kind, Set<number>> = {
    run: new Set(),
    job: new Set(),
    runner: new Set(),
    'runner-removed': new Set(),
    'received-event': new Set(),
  };
  readonly #stop: () => void;
  #cancelHeartbeat: () => void = () => {};
  #isFlushing = false;

  constructor(context: ServerContext) {
    this.#context = context;
    const { changes } = context;
    const kinds: Kind[] = ['run', 'job', 'runner', 'runner-removed', 'received-event'];
    const listeners = kinds.map((kind) => {
      const listener = (id: number): void => this.#note(kind, id);
      changes.on(kind, listener);
      return () => changes.off(kind, listener);
    });
    this.#stop = () => {
      for (const remove of listeners) remove();
    };
  }

  /** Serves a page until its connection ends. */
  add(stream: EventStream, filter: LiveFilter, viewer: Viewer): void {
    if (this.#streams.size === 0) this.#beat();
    this.#streams.set(stream, { ...filter, viewer });
    const tail = filter.jobId === undefined ? undefined : new LogTail(this.#context, filter.jobId, stream);
    stream.onClose(() => {
      tail?.close();
      this.#streams.delete(stream);
      if (this.#streams.size === 0) this.#cancelHeartbeat();
    });
  }

  close(): void {
    this.#stop();
    this.#cancelHeartbeat();
    for (const stream of this.#streams.keys()) stream.end();
  }

  #beat(): void {
    this.#cancelHeartbeat = this.#context.clock.after(HEARTBEAT_MS, () => {
      for (const [stream, page] of this.#streams) {
        stream.heartbeat();
        void this.#renew(stream, page);
      }
      this.#beat();
    });
  }

  /** Somebody who was suspended, or lost a repository, must not go on watching. */
  async #renew(stream: EventStream, { viewer }: Page): Promise<void> {
    try {
      if (viewer.renew) viewer.caller = await viewer.renew();
    } catch {
      // It comes back, and is told why not.
      stream.end();
    }
  }

  #note(kind: Kind, id: number): void {
    if (this.#streams.size === 0) return;
    this.#changed[kind].add(id);
    if (!this.#isFlushing) void this.#flushAll();
  }

  /** The first change goes out at once; what comes meanwhile waits for the pause. */
  async #flushAll(): Promise<void> {
    this.#isFlushing = true;
    try {
      // Lets everything that one commit changed come together.
      await Promise.resolve();
      while (Object.values(this.#changed).some(({ size }) => size > 0)) {
        await this.#flush();
        await new Promise<void>((resolve) => this.#context.clock.after(PAUSE_MS, resolve));
      }
    } catch (error) {
      this.#context.logger.error({ err: error }, `live events were lost: ${errorText(error)}`);
    } finally {
      this.#isFlushing = false;
    }
  }

  async #flush(): Promise<void> {
    const [runs, jobs, runners, removed, received] = [
      take(this.#changed.run),
      take(this.#changed.job),
      take(this.#changed.runner),
      take(this.#changed['runner-removed']),
      take(this.#changed['received-event']),
    ];
    for (const ids of batches(runs))
      for (const run of await runSummaries(this.#context.db, { ids })) this.#sendRun(run);
    for (const ids of batches(jobs)) await this.#sendJobs(ids);
    for (const id of runners) {
      const runner = await this.#context.engine.views.runner(id);
      if (runner) this.#sendRunner(runner);
    }
    for (const id of removed) this.#send(eventText('runner-removed', { id }), isUnfiltered);
    for (const id of received) {
      const [event] = await receivedEvents(this.#context, { id, limit: 1 });
      if (event) this.#send(eventText('received-event', event), isUnfiltered, event.repository);
    }
  }

  #sendRun(run: RunSummary): void {
    const wants = (filter: LiveFilter): boolean => isUnfiltered(filter) || filter.runId === run.id;
    this.#send(eventText('run', run), wants, run.repository);
  }

  async #sendJobs(ids: number[]): Promise<void> {
    const jobs = await jobViews(this.#context, ids);
    const repositories = await repositoriesOfRuns(this.#context.db, [...new Set(jobs.map(({ runId }) => runId))]);
    for (const job of jobs) this.#sendJob(job, repositories.get(job.runId) ?? '');
  }

  /** Each page may see something else of it. */
  #sendRunner(runner: Runner): void {
    for (const [stream, page] of this.#streams) {
      const shown = isUnfiltered(page) ? shownRunner(page.viewer.caller, runner) : undefined;
      if (shown) stream.send('runner', shown);
    }
  }

  #sendJob(job: Job, repository: string): void {
    this.#send(
      eventText('job', job),
      (filter) => isUnfiltered(filter) || filter.runId === job.runId || filter.jobId === job.id,
      repository,
    );
  }

  /** @param repository only pages that see it are told; without it all */
  #send(text: string, wants: (filter: LiveFilter) => boolean, repository?: string): void {
    const place = repository?.toLowerCase();
    for (const [stream, page] of this.#streams) {
      if (wants(page) && (place === undefined || sees(page.viewer.caller, place))) stream.write(text);
    }
  }
}

const isUnfiltered = ({ runId, jobId }: LiveFilter): boolean => runId === undefined && jobId === undefined;

function take(ids: Set<number>): number[] {
  const taken = [...ids];
  ids.clear();
  return taken;
}

function* batches(ids: number[]): Generator<number[]> {
  for (let at = 0; at < ids.length; at += BATCH) yield ids.slice(at, at + BATCH);
}
