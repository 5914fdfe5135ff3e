import { ServerIcon, StopwatchIcon } from '@primer/octicons-react';
import { Link } from 'wouter';
import type { Job, RunDetail } from '../../protocol/dashboard/index.ts';
import { StateIcon } from '../components/state-icon.tsx';
import { Duration } from '../components/times.tsx';
import { Why } from '../components/why.tsx';
import { stateWord } from '../format/state.ts';
import { Reason } from '../run/reason.tsx';
import { writeFilter } from '../runs/use-run-filter.ts';

/** How the job stands, and why. */
export function JobHeader({ run, job }: { run: RunDetail; job: Job }) {
  return (
    <header className="subject">
      <p className="crumbs muted">
        <Link href="/">Runs</Link> /{' '}
        <Link href={writeFilter({ repository: run.repository, status: '' })}>{run.repository}</Link> /{' '}
        <Link href={`/runs/${run.id}`}>{run.title}</Link>
      </p>
      <h1>
        <StateIcon of={job} size={24} /> <span>{job.name}</span>
      </h1>
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
        {job.labels.length > 0 && <span>runs-on: {job.labels.join(', ')}</span>}
        {job.needs.length > 0 && <span>needs: {job.needs.join(', ')}</span>}
      </div>
      <Reason job={job} />
      <Why kind="job" id={job.id} name={job.name} />
    </header>
  );
}
