import { ClockIcon, StopwatchIcon } from '@primer/octicons-react';
import { memo } from 'react';
import { Link } from 'wouter';
import type { RunSummary } from '../../protocol/dashboard/index.ts';
import { RefLabel } from '../components/ref-label.tsx';
import { StateIcon } from '../components/state-icon.tsx';
import { Duration, RelativeTime } from '../components/times.tsx';
import { Reason } from '../run/reason.tsx';
import { writeFilter } from './use-run-filter.ts';

export const RunRow = memo(function RunRow({ run }: { run: RunSummary }) {
  return (
    <li className="row">
      <StateIcon of={run} />
      <div className="row-main">
        <Link href={`/runs/${run.id}`} className="row-title" data-key-stop>
          {run.title}
        </Link>
        <div className="row-facts muted">
          <span className="strong">{run.workflow.name}</span> #{run.number}
          {run.attempt > 1 && `, attempt ${run.attempt}`} · {run.event} by {run.actor} ·{' '}
          <Link href={writeFilter({ repository: run.repository, status: '' })}>{run.repository}</Link>
        </div>
        <Reason of={run} />
      </div>
      <div className="row-ref">
        <RefLabel gitRef={run.ref} />
      </div>
      <div className="row-times muted">
        <span>
          <ClockIcon size={12} /> <RelativeTime at={run.createdAt} />
        </span>
        {run.startedAt && (
          <span>
            <StopwatchIcon size={12} /> <Duration from={run.startedAt} to={run.completedAt} />
          </span>
        )}
      </div>
    </li>
  );
});
