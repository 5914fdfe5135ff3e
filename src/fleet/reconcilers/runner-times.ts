import { BoundedMap } from '../../common/bounded-map.ts';
import type { Clock } from '../../common/clock.ts';

/** When a runner came to life; epoch ms. */
export interface LifeTimes {
  /** The backend was asked to start it. */
  asked?: number;
  /** The backend has answered that it runs. */
  started?: number;
  /** This fleet found it running when it started itself. */
  adopted?: number;
  /** The server was seen to know it as online. */
  online?: number;
  /** It was heard to have its job: of scale sets, whose runners are looked at only when they wait for long. */
  taken?: number;
}

/** Runners that are remembered, also for a while after they are gone. */
const REMEMBERED = 10_000;

/** The times of runners, by instance name. In memory, for people who ask why something took long. */
export class RunnerTimes {
  readonly #clock: Clock;
  readonly #times = new BoundedMap<string, LifeTimes>(REMEMBERED);

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Only the first time counts, except that a new start begins anew. */
  note(name: string, moment: keyof LifeTimes): void {
    const known = moment === 'asked' ? {} : (this.#times.get(name) ?? {});
    this.#times.set(name, { ...known, [moment]: known[moment] ?? this.#clock.now() });
  }

  of(name: string): LifeTimes {
    return this.#times.get(name) ?? {};
  }
}
