import { type BackOff, retryDelayMs } from '../../common/back-off.ts';
import { type Clock, pause } from '../../common/clock.ts';
import { OutsideError } from '../../common/errors.ts';
import {
  closeSession,
  getScaleSet,
  type JobMessage,
  MessageSession,
  type ScaleSetConnection,
  ScaleSetRefusal,
} from '../../github/scale-sets/index.ts';
import type { ScaleSetJob, ScaleSetStatistics } from '../../protocol/github/scale-sets.ts';

/** What was heard of a scale set. */
export interface Evaluation {
  /** Jobs that wait for a runner of the set or have one. */
  assignedJobs: number;
  jobs: ScaleSetJob[];
  /** Runners that had ended before the numbers were asked for: their jobs are not among them. */
  counted: string[];
}

/** Where a listener takes its limits from and puts what it hears. All of it is durable when the call returns (D-24). */
export interface ListenerHome {
  /** Of the scale set. */
  name(): string;
  maxRunners(): number;
  /** Of the session that an earlier process may have left behind. */
  lastSession(): string | undefined;
  noteSession(id: string | undefined): void;
  /** Names of those that the service's numbers may still count. */
  endedRunners(): string[];
  evaluated(evaluation: Evaluation): void;
  /** The scale set is gone at the service. */
  lost(): void;
  /** Told once for every failure; listening goes on. */
  failed(error: unknown): void;
}

export interface ListenerOptions {
  connection: ScaleSetConnection;
  scaleSetId: number;
  /** The same after a restart, and nobody else's: a session is then taken over. */
  ownerName: string;
  home: ListenerHome;
  clock: Clock;
}

const RETRY: BackOff = { firstMs: 250, maxMs: 30_000 };

/** Longest wait for the service to take note that nobody listens any more. */
const FAREWELL_MS = 2_000;

/**
 * Listens for one scale set: message, acquire, tell, acknowledge (runner-protocol 10.3). A message is acknowledged after
 * what it asks for is durable, so that a stop at any place repeats it. Repeats do nothing twice.
 */
export class ScaleSetListener {
  readonly #options: ListenerOptions;
  readonly #abort = new AbortController();
  readonly #done: Promise<void>;
  /** Jobs that this session has tried to take; how many the statistics hold of them is the service's to say. */
  #tried = new Set<number>();
  /** The service of newer GitHub servers has no list of jobs to take: it offers them again by itself. */
  #listsJobs = true;
  #statistics: ScaleSetStatistics | undefined;
  #session: MessageSession | undefined;

  constructor(options: ListenerOptions) {
    this.#options = options;
    this.#done = this.#run();
  }

  get isListening(): boolean {
    return this.#session !== undefined;
  }

  /** As after a crash: the session stays behind. */
  abandon(): void {
    this.#abort.abort();
  }

  /** Ends the session, so that the next listener can begin at once. */
  async close(): Promise<void> {
    const session = this.#session;
    this.#abort.abort();
    await this.#done;
    // Best effort: a session that is left behind is taken over.
    await session?.close(AbortSignal.timeout(FAREWELL_MS)).then(
      () => this.#options.home.noteSession(undefined),
      () => undefined,
    );
  }

  async #run(): Promise<void> {
    const { signal } = this.#abort;
    for (let failures = 0; !signal.aborted; ) {
      try {
        this.#session ??= await this.#open();
        await this.#hear(this.#session);
        failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        if (isLost(error)) this.#session = undefined;
        this.#options.home.failed(error);
        await pause(this.#options.clock, retryDelayMs(error, failures++, RETRY), this.#abort.signal);
      }
    }
  }

