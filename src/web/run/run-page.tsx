import { useSearch } from 'wouter';
import { useRun } from '../api/queries.ts';
import { useLive } from '../api/use-live.ts';
import { Reading } from '../components/page-state.tsx';
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
  const read = useRun(id, asked);
  const run = read.data;
  useLive({ run: id });
  useTitle(run?.title ?? `Run ${id}`, run && stateOf(run));
  return (
    <div className="page">
      <Reading of={read} rows={5} height={72}>
        {(found) => <RunContent shown={shownRun(found, asked)} />}
      </Reading>
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
