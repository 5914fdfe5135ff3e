import { SyncIcon } from '@primer/octicons-react';
import { Button } from '@primer/react';
import { useState } from 'react';
import type { Hook, HookDelivery } from '../../protocol/dashboard/index.ts';
import { send } from '../api/client.ts';
import { useDelivery } from '../api/queries.ts';
import { currentToken } from '../api/token.ts';
import { errorMessage } from '../shell/error-message.ts';

interface DeliveryDetailProps {
  hook: Hook;
  delivery: HookDelivery;
}

/** Both sides of one try, and the way to try again. */
export function DeliveryDetail({ hook, delivery }: DeliveryDetailProps) {
  const { data, error, refetch } = useDelivery(hook.path, delivery.id);
  return (
    <>
      <Redeliver hook={hook} delivery={delivery} />
      {data ? (
        <div className="delivery-sides">
          <Side title="Request" headers={data.request.headers} body={JSON.stringify(data.request.payload, null, 2)} />
          <Side title="Response" headers={data.response.headers} body={data.response.payload ?? ''} />
        </div>
      ) : error ? (
        <p role="alert">
          {error.message}{' '}
          <Button size="small" onClick={() => void refetch()}>
            Try again
          </Button>
        </p>
      ) : (
        <div className="delivery-sides" role="status" aria-label="Loading">
          <span className="skeleton delivery-skeleton" />
          <span className="skeleton delivery-skeleton" />
        </div>
      )}
    </>
  );
}

type Sending = { state: 'idle' | 'sending' | 'asked' } | { state: 'failed'; why: string };

function Redeliver({ hook, delivery }: DeliveryDetailProps) {
  const [sending, setSending] = useState<Sending>({ state: 'idle' });
  const redeliver = async () => {
    setSending({ state: 'sending' });
    try {
      await send({ path: `${hook.path}/deliveries/${delivery.id}/attempts`, body: {} }, currentToken());
      setSending({ state: 'asked' });
    } catch (error) {
      setSending({ state: 'failed', why: errorMessage(error) });
    }
  };
  return (
    <div className="delivery-actions">
      <Button
        size="small"
        leadingVisual={SyncIcon}
        loading={sending.state === 'sending'}
        disabled={!hook.isActive}
        onClick={() => void redeliver()}
      >
        Redeliver
      </Button>
      <span role="status" className="small">
        {sending.state === 'asked' && 'Asked for: the new delivery comes to the top of the list.'}
        {sending.state === 'failed' && sending.why}
        {sending.state === 'idle' && !hook.isActive && 'The webhook is off.'}
      </span>
      <code className="delivery-guid muted">{delivery.guid}</code>
    </div>
  );
}

interface SideProps {
  title: string;
  headers: Record<string, string>;
  body: string;
}

function Side({ title, headers, body }: SideProps) {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return (
    <section aria-label={title}>
      <h3>{title}</h3>
      {lines.length > 0 && <pre className="delivery-text">{lines.join('\n')}</pre>}
      {body === '' ? (
        <p className="muted small">No body</p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: whoever has no mouse scrolls it by keys.
        <pre className="delivery-text delivery-body" tabIndex={0}>
          {body}
        </pre>
      )}
    </section>
  );
}
