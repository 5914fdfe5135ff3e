import type { PoolHistory, PoolPoint } from '../../protocol/dashboard/index.ts';

/** Height of the chart in its own units; its width is the number of points. */
export const chartHeight = 100;

/** The top of the chart: the largest number that it shows, at least 1. */
export const largestOf = (points: readonly PoolPoint[]): number =>
  Math.max(1, ...points.flatMap(({ desired, runners, busy, queued }) => [desired, runners, busy, queued]));

/** Each value as a level stretch, for `points` of an SVG polyline. */
export function stepLine(values: readonly number[], largest: number): string {
  return values
    .flatMap((value, index) => {
      const y = chartHeight - (value / largest) * chartHeight;
      return [`${index},${y}`, `${index + 1},${y}`];
    })
    .join(' ');
}

/** The same down to the ground, for a polygon. */
export const stepArea = (values: readonly number[], largest: number): string =>
  `0,${chartHeight} ${stepLine(values, largest)} ${values.length},${chartHeight}`;

/** When the stretch of a point begins. */
export function timeOfPoint({ from, to, points }: PoolHistory, index: number): string {
  const startMs = Date.parse(from);
  const stepMs = (Date.parse(to) - startMs) / Math.max(1, points.length);
  return new Date(startMs + index * stepMs).toISOString();
}
