import { Link, useSearch } from 'wouter';
import type { Job, RunDetail } from '../../protocol/dashboard/index.ts';
import { useRun } from '../api/queries.ts';
import { useLive } from '../api/use-live.ts';
import { Blank, Reading } from '../components/page-state.tsx';
import { useTitle } from '../components/use-title.ts';
import { stateOf } from '../format/state.ts';
import type { LogStore } from '../log/log-store.ts';
import { LogView } from '../log/log-view.tsx';
import { Annotations } from '../run/annotations.tsx';
import { CalledJobs } from '../run/job-graph.tsx';
import { findNode, jobTree } from '../run/job-tree.ts';
import { jobPath, readAttempt } from '../run/paths.ts';
import { newestAttempt, type ShownRun, shownRun } from '../run/shown-run.ts';
import { DownloadButton } from './download-button.tsx';
import { JobHeader } from './job-header.tsx';
import { useLogStore } from './use-log-store.ts';

interface JobPageProps {
  runId: number;
  jobId: number;
}

/** One job: its steps and their live log, or the jobs that it calls. */
export function JobPage({ runId, jobId }: JobPageProps) {
  const asked = readAttempt(useSearch());
  const read = useRun(runId, asked);
  const run = read.data;
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
      <Reading of={read} rows={6} height={40}>
        {(found) =>
          job ? (
            <JobContent shown={shownRun(found, asked)} job={job} store={store} />
          ) : (
            <NoSuchJob run={found} jobId={jobId} />
          )
        }
      </Reading>
    </div>
  );
}

/** A re-run gives its jobs new ids: a link from before leads to an older attempt. */
function NoSuchJob({ run, jobId }: { run: RunDetail; jobId: number }) {
  const others = run.attempts.filter(({ attempt }) => attempt !== run.attempt);
  const pathTo = (attempt: number) =>
    jobPath({ id: jobId, runId: run.id }, attempt === newestAttempt(run) ? undefined : attempt);
  return (
    <Blank icon={null} title={`Attempt ${run.attempt} of this run has no such job`}>
      {others.length > 0 && <p>It may belong to another attempt:</p>}
      {others.map(({ attempt }) => (
        <Link key={attempt} href={pathTo(attempt)}>
          Attempt {attempt}
        </Link>
      ))}
    </Blank>
  );
}

function JobContent({ shown, job, store }: { shown: ShownRun; job: Job; store: LogStore }) {
  const { run, attempt } = shown;
  const node = job.calls === null ? undefined : findNode(jobTree(run.jobs), job.id);
  return (
    <>
      <JobHeader shown={shown} job={job} />
      <Annotations jobs={[job]} attempt={attempt} />
      {node && <CalledJobs shown={shown} node={node} />}
      {job.steps.length > 0 && (
        <LogView steps={job.steps} isRunning={job.status === 'in_progress'} store={store}>
          <DownloadButton repository={run.repository} jobId={job.id} />
        </LogView>
      )}
    </>
  );
}
