import { useSearch } from 'wouter';
import { useRun } from '../api/queries.ts';
import { useLive } from '../api/use-live.ts';
import { Failure, SkeletonRows } from '../components/page-state.tsx';
import { useTitle } from '../components/use-title.ts';
import { Why } from '../components/why.tsx';
import { stateOf } from '../format/state.ts';
import { Annotations } from './annotations.tsx';
import { Artifacts } from './artifacts.tsx';
import { JobGraph } from './job-graph.tsx';
import { readAttempt } from './paths.ts';
import { PendingDeployments } from './pending-deployments.tsx';
import { RunHeader } from './run-header.tsx';
import { type ShownRun, shownRun } from './shown-run.ts';
import { SourceErrors, SourceWarnings } from './source-notes.tsx';
import { Summaries } from './summaries.tsx';

/** One run: its jobs by what they need, errors and annotations. */
export function RunPage({ id }: { id: number }) {
  const asked = readAttempt(useSearch());
  const { data: run, error, refetch } = useRun(id, asked);
  useLive({ run: id });
  useTitle(run?.title ?? `Run ${id}`, run && stateOf(run));
  return (
    <div className="page">
      {run ? (
        <RunContent shown={shownRun(run, asked)} />
      ) : error ? (
        <Failure error={error} onRetry={() => void refetch()} />
      ) : (
        <SkeletonRows rows={5} height={72} />
      )}
    </div>
  );
}

function RunContent({ shown }: { shown: ShownRun }) {
  const { run, attempt } = shown;
  return (
    <>
      <RunHeader shown={shown}>{attempt === undefined && <Why kind="run" id={run.id} name={run.title} />}</RunHeader>
      <PendingDeployments shown={shown} />
      <SourceErrors errors={run.errors} />
      <SourceWarnings warnings={run.warnings} />
      <JobGraph shown={shown} />
      <Annotations jobs={run.jobs} attempt={attempt} />
      <Artifacts run={run} attempt={attempt} />
      <Summaries jobs={run.jobs} attempt={attempt} />
    </>
  );
}
