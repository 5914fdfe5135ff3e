import { useRef } from 'react';
import type { RunDetail } from '../../protocol/dashboard/index.ts';
import { useRun } from '../api/queries.ts';
import { useLive } from '../api/use-live.ts';
import { Failure, SkeletonRows } from '../components/page-state.tsx';
import { useListKeys } from '../components/use-list-keys.ts';
import { useTitle } from '../components/use-title.ts';
import { Why } from '../components/why.tsx';
import { stateOf } from '../format/state.ts';
import { Annotations } from './annotations.tsx';
import { JobCard } from './job-card.tsx';
import { jobStages } from './job-stages.ts';
import { RunHeader } from './run-header.tsx';
import { SourceErrors, SourceWarnings } from './source-notes.tsx';

/** One run: its jobs by what they need, errors and annotations. */
export function RunPage({ id }: { id: number }) {
  const { data: run, error, refetch } = useRun(id);
  useLive({ run: id });
  useTitle(run?.title ?? `Run ${id}`, run && stateOf(run));
  return (
    <div className="page">
      {run ? (
        <RunContent run={run} />
      ) : error ? (
        <Failure error={error} onRetry={() => void refetch()} />
      ) : (
        <SkeletonRows rows={5} height={72} />
      )}
    </div>
  );
}

function RunContent({ run }: { run: RunDetail }) {
  return (
    <>
      <RunHeader run={run}>
        <Why kind="run" id={run.id} name={run.title} />
      </RunHeader>
      <SourceErrors errors={run.errors} />
      <SourceWarnings warnings={run.warnings} />
      <JobGraph run={run} />
      <Annotations jobs={run.jobs} />
    </>
  );
}

function JobGraph({ run }: { run: RunDetail }) {
  const graph = useRef<HTMLElement>(null);
  useListKeys(graph);
  if (run.jobs.length === 0) {
    return run.errors.length > 0 ? null : <p className="muted">This run has no jobs.</p>;
  }
  return (
    <section ref={graph} aria-labelledby="jobs">
      <h2 id="jobs">
        Jobs <span className="muted">{run.jobs.length}</span>
      </h2>
      <div className="stages">
        {jobStages(run.jobs).map((jobs) => (
          <ul key={jobs[0]?.id} className="stage">
            {jobs.map((job) => (
              <JobCard key={job.id} job={job} />
            ))}
          </ul>
        ))}
      </div>
    </section>
  );
}
