import { WorkflowIcon } from '@primer/octicons-react';
import { Button } from '@primer/react';
import { Link } from 'wouter';
import { useRuns } from '../api/queries.ts';
import { useLive } from '../api/use-live.ts';
import { Blank } from '../components/page-state.tsx';
import { PagedList } from '../components/paged-list.tsx';
import { useTitle } from '../components/use-title.ts';
import { eventsPath } from '../events/events-path.ts';
import { PushHelp } from './push-help.tsx';
import { RunRow } from './run-row.tsx';
import { RunsFilter } from './runs-filter.tsx';
import { useRunFilter } from './use-run-filter.ts';

/** All runs, newest first. */
export function RunsPage() {
  const [filter, setFilter] = useRunFilter();
  useTitle(filter.repository === '' ? 'Runs' : `Runs of ${filter.repository}`);
  useLive();
  return (
    <div className="page">
      <div className="page-head">
        <h1>Runs</h1>
        <RunsFilter filter={filter} onChange={setFilter} />
      </div>
      <RunList filter={filter} onClear={() => setFilter({ repository: '', status: '' })} />
    </div>
  );
}

interface RunListProps {
  filter: ReturnType<typeof useRunFilter>[0];
  onClear: () => void;
}

function RunList({ filter, onClear }: RunListProps) {
  return (
    <PagedList
      of={useRuns(filter)}
      itemsOf={({ runs }) => runs}
      rows={8}
      height={64}
      more="Older runs"
      none={<NoRuns filter={filter} onClear={onClear} />}
    >
      {(run) => <RunRow key={run.id} run={run} />}
    </PagedList>
  );
}

function NoRuns({ filter: { repository, status }, onClear }: RunListProps) {
  if (repository === '' && status === '') return <PushHelp />;
  return (
    <Blank icon={<WorkflowIcon size={24} />} title="No run matches">
      <p>
        Did a workflow not start? <Link href={eventsPath(repository)}>Events</Link> say what came in, and why it started
        nothing.
      </p>
      <Button onClick={onClear}>Show all runs</Button>
    </Blank>
  );
}
