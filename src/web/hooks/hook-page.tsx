import { WebhookIcon } from '@primer/octicons-react';
import { Link } from 'wouter';
import type { Hook } from '../../protocol/dashboard/index.ts';
import { useDeliveries, useHooks } from '../api/queries.ts';
import { useLive } from '../api/use-live.ts';
import { Blank, Reading } from '../components/page-state.tsx';
import { PagedList } from '../components/paged-list.tsx';
import { useTitle } from '../components/use-title.ts';
import { DeliveryRow } from './delivery-row.tsx';
import { hookState, placeOf } from './facts.ts';
import { HookBadge } from './hooks-page.tsx';

/** One hook and the log of what it was told. */
export function HookPage({ id }: { id: number }) {
  const read = useHooks();
  const hook = read.data?.hooks.find((one) => one.id === id);
  useLive();
  useTitle(hook ? `Webhook ${hook.url}` : 'Webhook');
  return (
    <div className="page">
      <Reading of={read} rows={8} height={48}>
        {() => (hook ? <Shown hook={hook} /> : <NoSuchHook />)}
      </Reading>
    </div>
  );
}

function Shown({ hook }: { hook: Hook }) {
  return (
    <>
      <HookHead hook={hook} />
      <Deliveries hook={hook} />
    </>
  );
}

function NoSuchHook() {
  return (
    <Blank icon={<WebhookIcon size={24} />} title="There is no such webhook">
      <Link href="/hooks">To the webhooks</Link>
    </Blank>
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
  return (
    <PagedList
      of={useDeliveries(hook.path)}
      itemsOf={({ deliveries }) => deliveries}
      rows={8}
      height={48}
      more="Older deliveries"
      none={<NoDeliveries hook={hook} />}
    >
      {(delivery) => <DeliveryRow key={delivery.id} hook={hook} delivery={delivery} />}
    </PagedList>
  );
}

function NoDeliveries({ hook: { isActive } }: { hook: Hook }) {
  return (
    <Blank icon={<WebhookIcon size={24} />} title="Nothing was sent in the last seven days">
      <p>{isActive ? 'The next event that it wants shows here.' : 'It is off: nothing is sent to it.'}</p>
    </Blank>
  );
}
