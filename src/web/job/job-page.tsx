import type { Job, RunDetail } from '../../protocol/dashboard/index.ts';
import { useRun } from '../api/queries.ts';
import { useLive } from '../api/use-live.ts';
import { Blank, Failure, SkeletonRows } from '../components/page-state.tsx';
import { useTitle } from '../components/use-title.ts';
import { stateOf } from '../format/state.ts';
import type { LogStore } from '../log/log-store.ts';
import { LogView } from '../log/log-view.tsx';
import { Annotations } from '../run/annotations.tsx';
import { DownloadButton } from './download-button.tsx';
import { JobHeader } from './job-header.tsx';
import { useLogStore } from './use-log-store.ts';

interface JobPageProps {
  runId: number;
  jobId: number;
}

/** One job: its steps and their live log. */
export function JobPage({ runId, jobId }: JobPageProps) {
  const { data: run, error, refetch } = useRun(runId);
  const job = run?.jobs.find(({ id }) => id === jobId);
  const store = useLogStore(jobId, job);
  useLive({
    run: runId,
    job: jobId,
    onOpen: () => store.retry(),
    onLog({ step, from, lines }) {
      store.put(step, from, lines);
    },
  });
  useTitle(job ? `${job.name} · ${run?.title}` : `Job ${jobId}`, job && stateOf(job));
  return (
    <div className="page">
      {run && job ? (
        <JobContent run={run} job={job} store={store} />
      ) : run ? (
        <Blank icon={null} title="This run has no such job" />
      ) : error ? (
        <Failure error={error} onRetry={() => void refetch()} />
      ) : (
        <SkeletonRows rows={6} height={40} />
      )}
    </div>
  );
}

function JobContent({ run, job, store }: { run: RunDetail; job: Job; store: LogStore }) {
  return (
    <>
      <JobHeader run={run} job={job} />
      <Annotations jobs={[job]} />
      {job.steps.length > 0 && (
        <LogView steps={job.steps} isRunning={job.status === 'in_progress'} store={store}>
          <DownloadButton repository={run.repository} jobId={job.id} />
        </LogView>
      )}
    </>
  );
}
