import { ServerIcon, SyncIcon, WorkflowIcon } from '@primer/octicons-react';
import { IconButton } from '@primer/react';
import { type ReactNode, useState } from 'react';
import { Link } from 'wouter';
import type { Job } from '../../protocol/dashboard/index.ts';
import { RerunDialog } from '../actions/dialogs.tsx';
import { EnvironmentBadge } from '../components/environment-badge.tsx';
import { StateIcon } from '../components/state-icon.tsx';
import { Duration } from '../components/times.tsx';
import { Why } from '../components/why.tsx';
import { calledName } from '../format/called.ts';
import { jobPath } from './paths.ts';
import { FailedStep, Reason } from './reason.tsx';
import { canRerun, type ShownRun } from './shown-run.ts';

interface JobCardProps {
  shown: ShownRun;
  job: Job;
  /** Without the names of its callers. */
  name: string;
  /** The jobs of the workflow that it calls. */
  children?: ReactNode;
}

/** A job in the run's graph: how it stands, and why. */
export function JobCard({ shown, job, name, children }: JobCardProps) {
  const { attempt } = shown;
  return (
    <li className={job.calls === null ? 'job-card' : 'job-card is-caller'}>
      <div className="job-card-head">
        <StateIcon of={job} />
        <Link href={jobPath(job, attempt)} className="job-name" data-key-stop>
          {name}
        </Link>
        <span className="muted">
          <Duration from={job.startedAt} to={job.completedAt} />
        </span>
      </div>
      {job.needs.length > 0 && <p className="muted small">needs {job.needs.join(', ')}</p>}
      {job.calls !== null && (
        <p className="muted small calls">
          <WorkflowIcon size={12} /> calls <code title={job.calls}>{calledName(job.calls, shown.run)}</code>
        </p>
      )}
      {job.environment && <EnvironmentBadge environment={job.environment} />}
      {job.reason === null ? <FailedStep job={job} attempt={attempt} /> : <Reason of={job} />}
      <div className="job-card-foot muted small">
        <span className="job-runner">
          <Place job={job} />
          {job.attempt < shown.run.attempt && <span> · from attempt {job.attempt}</span>}
        </span>
        {canRerun(shown) && <RerunButton shown={shown} job={job} />}
        <Why kind="job" id={job.id} name={job.name} />
      </div>
      {children}
    </li>
  );
}

/** Where it runs, or what it asks for. */
function Place({ job }: { job: Job }) {
  if (!job.runner) return job.labels.join(', ');
  return (
    <>
      <ServerIcon size={12} /> {job.runner.name}
    </>
  );
}

function RerunButton({ shown, job }: Pick<JobCardProps, 'shown' | 'job'>) {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <IconButton
        icon={SyncIcon}
        size="small"
        variant="invisible"
        aria-label={`Re-run ${job.name}`}
        onClick={() => setOpen(true)}
      />
      {isOpen && <RerunDialog run={shown.run} job={job} onClose={() => setOpen(false)} />}
    </>
  );
}
