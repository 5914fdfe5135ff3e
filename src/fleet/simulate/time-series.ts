import type { Sample } from './simulation.ts';

/** What a chart shows of one stretch of time: the largest of each number. */
export type Point = Omit<Sample, 'atMs'> & { atMs: number };

/** Cuts the samples into `count` equal stretches; one without a sample goes on as the last stood. */
export function timeSeries(samples: readonly Sample[], startMs: number, endMs: number, count: number): Point[] {
  const points: Point[] = [];
  const stepMs = Math.max(1, (endMs - startMs) / count);
  let next = 0;
  let last: Point = { atMs: startMs, desired: 0, runners: 0, busy: 0, queued: 0 };
  for (let index = 0; index < count; index++) {
    const fromMs = startMs + index * stepMs;
    let point = { ...last, atMs: fromMs };
    for (let sample = samples[next]; sample && sample.atMs < fromMs + stepMs; sample = samples[++next]) {
      point = largest(point, sample);
      last = sample;
    }
    points.push(point);
  }
  return points;
}

const largest = (point: Point, sample: Sample): Point => ({
  atMs: point.atMs,
  desired: Math.max(point.desired, sample.desired),
  runners: Math.max(point.runners, sample.runners),
  busy: Math.max(point.busy, sample.busy),
  queued: Math.max(point.queued, sample.queued),
});
