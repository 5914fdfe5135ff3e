import { backOffMs } from '../../common/back-off.ts';
import { type Clock, isoTime } from '../../common/clock.ts';
import type { Logger } from '../../common/log.ts';
import { type Database, softly } from '../../store/database.ts';
import {
  allHooks,
  dueMessages,
  type HookMessageRow,
  type HookRow,
  nextMessageAfter,
  recordTry,
} from '../../store/hooks.ts';
import type { ServerKeys } from '../auth/keys.ts';
import { Waker } from '../events/waker.ts';
import { type Sent, send } from './send.ts';

/** 5 s, 10 s, … an hour: about four hours in all, then the message has failed. */
const BACK_OFF = { firstMs: 5_000, maxMs: 3_600_000 };
const MAX_TRIES = 12;
/** Messages under way at the same time, and of them to one receiver: a slow one must not keep the others waiting. */
const AT_ONCE = 16;
const AT_ONCE_EACH = 4;

export interface DelivererOptions {
  db: Database;
  clock: Clock;
  keys: ServerKeys;
  logger: Logger;
}

/**
 * Sends what the outbox of webhooks holds: at least once, in order for each job, run and ref, and again with back-off
 * while a receiver does not take it. What a stop of the server interrupts is sent again at the next start.
 */
export class Deliverer {
  readonly #options: DelivererOptions;
  readonly #waker: Waker;
  /** Of messages under way: the hook of each. */
  readonly #underWay = new Map<number, { hookId: number; done: Promise<void> }>();
  readonly #closing = new AbortController();

  constructor(options: DelivererOptions) {
    this.#options = options;
    this.#waker = new Waker(options.clock, () => this.#begin());
  }

  start(): void {
    this.#waker.start();
  }

  /** There is something new, or an order to send something again. */
  wake(): void {
    this.#waker.wake();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#waker.close();
    await Promise.all([...this.#underWay.values()].map(({ done }) => done));
  }

  async #begin(): Promise<void> {
    const { db, clock, logger } = this.#options;
    try {
      const at = isoTime(clock.now());
      for (const hook of await allHooks(db)) {
        if (hook.active === 0) continue;
        // Those under way are still pending, so they are among the first.
        for (const message of await dueMessages(db, hook.id, at, 2 * AT_ONCE_EACH)) {
          if (this.#hasRoom(message)) this.#send(hook, message);
        }
      }
      // The end of one that is under way wakes too.
      const next = await nextMessageAfter(db, at);
      if (next !== undefined) this.#waker.wakeAt(Date.parse(next));
    } catch (error) {
      logger.error({ err: error }, 'webhooks could not be sent');
      this.#waker.wakeAt(clock.now() + BACK_OFF.firstMs);
    }
  }

  #hasRoom({ id, hook_id }: HookMessageRow): boolean {
    const toTheSame = [...this.#underWay.values()].filter(({ hookId }) => hookId === hook_id).length;
    return !this.#underWay.has(id) && this.#underWay.size < AT_ONCE && toTheSame < AT_ONCE_EACH;
  }

  #send(hook: HookRow, message: HookMessageRow): void {
    const done = this.#deliver(hook, message)
      .catch((error: unknown) => {
        if (!this.#closing.signal.aborted)
          this.#options.logger.error({ err: error }, 'a webhook was not put on record');
      })
      .finally(() => {
        this.#underWay.delete(message.id);
        this.wake();
      });
    this.#underWay.set(message.id, { hookId: hook.id, done });
  }

  async #deliver(hook: HookRow, message: HookMessageRow): Promise<void> {
    const { db, clock, keys } = this.#options;
    const secret = hook.secret === null ? undefined : keys.open(hook.secret);
    const sent = await send(hook, message, secret, this.#closing.signal);
    // Cut off by ourselves: nobody failed, and the next start sends it.
    if (this.#closing.signal.aborted && sent.statusCode === 0) return;
    const now = clock.now();
    const tries = message.tries + 1;
    const state = sent.status === 'OK' ? 'delivered' : tries % MAX_TRIES === 0 ? 'failed' : 'pending';
    const next_at = isoTime(now + backOffMs((tries - 1) % MAX_TRIES, BACK_OFF));
    // A record that a power loss takes only makes the receiver hear it again.
    await softly(db, (transaction) =>
      recordTry(transaction, message, { state, tries, next_at }, deliveryRow(message, sent, isoTime(now))),
    );
  }
}

const deliveryRow = (message: HookMessageRow, sent: Sent, at: string) => ({
  message_id: message.id,
  hook_id: message.hook_id,
  delivered_at: at,
  redelivery: message.tries > 0 ? 1 : 0,
  duration_ms: sent.durationMs,
  status: sent.status,
  status_code: sent.statusCode,
  request_headers: JSON.stringify(sent.requestHeaders),
  response_headers: JSON.stringify(sent.responseHeaders),
  response_body: sent.responseBody,
});
