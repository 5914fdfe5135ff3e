import { useState } from 'react';
import { clockTime, twoClocks } from '../../common/two-clocks.ts';
import type { PoolHistory, PoolPoint } from '../../protocol/dashboard/index.ts';
import { usePoolHistory } from '../api/pool-queries.ts';
import { Failure } from '../components/page-state.tsx';
import { chartHeight, largestOf, stepArea, stepLine, timeOfPoint } from './chart-points.ts';

const series = [
  { key: 'desired', title: 'wanted' },
  { key: 'runners', title: 'runners' },
  { key: 'busy', title: 'busy' },
  { key: 'queued', title: 'queued jobs' },
] as const;

/** How the pool stood in the last day. Drag, or the arrow keys, say what it was at a moment. */
export function PoolChart({ namespace, name }: { namespace: string; name: string }) {
  const { data, error, refetch } = usePoolHistory({ namespace, name });
  return (
    <section aria-labelledby="last-day">
      <h2 id="last-day">Last day</h2>
      {data ? (
        <Chart history={data} />
      ) : error ? (
        <Failure error={error} onRetry={() => void refetch()} />
      ) : (
        <div className="chart skeleton" role="status" aria-label="Loading" />
      )}
    </section>
  );
}

function Chart({ history }: { history: PoolHistory }) {
  const [chosen, choose] = useState<number>();
  const { from, to, points } = history;
  const last = points.length - 1;
  const index = chosen === undefined ? last : Math.min(chosen, last);
  const point = points[index];
  if (!point) return <p className="chart muted">Nothing is recorded yet; the first numbers come within seconds.</p>;
  const at = timeOfPoint(history, index);
  const values = series.map(({ key, title }) => `${point[key]} ${title}`).join(', ');
  return (
    <figure className="chart">
      <figcaption className="chart-legend small">
        {series.map(({ key, title }) => (
          <span key={key}>
            <i className={`chart-mark chart-${key}`} /> {title} <strong>{point[key]}</strong>
          </span>
        ))}
        <span className="chart-at">{index === last ? 'now' : twoClocks(at)}</span>
      </figcaption>
      <div className="chart-plot">
        <Lines points={points} at={index} />
        <input
          type="range"
          aria-label="Moment of the last day"
          aria-valuetext={`${index === last ? 'now' : twoClocks(at)}: ${values}`}
          min={0}
          max={last}
          value={index}
          onChange={({ target }) => choose(target.valueAsNumber === last ? undefined : target.valueAsNumber)}
        />
        <span className="chart-top small muted">{largestOf(points)}</span>
      </div>
      <div className="chart-times small muted">
        <time dateTime={from}>{clockTime(from)}</time>
        <time dateTime={to}>{clockTime(to)}</time>
      </div>
    </figure>
  );
}

/** The range beside it says the same to those who do not see it. */
function Lines({ points, at }: { points: readonly PoolPoint[]; at: number }) {
  const largest = largestOf(points);
  const values = (key: keyof PoolPoint) => points.map((point) => point[key]);
  return (
    <svg viewBox={`0 -2 ${points.length} ${chartHeight + 4}`} preserveAspectRatio="none" aria-hidden="true">
      <polygon className="chart-busy" points={stepArea(values('busy'), largest)} />
      <polygon className="chart-queued" points={stepArea(values('queued'), largest)} />
      <polyline className="chart-runners" points={stepLine(values('runners'), largest)} />
      <polyline className="chart-desired" points={stepLine(values('desired'), largest)} />
      {at < points.length - 1 && <line className="chart-cursor" x1={at} x2={at} y1={0} y2={chartHeight} />}
    </svg>
  );
}
