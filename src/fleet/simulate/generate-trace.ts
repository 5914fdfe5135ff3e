/** Demand as an ordinary working day makes it, when there is none to replay. */
import { inOrder, type TraceJob } from './trace.ts';

export interface Demand {
  jobs: number;
  startMs: number;
  spanMs: number;
  /** Half of the jobs run for less than this. */
  medianMs: number;
  labels: readonly string[];
  /** The same seed makes the same jobs. */
  seed: number;
}

const DAY_MS = 24 * 3_600_000;
/** Share of a busy hour's jobs that an hour of the UTC day has: quiet nights, two humps around noon. */
const HOURS = [1, 1, 1, 1, 1, 2, 4, 8, 14, 18, 20, 17, 11, 15, 19, 20, 17, 12, 8, 5, 3, 2, 2, 1];
const BUSIEST = Math.max(...HOURS);
/** Spread of the durations: the slowest in a hundred takes about ten times the median. */
const SIGMA = 1;

export function generateTrace({ jobs, startMs, spanMs, medianMs, labels, seed }: Demand): TraceJob[] {
  const random = mulberry32(seed);
  const made: TraceJob[] = [];
  while (made.length < jobs) {
    const queuedAtMs = startMs + random() * spanMs;
    // A span of less than a day is busy throughout: its jobs are asked for.
    const hour = Math.floor((queuedAtMs % DAY_MS) / 3_600_000);
    if (spanMs >= DAY_MS && random() * BUSIEST > (HOURS[hour] ?? BUSIEST)) continue;
    made.push({
      queuedAtMs: Math.round(queuedAtMs),
      runMs: Math.round(medianMs * Math.exp(SIGMA * normal(random))),
      labels,
      repository: undefined,
    });
  }
  return inOrder(made);
}

/** Box and Muller. */
const normal = (random: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

/** A small generator with a seed: `Math.random` has none. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
