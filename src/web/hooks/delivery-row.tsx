import { AlertIcon, CheckIcon, ChevronRightIcon } from '@primer/octicons-react';
import { memo, useId, useState } from 'react';
import type { Hook, HookDelivery } from '../../protocol/dashboard/index.ts';
import { RelativeTime } from '../components/times.tsx';
import { DeliveryDetail } from './delivery-detail.tsx';
import { answerOf, eventOf, isTaken } from './facts.ts';

interface DeliveryRowProps {
  hook: Hook;
  delivery: HookDelivery;
}

/** One try, which unfolds to what was sent and answered. */
export const DeliveryRow = memo(function DeliveryRow({ hook, delivery }: DeliveryRowProps) {
  const [isOpen, setOpen] = useState(false);
  const panel = useId();
  const taken = isTaken(delivery);
  return (
    <li className="delivery">
      <button
        type="button"
        className="delivery-head"
        aria-expanded={isOpen}
        aria-controls={panel}
        data-key-stop
        onClick={() => setOpen(!isOpen)}
      >
        <ChevronRightIcon size={16} className={isOpen ? 'chevron open' : 'chevron'} />
        <span className={taken ? 'state-icon state-success' : 'state-icon state-failure'}>
          {taken ? <CheckIcon size={16} aria-label="Taken" /> : <AlertIcon size={16} aria-label="Not taken" />}
        </span>
        <span className="delivery-event">
          <span className="strong">{eventOf(delivery)}</span>
          {delivery.redelivery && <span className="label">again</span>}
        </span>
        <span className="delivery-answer">{answerOf(delivery)}</span>
        <span className="delivery-times muted small">
          <span>{Math.round(delivery.duration * 1000)} ms</span>
          <RelativeTime at={delivery.delivered_at} />
        </span>
      </button>
      {isOpen && (
        <div id={panel} className="delivery-panel">
          <DeliveryDetail hook={hook} delivery={delivery} />
        </div>
      )}
    </li>
  );
});
