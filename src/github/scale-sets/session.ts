import { z } from 'zod';
import {
  ScaleSetJob,
  ScaleSetMessage,
  ScaleSetSession,
  type ScaleSetStatistics,
} from '../../protocol/github/scale-sets.ts';
import type { ScaleSetConnection } from './connection.ts';
import { ScaleSetRefusal } from './refusal.ts';
import { callService, readAnswer } from './service-call.ts';

export interface JobMessage {
  id: number;
  statistics: ScaleSetStatistics;
  /** Items of kinds that this version does not know are left out. */
  jobs: ScaleSetJob[];
}

const JobIds = z.looseObject({ value: z.array(z.number().int()) });
const JobList = z.looseObject({ value: z.array(z.looseObject({ runnerRequestId: z.number().int() })) });

/** The service holds a poll for about 50 s. */
const POLL_TIMEOUT_MS = 90_000;

const sessionsOf = (scaleSetId: number): string => `runtime/runnerscalesets/${scaleSetId}/sessions`;

/**
 * The one session of a scale set's listener: its queue of messages (runner-protocol 10.3). Order of calls: `poll`, then
 * act on the message, then `acknowledge` it; a message that was not acknowledged comes again.
 */
export class MessageSession {
  readonly #connection: ScaleSetConnection;
  readonly #scaleSetId: number;
  #session: ScaleSetSession;
  #lastMessageId = 0;

  private constructor(connection: ScaleSetConnection, scaleSetId: number, session: ScaleSetSession) {
    this.#connection = connection;
    this.#scaleSetId = scaleSetId;
    this.#session = session;
  }

  /**
   * @param ownerName who listens; the same owner takes over its own session where the server allows it
   * @throws ScaleSetRefusal 409 while another session is active
   */
  static async open(
    connection: ScaleSetConnection,
    scaleSetId: number,
    ownerName: string,
    signal?: AbortSignal,
  ): Promise<MessageSession> {
    const request = { method: 'POST', path: sessionsOf(scaleSetId), body: { ownerName } } as const;
    return new MessageSession(connection, scaleSetId, await connection.request(ScaleSetSession, request, signal));
  }

  get id(): string {
    return this.#session.sessionId;
  }

  get scaleSetName(): string {
    return this.#session.runnerScaleSet.name;
  }

  /** As they were when the session was opened or refreshed. */
  get statistics(): ScaleSetStatistics {
    return this.#session.statistics;
  }

  /**
   * Waits for the next message; undefined when there is none for about 50 s.
   * @param capacity how many runners this listener could have in all; the server gives no more jobs than that
   * @throws ScaleSetRefusal; 4xx other than 401 means that the session is lost
   */
  async poll(capacity: number, signal?: AbortSignal): Promise<JobMessage | undefined> {
    const response = await this.#withToken((token) => {
      const url = new URL(this.#session.messageQueueUrl);
      if (this.#lastMessageId > 0) url.searchParams.set('lastMessageId', String(this.#lastMessageId));
      const headers = { 'x-scalesetmaxcapacity': String(capacity) };
      return callService({ url, token, headers, timeoutMs: POLL_TIMEOUT_MS }, signal);
    }, signal);
    if (response.status !== 200) {
      await response.body?.cancel();
      return undefined;
    }
    const { messageId, body, statistics } = await readAnswer(ScaleSetMessage, response);
    return { id: messageId, statistics, jobs: jobsIn(body) };
  }

  /** After everything that the message asks for is durable (D-24). May be repeated. */
  async acknowledge(messageId: number, signal?: AbortSignal): Promise<void> {
    const url = new URL(this.#session.messageQueueUrl);
    url.pathname += `/${messageId}`;
    const response = await this.#withToken((token) => callService({ method: 'DELETE', url, token }, signal), signal);
    await response.body?.cancel();
    this.#lastMessageId = Math.max(this.#lastMessageId, messageId);
  }

  /** @returns the jobs that are the set's now; may be repeated */
  async acquire(jobIds: number[], signal?: AbortSignal): Promise<number[]> {
    const path = `runtime/runnerscalesets/${this.#scaleSetId}/acquirejobs`;
    return this.#withToken(async (token) => {
      const request = { method: 'POST', path, body: jobIds, token } as const;
      return (await this.#connection.request(JobIds, request, signal)).value;
    }, signal);
  }

  /** Jobs that wait for a listener to take them, whatever messages said. @throws ScaleSetRefusal 404 where it is unknown */
  async acquirable(signal?: AbortSignal): Promise<number[]> {
    const path = `runtime/runnerscalesets/${this.#scaleSetId}/acquirablejobs`;
    const { value } = await this.#connection.request(JobList, { path }, signal);
    return value.map(({ runnerRequestId }) => runnerRequestId);
  }

  /** Lets the next listener begin at once. */
  async close(signal?: AbortSignal): Promise<void> {
    await closeSession(this.#connection, this.#scaleSetId, this.id, signal);
  }

  /** NEW-7: a queue's token that has run out is changed for a new one, once. */
  async #withToken<T>(call: (token: string) => Promise<T>, signal?: AbortSignal): Promise<T> {
    try {
      return await call(this.#session.messageQueueAccessToken);
    } catch (error) {
      if (!(error instanceof ScaleSetRefusal) || error.status !== 401) throw error;
      const request = { method: 'PATCH', path: `${sessionsOf(this.#scaleSetId)}/${this.id}` } as const;
      this.#session = await this.#connection.request(ScaleSetSession, request, signal);
      return call(this.#session.messageQueueAccessToken);
    }
  }
}

/** Ends a session by its id, also one that an earlier process left behind. One that is gone already is as good. */
export async function closeSession(
  connection: ScaleSetConnection,
  scaleSetId: number,
  sessionId: string,
  signal?: AbortSignal,
): Promise<void> {
  try {
    await connection.send({ method: 'DELETE', path: `${sessionsOf(scaleSetId)}/${sessionId}` }, signal);
  } catch (error) {
    if (!(error instanceof ScaleSetRefusal) || error.status !== 404) throw error;
  }
}

function jobsIn(body: string): ScaleSetJob[] {
  const items = z.array(z.unknown()).safeParse(parseJson(body));
  return (items.data ?? []).flatMap((item) => ScaleSetJob.safeParse(item).data ?? []);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
