import { z } from 'zod';
import type { Clock } from '../../../common/clock.ts';
import type { Logger } from '../../../common/log.ts';
import type { Engine } from './engine.ts';
import { filtersOf, LABELS } from './names.ts';

/** Of `docker events`. */
const EngineEvent = z.looseObject({
  Action: z.enum(['die', 'kill']),
  Actor: z.looseObject({ ID: z.string(), Attributes: z.record(z.string(), z.string()) }),
});

export interface ContainerEvent {
  action: 'die' | 'kill';
  id: string;
  instance: string;
  part: string;
  /** Of a kill. */
  signal: string | undefined;
}

export interface EngineWatchOptions {
  engine: Engine;
  /** Id of the fleet: nobody else's containers are heard of. */
  fleet: string;
  clock: Clock;
  logger: Logger;
  onEvent: (event: ContainerEvent) => void;
  /** The engine was away: what happened meanwhile has to be looked for. */
  onReturn: () => void;
}

/** Told again from this long before now on, since the engine's clock may be another's. */
const MARGIN_MS = 60_000;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;

/** Hears from the engine how the fleet's containers end; nothing is polled. */
export class EngineWatch {
  readonly #options: EngineWatchOptions;
  #follower: { close(): Promise<void> } | undefined;
  #cancelPause: () => void = () => undefined;
  #pauseMs = FIRST_PAUSE_MS;
  #isClosed = false;

  constructor(options: EngineWatchOptions) {
    this.#options = options;
  }

  /** Does nothing when it has begun before. */
  begin(): void {
    if (!this.#follower) this.#follow();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelPause();
    await this.#follower?.close();
  }

  #follow(): void {
    const { engine, fleet, clock } = this.#options;
    const since = String((clock.now() - MARGIN_MS) / 1_000);
    const kinds = ['type=container', 'event=die', 'event=kill'].flatMap((filter) => ['--filter', filter]);
    this.#follower = engine.follow(
      ['events', '--since', since, ...filtersOf({ fleet }), ...kinds, '--format', '{{json .}}'],
      (value) => this.#hear(value),
      () => this.#lost(),
    );
  }

  #hear(value: unknown): void {
    const event = EngineEvent.safeParse(value).data;
    if (!event || this.#isClosed) return;
    this.#pauseMs = FIRST_PAUSE_MS;
    const { ID: id, Attributes: attributes } = event.Actor;
    this.#options.onEvent({
      action: event.Action,
      id,
      instance: attributes[LABELS.instance] ?? '',
      part: attributes[LABELS.part] ?? '',
      signal: attributes.signal,
    });
  }

  #lost(): void {
    const { clock, logger, onReturn } = this.#options;
    if (this.#isClosed) return;
    logger.warn({ retryInMs: this.#pauseMs }, 'the Docker engine tells no events any more');
    this.#cancelPause = clock.after(this.#pauseMs, () => {
      this.#follow();
      onReturn();
    });
    this.#pauseMs = Math.min(this.#pauseMs * 2, LONGEST_PAUSE_MS);
  }
}
