import { Announcer } from './announcer.ts';
import { Deliverer, type DelivererOptions } from './deliverer.ts';

/** Webhooks out: who is told of what, and that it gets there. */
export class Webhooks {
  readonly #options: DelivererOptions;
  readonly #announcer: Announcer;
  readonly #deliverer: Deliverer;

  constructor(options: DelivererOptions & { publicUrl: () => string }) {
    this.#options = options;
    this.#deliverer = new Deliverer(options);
    this.#announcer = new Announcer({ publicUrl: options.publicUrl, due: () => this.due() });
  }

  /** For the engine. */
  get announce(): Announcer['announce'] {
    return this.#announcer.announce;
  }

  /** Hooks were made, changed or deleted. */
  reload(): Promise<void> {
    return this.#announcer.reload(this.#options.db);
  }

  /** There is something to send. */
  due(): void {
    this.#deliverer.wake();
  }

  start(): void {
    this.#deliverer.start();
  }

  close(): Promise<void> {
    return this.#deliverer.close();
  }
}