  async #open(): Promise<MessageSession> {
    const { connection, scaleSetId, ownerName, home } = this.#options;
    const { signal } = this.#abort;
    const counted = home.endedRunners();
    const open = () => MessageSession.open(connection, scaleSetId, ownerName, signal);
    const session = await open().catch(async (error: unknown) => {
      const left = home.lastSession();
      if (isStatus(error, 404)) home.lost();
      if (!isStatus(error, 409) || left === undefined) throw error;
      await closeSession(connection, scaleSetId, left, signal);
      home.noteSession(undefined);
      return open();
    });
    if (session.scaleSetName.toLowerCase() !== home.name().toLowerCase()) {
      // A service that lost its data has given the id to another.
      await session.close(signal);
      home.lost();
      throw new OutsideError(`The scale set ${scaleSetId} is now ${session.scaleSetName}.`, { retryable: true });
    }
    home.noteSession(session.id);
    this.#tried = new Set();
    this.#listsJobs = true;
    this.#tell(session.statistics, [], counted);
    return session;
  }

  async #hear(session: MessageSession): Promise<void> {
    const { home } = this.#options;
    const message = await session.poll(home.maxRunners(), this.#abort.signal);
    if (!message) return this.#askAgain(session);
    await this.#act(session, message);
    await session.acknowledge(message.id, this.#abort.signal);
  }

  async #act(session: MessageSession, { jobs, statistics }: JobMessage): Promise<void> {
    const offered = jobs.filter((job) => job.messageType === 'JobAvailable').map((job) => job.runnerRequestId);
    const taken = await this.#take(session, offered);
    this.#tell(withAssigned(statistics, taken), jobs);
    await this.#takeMore(session, offered);
  }

  /** Quiet for a whole poll: what a lost message would have said is asked for. */
  async #askAgain(session: MessageSession): Promise<void> {
    const { connection, scaleSetId, home } = this.#options;
    const counted = home.endedRunners();
    const set = await getScaleSet(connection, scaleSetId, this.#abort.signal);
    if (!set) {
      this.#session = undefined;
      return home.lost();
    }
    const statistics = set.statistics ?? this.#statistics;
    if (statistics) this.#tell(statistics, [], counted);
    await this.#takeMore(session, []);
  }

  /** @returns how many jobs more the set has than the statistics of that moment said */
  async #take(session: MessageSession, jobIds: number[]): Promise<number> {
    if (jobIds.length === 0) return 0;
    const fresh = [...new Set(jobIds)].filter((id) => !this.#tried.has(id));
    for (const id of fresh) this.#tried.add(id);
    const taken = new Set(await session.acquire(jobIds, this.#abort.signal));
    return fresh.filter((id) => taken.has(id)).length;
  }

  /** Jobs that were offered while there was no room for them are not offered again by every server. */
  async #takeMore(session: MessageSession, offered: number[]): Promise<void> {
    const { home } = this.#options;
    const statistics = this.#statistics;
    const room = home.maxRunners() - (statistics?.totalAssignedJobs ?? 0);
    if (!statistics || !this.#listsJobs || room <= 0 || statistics.totalAvailableJobs <= 0) return;
    const waiting = await session.acquirable(this.#abort.signal).catch((error: unknown) => {
      if (!isStatus(error, 404)) throw error;
      this.#listsJobs = false;
      return [];
    });
    const others = waiting.filter((id) => !offered.includes(id));
    // They wait still, so those that were tried before were not taken.
    for (const id of others) this.#tried.delete(id);
    const taken = await this.#take(session, others.slice(0, room));
    if (taken > 0) this.#tell(withAssigned(statistics, taken), []);
  }

  #tell(statistics: ScaleSetStatistics, jobs: ScaleSetJob[], counted: string[] = []): void {
    if (this.#abort.signal.aborted) return;
    this.#statistics = statistics;
    this.#options.home.evaluated({ assignedJobs: statistics.totalAssignedJobs, jobs, counted });
  }
}

/** They were available; now the set has them. */
function withAssigned(statistics: ScaleSetStatistics, taken: number): ScaleSetStatistics {
  const totalAvailableJobs = Math.max(0, statistics.totalAvailableJobs - taken);
  return { ...statistics, totalAvailableJobs, totalAssignedJobs: statistics.totalAssignedJobs + taken };
}

const isStatus = (error: unknown, status: number): boolean =>
  error instanceof ScaleSetRefusal && error.status === status;

/** 4xx of the queue: the session is known no more. A broken connection or a busy server is none of that. */
const isLost = (error: unknown): boolean =>
  error instanceof OutsideError && error.status !== undefined && !error.retryable;
