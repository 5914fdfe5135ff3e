import { AlertIcon } from '@primer/octicons-react';
import { twoClocks } from '../../common/two-clocks.ts';
import type { Pool } from '../../protocol/dashboard/index.ts';
import { Countdown } from '../components/times.tsx';

/** What there is and what is wanted, as numbers. */
export function PoolCounts({ pool }: { pool: Pool }) {
  const { desired, idle, busy, starting, leaving, queued } = pool;
  const counts = { wanted: desired, idle, busy, starting, leaving, queued };
  return (
    <dl className="counts">
      {Object.entries(counts).map(([what, count]) => (
        <div key={what} className={count === 0 ? 'muted' : undefined}>
          <dd>{count}</dd>
          <dt>{what}</dt>
        </div>
      ))}
    </dl>
  );
}

/** `2 to 16 runners`; nothing where nothing bounds it. */
export function boundsOf({ min, max }: Pool): string | undefined {
  if (min === null && max === null) return undefined;
  if (max === null) return `at least ${min} runners`;
  return min === null ? `at most ${max} runners` : `${min} to ${max} runners`;
}

/** Kind, place and bounds, for a line of facts. */
export const factsOf = (pool: Pool): string[] =>
  [pool.kind, pool.scope ? `${pool.scope.kind} ${pool.scope.name}` : undefined, boundsOf(pool)].filter(
    (fact) => fact !== undefined,
  );

export function Problems({ problems }: { problems: readonly string[] }) {
  return problems.map((problem) => (
    <p key={problem} className="problem small">
      <AlertIcon size={12} aria-label="Problem" />
      <span>{problem}</span>
    </p>
  ));
}

type Next = Pool['next'][number];

/** When, by whose clocks, what, and what that makes of the number. */
export function NextChange({ change: { at, what, desired }, pool }: { change: Next; pool: Pool }) {
  return (
    <span>
      in <Countdown to={at} />: {what}
      {desired !== null && desired !== pool.desired && `, which makes ${desired}`}
      <span className="muted"> · {twoClocks(at)}</span>
    </span>
  );
}

/** The pool cannot be read any more, and what is shown is from before. */
export function StaleNotice({ error }: { error: Error | null }) {
  return (
    <div role="status" className="stale-place">
      {error && (
        <p className="notice">
          <AlertIcon size={16} /> {error.message} This is how it stood before.
        </p>
      )}
    </div>
  );
}
