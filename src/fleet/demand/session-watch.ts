import { retryDelayMs } from '../../common/back-off.ts';
import { type Clock, sleep } from '../../common/clock.ts';
import { errorText } from '../../common/errors.ts';
import type { Logger } from '../../common/log.ts';
import {
  createScaleSet,
  deleteScaleSet,
  findScaleSet,
  MessageSession,
  type ScaleSetConnection,
} from '../../github/scale-sets/index.ts';
import type { ScaleSetJob } from '../../protocol/github/scale-sets.ts';
import type { JobFact } from './job-fact.ts';

export interface SessionWatchOptions {
  /** At least one: the first that the server lets register a scale set is used. */
  connections: readonly ScaleSetConnection[];
  /** Of the scale set that stands for the pool, such as `pool:default/linux`. */
  name: string;
  /** What jobs may ask for to be told of. */
  labels: string[];
  onJob: (fact: JobFact) => void;
  clock: Clock;
  logger: Logger;
}

/** It only listens: the server gives it no job. */
const CAPACITY = 0;
const DEFAULT_GROUP_ID = 1;
const RETRY = { firstMs: 500, maxMs: 30_000 };
const OWNER = 'switchyard-fleet';
/** For leaving in order while the fleet closes. */
const FAREWELL_MS = 2_000;

/**
 * Hears of queued jobs the moment they are queued, through the session of a scale set that never takes one: the same
 * long poll that listeners of scale sets use (runner-protocol 10.3), so it needs no way from the server to the fleet.
 * Only for our own server: on github.com a scale set with these labels would have the jobs assigned to it.
 */
export class SessionWatch {
  readonly #options: SessionWatchOptions;
  readonly #abort = new AbortController();
  readonly #listening: Promise<void>;
  #scaleSetId: number | undefined;
  #session: MessageSession | undefined;
  /** The one in use, of `connections`. */
  #turn = 0;

  constructor(options: SessionWatchOptions) {
    this.#options = options;
    this.#listening = this.#listen();
  }

  /** @param forGood takes the scale set away too: nobody scales by it any more */
  async close({ forGood }: { forGood: boolean }): Promise<void> {
    this.#abort.abort();
    await this.#listening;
    const { logger, name } = this.#options;
    const connection = this.#connection();
    const signal = AbortSignal.timeout(FAREWELL_MS);
    try {
      await this.#session?.close(signal);
      if (forGood && this.#scaleSetId !== undefined) await deleteScaleSet(connection, this.#scaleSetId, signal);
    } catch (error) {
      logger.debug({ name, problem: errorText(error) }, 'a watch of demand was not taken leave of');
    }
  }

  async #listen(): Promise<void> {
    const { name, logger } = this.#options;
    const { signal } = this.#abort;
    for (let failures = 0; !signal.aborted; ) {
      try {
        this.#session ??= await this.#open(signal);
        await this.#hear(this.#session, signal);
        failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        this.#session = undefined;
        this.#turn++;
        logger.debug({ name, problem: errorText(error) }, 'a watch of demand was interrupted; listing goes on');
        await sleep(retryDelayMs(error, failures++, RETRY), signal);
      }
    }
  }

  async #open(signal: AbortSignal): Promise<MessageSession> {
    const { name, labels } = this.#options;
    const connection = this.#connection();
    const wanted = { name, runnerGroupId: DEFAULT_GROUP_ID, labels };
    const set = (await findScaleSet(connection, wanted, signal)) ?? (await createScaleSet(connection, wanted, signal));
    this.#scaleSetId = set.id;
    return MessageSession.open(connection, set.id, OWNER, signal);
  }

  #connection(): ScaleSetConnection {
    const { connections } = this.#options;
    const connection = connections[this.#turn % connections.length];
    if (connection) return connection;
    throw new Error('A watch of demand needs a connection.');
  }

  async #hear(session: MessageSession, signal: AbortSignal): Promise<void> {
    const message = await session.poll(CAPACITY, signal);
    if (!message) return;
    for (const job of message.jobs) {
      if (job.messageType === 'JobAvailable') this.#options.onJob(factOf(job, this.#options.clock.now()));
    }
    await session.acknowledge(message.id, signal);
  }
}

function factOf(job: ScaleSetJob, nowMs: number): JobFact {
  const queuedAtMs = Date.parse(job.queueTime) || nowMs;
  return {
    repository: `${job.ownerName}/${job.repositoryName}`,
    id: job.runnerRequestId,
    attempt: 1,
    labels: job.requestLabels,
    status: 'queued',
    queuedAtMs,
    changedAtMs: queuedAtMs,
    heard: { by: 'session', atMs: nowMs },
  };
}
