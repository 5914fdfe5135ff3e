import { CalendarIcon } from '@primer/octicons-react';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import type { PoolExplanation, PoolOverride } from '../../protocol/dashboard/index.ts';
import { type PoolName, usePool } from '../api/pool-queries.ts';
import { useLive } from '../api/use-live.ts';
import { FirstItems } from '../components/first-items.tsx';
import { Labels } from '../components/labels.tsx';
import { Reading } from '../components/page-state.tsx';
import { RelativeTime } from '../components/times.tsx';
import { useTitle } from '../components/use-title.ts';
import { PoolChart } from './pool-chart.tsx';
import { factsOf, NextChange, PoolCounts, Problems, StaleNotice } from './pool-facts.tsx';

/** One pool: why it has the size it has, what comes next, its last day, its runners and events. */
export function PoolPage({ namespace, name }: PoolName) {
  const read = usePool({ namespace, name });
  useLive();
  useTitle(`Pool ${name}`);
  return (
    <div className="page">
      <div className="crumbs">
        <Link href="/pools">Pools</Link> / {namespace}
      </div>
      <Reading of={read} rows={6} height={72}>
        {(pool) => (
          <>
            <StaleNotice error={read.error} />
            <Shown pool={pool} />
          </>
        )}
      </Reading>
    </div>
  );
}

function Shown({ pool }: { pool: PoolExplanation }) {
  const { namespace, name, labels, rule, reasons, problems } = pool;
  return (
    <>
      <div className="subject pool-head">
        <div>
          <h1>
            <span>{name}</span>
          </h1>
          <div className="facts small">
            {factsOf(pool).map((fact) => (
              <span key={fact}>{fact}</span>
            ))}
          </div>
          <Labels labels={labels} />
        </div>
        <PoolCounts pool={pool} />
      </div>
      <Problems problems={problems} />
      <section aria-labelledby="why">
        <h2 id="why">Why {pool.desired}</h2>
        <p>{rule}</p>
        {reasons.map(({ code, text }) => (
          <p key={`${code} ${text}`} className="reason">
            {text}
          </p>
        ))}
      </section>
      <PoolChart namespace={namespace} name={name} />
      <Next pool={pool} />
      <Schedule overrides={pool.schedule} />
      <Runners pool={pool} />
      <Events pool={pool} />
    </>
  );
}

function Part({ id, title, count, children }: { id: string; title: string; count: number; children: ReactNode }) {
  return (
    <section aria-labelledby={id}>
      <h2 id={id}>
        {title} <span className="muted">{count}</span>
      </h2>
      {children}
    </section>
  );
}

function Next({ pool }: { pool: PoolExplanation }) {
  if (pool.next.length === 0) return null;
  return (
    <Part id="next" title="Next changes" count={pool.next.length}>
      <ul className="list">
        {pool.next.map((change) => (
          <li key={`${change.at} ${change.what}`} className="pool-line">
            <NextChange change={change} pool={pool} />
          </li>
        ))}
      </ul>
    </Part>
  );
}

function Schedule({ overrides }: { overrides: readonly PoolOverride[] }) {
  if (overrides.length === 0) return null;
  return (
    <Part id="schedule" title="Schedule" count={overrides.length}>
      <ul className="list">
        {overrides.map((override) => (
          <li key={JSON.stringify(override)} className="pool-line pool-override">
            <CalendarIcon size={16} />
            <OverrideText override={override} />
          </li>
        ))}
      </ul>
    </Part>
  );
}

function OverrideText({
  override: { start, end, min, max, repeats, until, timeZone, isActive },
}: {
  override: PoolOverride;
}) {
  const sets = [min === null ? [] : `minReplicas ${min}`, max === null ? [] : `maxReplicas ${max}`].flat();
  return (
    <span>
      {repeats ?? 'Once'}, {written(start)} to {written(end)}
      {timeZone && ` in ${timeZone}`}: {sets.length > 0 ? sets.join(' and ') : 'sets nothing'}
      {until && <span className="muted"> · begins last by {written(until)}</span>}{' '}
      {isActive && <span className="label">in force now</span>}
    </span>
  );
}

/** As it was written, with its own offset. */
const written = (time: string): string => time.replace('T', ' ').replace(/(:\d{2}):\d{2}(\.\d+)?/, '$1 ');

function Runners({ pool: { runners, current } }: { pool: PoolExplanation }) {
  return (
    <Part id="runners" title="Runners" count={current}>
      {current === 0 && <p className="muted">There is none just now.</p>}
      {current > 0 && (
        <FirstItems items={runners}>
          {({ name, state, createdAt }) => (
            <li key={name} className="pool-line pool-runner">
              <span className={`runner-state runner-${state}`}>{state}</span>
              <span className="runner-name">{name}</span>
              <span className="muted small">
                <RelativeTime at={createdAt} />
              </span>
            </li>
          )}
        </FirstItems>
      )}
      {runners.length < current && <p className="muted small">The first {runners.length} of them.</p>}
    </Part>
  );
}

function Events({ pool: { events } }: { pool: PoolExplanation }) {
  return (
    <Part id="events" title="Events" count={events.length}>
      {events.length === 0 && <p className="muted">Nothing happened in the last hour.</p>}
      {events.length > 0 && (
        <ul className="list">
          {events.map(({ at, type, reason, message, count }) => (
            <li key={`${at} ${reason} ${message}`} className="pool-line">
              <span className={type === 'Warning' ? 'pool-warning strong' : 'strong'}>{reason}</span>
              <span>{message}</span>
              <span className="muted small">
                <RelativeTime at={at} />
                {count > 1 && `, ${count} times`}
              </span>
            </li>
          ))}
        </ul>
      )}
    </Part>
  );
}
