import { backOffMs } from '../back-off.ts';
import { type Clock, pause } from '../clock.ts';
import { errorText, OutsideError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { type NotificationsConfig, type Receiver, readConfig } from './config.ts';
import { type Decision, decide, flush, type Message, NOTHING_TOLD, nextFlushMs } from './decide.ts';
import type { Notice } from './notice.ts';
import { type Posts, postsInMemory } from './posts.ts';
import { send } from './send.ts';

/** 5 s, 10 s, …, five minutes: about ten minutes in all. */
const BACK_OFF = { firstMs: 5_000, maxMs: 300_000 };
const MAX_TRIES = 8;
/** Messages that wait for one receiver; beyond that the newest are dropped, and the log says so. */
const MAX_WAITING = 1_000;

export interface NotifierOptions {
  config: NotificationsConfig;
  clock: Clock;
  logger: Logger;
  /** Left out: messages that change are remembered until the program ends. */
  posts?: Posts;
}

/**
 * Tells people what the rules say, each receiver in order and apart from the others, again with back-off while one does
 * not take it. What waits is in memory: a stop loses it.
 */
export class Notifier {
  readonly #config: NotificationsConfig;
  readonly #clock: Clock;
  readonly #queues: ReadonlyMap<string, ReceiverQueue>;
  #state = NOTHING_TOLD;
  #cancelFlush: (() => void) | undefined;

  constructor(options: NotifierOptions) {
    this.#config = options.config;
    this.#clock = options.clock;
    this.#queues = new Map(
      options.config.receivers.map((receiver) => [receiver.name, new ReceiverQueue(receiver, options)]),
    );
  }

  /** Undefined without a file. @throws UserError `bad-notifications` */
  static async open(file: string | undefined, options: Omit<NotifierOptions, 'config'>): Promise<Notifier | undefined> {
    const config = file === undefined ? undefined : await readConfig(file);
    return config && new Notifier({ ...options, config });
  }

  tell(notice: Notice): void {
    this.#follow(decide(this.#state, this.#config, notice, this.#clock.now()));
  }

  /** Breaks off what is under way. */
  async close(): Promise<void> {
    this.#cancelFlush?.();
    await Promise.all([...this.#queues.values()].map((queue) => queue.close()));
  }

  #follow({ state, messages }: Decision): void {
    this.#state = state;
    for (const message of messages) this.#queues.get(message.to)?.add(message);
    this.#cancelFlush?.();
    const next = nextFlushMs(state);
    if (next === undefined) return;
    const now = this.#clock.now();
    this.#cancelFlush = this.#clock.after(next - now, () => this.#follow(flush(this.#state, this.#clock.now())));
  }
}

/** What one receiver is to be told, one message after the other. */
class ReceiverQueue {
  readonly #receiver: Receiver;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #closing = new AbortController();
  readonly #posts: Posts;
  #waiting: Message[] = [];
  #running: Promise<void> | undefined;

  constructor(receiver: Receiver, { clock, logger, posts = postsInMemory() }: NotifierOptions) {
    this.#posts = posts;
    this.#receiver = receiver;
    this.#clock = clock;
    this.#logger = logger;
  }

  add(message: Message): void {
    if (this.#closing.signal.aborted) return;
    if (this.#waiting.length >= MAX_WAITING) {
      this.#logger.warn({ receiver: this.#receiver.name }, 'a notification was dropped: too many wait');
      return;
    }
    this.#waiting.push(message);
    this.#start();
  }

  async close(): Promise<void> {
    this.#waiting = [];
    this.#closing.abort();
    await this.#running;
  }

  #start(): void {
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
      // Added after the last look.
      if (this.#waiting.length > 0) this.#start();
    });
  }

  async #run(): Promise<void> {
    for (;;) {
      const message = this.#waiting.shift();
      if (!message) return;
      await this.#deliver(message);
    }
  }

  async #deliver(message: Message): Promise<void> {
    const { name } = this.#receiver;
    for (let attempt = 0; !this.#closing.signal.aborted; attempt++) {
      try {
        const before = message.key === undefined ? undefined : await this.#posts.find(name, message.key);
        const posted = await send(this.#receiver, message, before, this.#closing.signal);
        if (posted && message.key !== undefined) await this.#posts.keep(name, message.key, posted);
        return;
      } catch (error) {
        if (this.#closing.signal.aborted) return;
        const isLast = attempt + 1 >= MAX_TRIES || !(error instanceof OutsideError && error.retryable);
        this.#logger.warn({ receiver: name, problem: errorText(error), isLast }, 'a notification was not taken');
        if (isLast) return;
        await pause(this.#clock, backOffMs(attempt, BACK_OFF), this.#closing.signal);
      }
    }
  }
}
