import { WebhookIcon } from '@primer/octicons-react';
import { Button } from '@primer/react';
import { useRef } from 'react';
import { Link } from 'wouter';
import type { Hook } from '../../protocol/dashboard/index.ts';
import { useDeliveries, useHooks } from '../api/queries.ts';
import { useLive } from '../api/use-live.ts';
import { Blank, Failure, SkeletonRows } from '../components/page-state.tsx';
import { useListKeys } from '../components/use-list-keys.ts';
import { useTitle } from '../components/use-title.ts';
import { DeliveryRow } from './delivery-row.tsx';
import { hookState, placeOf } from './facts.ts';
import { HookBadge } from './hooks-page.tsx';

/** One hook and the log of what it was told. */
export function HookPage({ id }: { id: number }) {
  const { data, error, refetch } = useHooks();
  const hook = data?.hooks.find((one) => one.id === id);
  useLive();
  useTitle(hook ? `Webhook ${hook.url}` : 'Webhook');
  return (
    <div className="page">
      {hook ? (
        <>
          <HookHead hook={hook} />
          <Deliveries hook={hook} />
        </>
      ) : data ? (
        <Blank icon={<WebhookIcon size={24} />} title="There is no such webhook">
          <Link href="/hooks">To the webhooks</Link>
        </Blank>
      ) : error ? (
        <Failure error={error} onRetry={() => void refetch()} />
      ) : (
        <SkeletonRows rows={8} height={48} />
      )}
    </div>
  );
}

function HookHead({ hook }: { hook: Hook }) {
  const { url, events, hasSecret, waiting } = hook;
  return (
    <div className="subject">
      <div className="crumbs">
        <Link href="/hooks">Webhooks</Link> / {placeOf(hook)}
      </div>
      <h1>
        <span>{url}</span>
      </h1>
      <div className="facts small">
        <HookBadge state={hookState(hook)} />
        <span>{events.includes('*') ? 'every event' : events.join(', ')}</span>
        <span>{hasSecret ? 'signed' : 'not signed'}</span>
        <span>{waiting} waiting</span>
      </div>
    </div>
  );
}

function Deliveries({ hook }: { hook: Hook }) {
  const read = useDeliveries(hook.path);
  const list = useRef<HTMLUListElement>(null);
  useListKeys(list);
  if (!read.data) {
    if (read.error) return <Failure error={read.error} onRetry={() => void read.refetch()} />;
    return <SkeletonRows rows={8} height={48} />;
  }
  const deliveries = read.data.pages.flatMap((page) => page.deliveries);
  if (deliveries.length === 0) return <NoDeliveries hook={hook} />;
  return (
    <>
      <ul ref={list} className="list">
        {deliveries.map((delivery) => (
          <DeliveryRow key={delivery.id} hook={hook} delivery={delivery} />
        ))}
      </ul>
      {read.hasNextPage && (
        <div className="more">
          <Button onClick={() => void read.fetchNextPage()} loading={read.isFetchingNextPage}>
            Older deliveries
          </Button>
        </div>
      )}
    </>
  );
}

function NoDeliveries({ hook: { isActive } }: { hook: Hook }) {
  return (
    <Blank icon={<WebhookIcon size={24} />} title="Nothing was sent in the last seven days">
      <p>{isActive ? 'The next event that it wants shows here.' : 'It is off: nothing is sent to it.'}</p>
    </Blank>
  );
}
