import { type Clock, isoTime } from '../../common/clock.ts';
import type { Closable } from '../../common/shutdown.ts';
import type { PoolHistory } from '../../protocol/dashboard/index.ts';
import type { Sample } from '../simulate/simulation.ts';
import { timeSeries } from '../simulate/time-series.ts';
import { countOf, type PoolFacts } from './explain-pool.ts';
import { allPoolFacts, type PoolSources } from './pool-facts.ts';

const DAY_MS = 24 * 60 * 60_000;
/** From a change until it is looked at. */
const SETTLE_MS = 5_000;
/** To look costs as much as there are pools and runners: at most a hundredth of the time is spent so. */
const REST_FACTOR = 100;
/** Looks also when nothing was told, such as a job that was forgotten because of its age. */
const EVERY_MS = 5 * 60_000;
/** Of one pool. More than that are thinned to half as many stretches of time. */
const MAX_SAMPLES = 3_000;
const SHOWN_POINTS = 288;

/**
 * How the pools stood in the last day. In memory alone: a chart to look at, which a restart may begin anew. Who wants to
 * keep it has the same numbers in `/metrics`.
 */
export class PoolHistories implements Closable {
  readonly #sources: PoolSources;
  readonly #clock: Clock;
  /** By namespace and name; a sample holds until the next. */
  readonly #samples = new Map<string, Sample[]>();
  readonly #endListening: (() => void)[];
  #isDue = false;
  /** What the last look took. */
  #lookMs = 0;
  #callOff: (() => void) | undefined;
  #callOffRegular: () => void;

  constructor(sources: PoolSources, clock: Clock) {
    this.#sources = sources;
    this.#clock = clock;
    const changed = (): void => this.#changed();
    this.#endListening = [
      sources.store.onChange(({ plural }) => plural !== 'events' && changed()),
      sources.demand.onChange(changed),
    ];
    this.#callOffRegular = clock.after(EVERY_MS, () => this.#lookRegularly());
    changed();
  }

  /** The last day of a pool that exists, up to now. */
  of(namespace: string, name: string): PoolHistory {
    const samples = this.#samples.get(keyOf({ namespace, name })) ?? [];
    const nowMs = this.#clock.now();
    const fromMs = Math.max(nowMs - DAY_MS, samples[0]?.atMs ?? nowMs);
    // With what was seen this very moment.
    const series = samples.length > 0 ? timeSeries(samples, fromMs, nowMs + 1, SHOWN_POINTS) : [];
    const points = series.map(({ desired, runners, busy, queued }) => ({ desired, runners, busy, queued }));
    return { from: isoTime(fromMs), to: isoTime(nowMs), points };
  }

  async close(): Promise<void> {
    for (const end of this.#endListening) end();
    this.#callOff?.();
    this.#callOffRegular();
  }

  #changed(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    this.#callOff = this.#clock.after(Math.max(SETTLE_MS, this.#lookMs * REST_FACTOR), () => {
      this.#isDue = false;
      this.#look();
    });
  }

  #lookRegularly(): void {
    this.#look();
    this.#callOffRegular = this.#clock.after(EVERY_MS, () => this.#lookRegularly());
  }

  #look(): void {
    const nowMs = this.#clock.now();
    const seen = new Set<string>();
    for (const facts of allPoolFacts(this.#sources)) {
      const key = keyOf(facts);
      seen.add(key);
      this.#samples.set(key, withSample(this.#samples.get(key) ?? [], sampleOf(facts, nowMs)));
    }
    for (const key of this.#samples.keys()) if (!seen.has(key)) this.#samples.delete(key);
    this.#lookMs = this.#clock.now() - nowMs;
  }
}

const keyOf = ({ namespace, name }: { namespace: string; name: string }): string => `${namespace}/${name}`;

const sampleOf = (facts: PoolFacts, atMs: number): Sample => ({
  atMs,
  desired: facts.desired,
  runners: facts.runners.length,
  busy: countOf(facts, 'busy'),
  queued: facts.queued,
});

/** With a sample that says something new, and without what lies before the last day and does not reach into it. */
function withSample(samples: Sample[], newest: Sample): Sample[] {
  const last = samples.at(-1);
  if (!last || !isSame(last, newest)) samples.push(newest);
  const reaching = samples.findIndex((_, index) => (samples[index + 1]?.atMs ?? newest.atMs) > newest.atMs - DAY_MS);
  if (reaching > 0) samples.splice(0, reaching);
  return samples.length > MAX_SAMPLES ? thinned(samples, newest) : samples;
}

/** The newest stays as it is, since it holds from now on. */
function thinned(samples: readonly Sample[], newest: Sample): Sample[] {
  const [first = newest] = samples;
  return [...timeSeries(samples, first.atMs, newest.atMs, MAX_SAMPLES / 2), newest];
}

const isSame = (a: Sample, b: Sample): boolean =>
  a.desired === b.desired && a.runners === b.runners && a.busy === b.busy && a.queued === b.queued;
