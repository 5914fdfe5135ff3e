import { StackIcon } from '@primer/octicons-react';
import { Link } from 'wouter';
import type { Pool, PoolList } from '../../protocol/dashboard/index.ts';
import { usePools } from '../api/pool-queries.ts';
import { useLive } from '../api/use-live.ts';
import { KeyList } from '../components/key-list.tsx';
import { Labels } from '../components/labels.tsx';
import { Blank, Reading } from '../components/page-state.tsx';
import { useTitle } from '../components/use-title.ts';
import { factsOf, NextChange, PoolCounts, Problems, StaleNotice } from './pool-facts.tsx';

/** Every pool of the fleet: how many runners it has and wants, by which rule, and what is wrong. */
export function PoolsPage() {
  const read = usePools();
  const { data } = read;
  useLive();
  useTitle('Pools');
  return (
    <div className="page">
      <div className="page-head">
        <h1>Pools {data?.hasFleet && <span className="muted">{data.pools.length}</span>}</h1>
        {data?.hasFleet && <p className="muted">{summary(data.pools)}</p>}
      </div>
      <Reading of={read} rows={3} height={124}>
        {(list) => (
          <>
            <StaleNotice error={read.error} />
            <List list={list} />
          </>
        )}
      </Reading>
    </div>
  );
}

function summary(pools: readonly Pool[]): string {
  const sum = (numberOf: (pool: Pool) => number): number => pools.reduce((all, pool) => all + numberOf(pool), 0);
  return `${sum(({ busy }) => busy)} busy, ${sum(({ idle }) => idle)} idle, ${sum(({ queued }) => queued)} queued`;
}

function List({ list: { hasFleet, pools } }: { list: PoolList }) {
  if (!hasFleet) return <NoFleet />;
  if (pools.length === 0) return <NoPools />;
  return (
    <KeyList>
      {pools.map((pool) => (
        <PoolRow key={`${pool.namespace}/${pool.name}`} pool={pool} />
      ))}
    </KeyList>
  );
}

function PoolRow({ pool }: { pool: Pool }) {
  const { namespace, name, labels, rule, problems, next } = pool;
  const [soonest] = next;
  return (
    <li className="row pool">
      <div className="row-main">
        <Link href={`/pools/${namespace}/${name}`} className="row-title" data-key-stop>
          {namespace === 'default' ? name : `${namespace}/${name}`}
        </Link>
        <Labels labels={labels} />
        <div className="row-facts muted">{factsOf(pool).join(' · ')}</div>
        <p className="small">{rule}</p>
        {soonest && (
          <p className="pool-next small">
            <NextChange change={soonest} pool={pool} />
          </p>
        )}
        <Problems problems={problems} />
      </div>
      <PoolCounts pool={pool} />
    </li>
  );
}

function NoFleet() {
  return (
    <Blank icon={<StackIcon size={24} />} title="This server knows no fleet">
      <p>
        A fleet keeps pools of runners. <code>switchyard up</code> starts one and shows its pools here. A fleet of its
        own is named to the server by its address and a file with its token:
      </p>
      <pre className="command">
        SWITCHYARD_FLEET=http://FLEET:8485 SWITCHYARD_FLEET_TOKEN_FILE=fleet-token switchyard server
      </pre>
    </Blank>
  );
}

function NoPools() {
  return (
    <Blank icon={<StackIcon size={24} />} title="There is no pool for your jobs">
      <p>A RunnerDeployment, a RunnerSet or an AutoscalingRunnerSet is one. Apply some from a file:</p>
      <pre className="command">switchyard apply -f examples/runners.yaml</pre>
    </Blank>
  );
}
