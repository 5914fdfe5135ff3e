import { ServerIcon } from '@primer/octicons-react';
import { Link } from 'wouter';
import type { Job } from '../../protocol/dashboard/index.ts';
import { StateIcon } from '../components/state-icon.tsx';
import { Duration } from '../components/times.tsx';
import { Why } from '../components/why.tsx';
import { FailedStep, Reason } from './reason.tsx';

/** A job in the run's graph: how it stands, and why. */
export function JobCard({ job }: { job: Job }) {
  return (
    <li className="job-card">
      <div className="job-card-head">
        <StateIcon of={job} />
        <Link href={`/runs/${job.runId}/jobs/${job.id}`} className="job-name" data-key-stop>
          {job.name}
        </Link>
        <span className="muted">
          <Duration from={job.startedAt} to={job.completedAt} />
        </span>
      </div>
      {job.needs.length > 0 && <p className="muted small">needs {job.needs.join(', ')}</p>}
      {job.reason === null ? <FailedStep job={job} /> : <Reason job={job} />}
      <div className="job-card-foot muted small">
        <span className="job-runner">
          {job.runner ? (
            <>
              <ServerIcon size={12} /> {job.runner.name}
            </>
          ) : (
            job.labels.join(', ')
          )}
        </span>
        <Why kind="job" id={job.id} name={job.name} />
      </div>
    </li>
  );
}
