import { ClockIcon } from '@primer/octicons-react';
import { Button } from '@primer/react';
import { useState } from 'react';
import type { PendingDeployment } from '../../protocol/dashboard/index.ts';
import { ReviewDialog } from '../actions/dialogs.tsx';
import { Countdown } from '../components/times.tsx';
import type { ShownRun } from './shown-run.ts';

/** What environments wait for, and the way to approve or reject: on top, since nothing goes on without it. */
export function PendingDeployments({ shown: { run, attempt } }: { shown: ShownRun }) {
  const [isOpen, setOpen] = useState(false);
  if (run.pendingDeployments.length === 0 || attempt !== undefined) return null;
  return (
    <section className="deployments" aria-label="Deployments that wait">
      <ul>
        {run.pendingDeployments.map((deployment) => (
          <li key={deployment.environment}>
            <ClockIcon size={16} />
            <div>
              <Wait deployment={deployment} />
              <p className="muted small">{deployment.jobs.join(', ')}</p>
            </div>
          </li>
        ))}
      </ul>
      <Button variant={isAsked(run.pendingDeployments) ? 'primary' : 'default'} onClick={() => setOpen(true)}>
        Review deployments
      </Button>
      {isOpen && <ReviewDialog runId={run.id} deployments={run.pendingDeployments} onClose={() => setOpen(false)} />}
    </section>
  );
}

function Wait({ deployment: { environment, reviewers, waitUntil } }: { deployment: PendingDeployment }) {
  return (
    <p>
      <strong>{environment}</strong> waits
      {reviewers.length > 0 && ` for approval by ${orList.format(reviewers)}`}
      {reviewers.length > 0 && waitUntil && ', and'}
      {waitUntil && (
        <>
          {' '}
          for its timer: <Countdown to={waitUntil} /> left
        </>
      )}
      .
    </p>
  );
}

/** Whether somebody has to act. */
const isAsked = (deployments: readonly PendingDeployment[]): boolean =>
  deployments.some(({ reviewers }) => reviewers.length > 0);

const orList = new Intl.ListFormat('en', { type: 'disjunction' });
