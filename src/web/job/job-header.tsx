import { ServerIcon, StopwatchIcon, SyncIcon, WorkflowIcon } from '@primer/octicons-react';
import { Button } from '@primer/react';
import { useState } from 'react';
import { Link } from 'wouter';
import type { Job, RunDetail } from '../../protocol/dashboard/index.ts';
import { RerunDialog } from '../actions/dialogs.tsx';
import { EnvironmentBadge } from '../components/environment-badge.tsx';
import { StateIcon } from '../components/state-icon.tsx';
import { Duration } from '../components/times.tsx';
import { Why } from '../components/why.tsx';
import { calledName } from '../format/called.ts';
import { stateWord } from '../format/state.ts';
import { OldAttemptNote } from '../run/attempts.tsx';
import { runPath } from '../run/paths.ts';
import { Reason } from '../run/reason.tsx';
import { canRerun, type ShownRun } from '../run/shown-run.ts';
import { writeFilter } from '../runs/use-run-filter.ts';

/** How the job stands, and why. */
export function JobHeader({ shown, job }: { shown: ShownRun; job: Job }) {
  const { run, attempt } = shown;
  return (
    <header className="subject">
      <p className="crumbs muted">
        <Link href="/">Runs</Link> /{' '}
        <Link href={writeFilter({ repository: run.repository, status: '' })}>{run.repository}</Link> /{' '}
        <Link href={runPath(run.id, attempt)}>{run.title}</Link>
      </p>
      <div className="subject-head">
        <h1>
          <StateIcon of={job} size={24} /> <span>{job.name}</span>
        </h1>
        {canRerun(shown) && <RerunJob shown={shown} job={job} />}
      </div>
      <Facts run={run} job={job} />
      <OldAttemptNote shown={shown} />
      <Reason of={job} />
      <Why kind="job" id={job.id} name={job.name} />
    </header>
  );
}

function Facts({ run, job }: { run: RunDetail; job: Job }) {
  return (
    <div className="facts">
      <span className="strong">{stateWord(job)}</span>
      {job.startedAt && (
        <span>
          <StopwatchIcon size={12} /> <Duration from={job.startedAt} to={job.completedAt} />
        </span>
      )}
      {job.runner && (
        <span>
          <ServerIcon size={12} /> {job.runner.name}
        </span>
      )}
      {job.environment && <EnvironmentBadge environment={job.environment} />}
      {job.labels.length > 0 && <span>runs-on: {job.labels.join(', ')}</span>}
      {job.needs.length > 0 && <span>needs: {job.needs.join(', ')}</span>}
      {job.calls !== null && (
        <span className="calls">
          <WorkflowIcon size={12} /> calls <code title={job.calls}>{calledName(job.calls, run)}</code>
        </span>
      )}
    </div>
  );
}

function RerunJob({ shown, job }: { shown: ShownRun; job: Job }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <div className="subject-actions">
      <Button leadingVisual={SyncIcon} onClick={() => setOpen(true)}>
        Re-run this job
      </Button>
      {isOpen && <RerunDialog run={shown.run} job={job} onClose={() => setOpen(false)} />}
    </div>
  );
}
