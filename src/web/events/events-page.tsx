import { ZapIcon } from '@primer/octicons-react';
import { Button } from '@primer/react';
import { useLocation, useSearch } from 'wouter';
import { useReceivedEvents, useSchedules } from '../api/queries.ts';
import { useLive } from '../api/use-live.ts';
import { Blank } from '../components/page-state.tsx';
import { PagedList } from '../components/paged-list.tsx';
import { RepositoryField } from '../components/repository-field.tsx';
import { useTitle } from '../components/use-title.ts';
import { PushHelp } from '../runs/push-help.tsx';
import { EventRow } from './event-row.tsx';
import { eventsPath, readRepository } from './events-path.ts';
import { Schedules } from './schedules.tsx';

/** What came in, newest first, and what it started and did not start: the answer to "my workflow did not start". */
export function EventsPage() {
  const repository = readRepository(useSearch());
  const [, navigate] = useLocation();
  useTitle(repository === '' ? 'Events' : `Events of ${repository}`);
  useLive();
  return (
    <div className="page">
      <div className="page-head">
        <h1>Events</h1>
        <search className="filters">
          <RepositoryField repository={repository} onChange={(next) => navigate(eventsPath(next))} />
        </search>
      </div>
      <EventList repository={repository} onClear={() => navigate(eventsPath(''))} />
    </div>
  );
}

interface EventListProps {
  repository: string;
  onClear: () => void;
}

function EventList({ repository, onClear }: EventListProps) {
  const read = useReceivedEvents(repository);
  const schedules = useSchedules(repository);
  return (
    <PagedList
      // Both at once, so that nothing jumps. Without the schedules the page is still of use.
      of={{ ...read, data: schedules.isPending ? undefined : read.data }}
      itemsOf={({ events }) => events}
      rows={6}
      height={104}
      more="Older events"
      none={<NoEvents repository={repository} onClear={onClear} />}
      head={<Schedules schedules={schedules.data?.schedules ?? []} />}
    >
      {(event) => <EventRow key={event.id} event={event} />}
    </PagedList>
  );
}

function NoEvents({ repository, onClear }: EventListProps) {
  if (repository === '') return <PushHelp />;
  return (
    <Blank icon={<ZapIcon size={24} />} title={`No event of ${repository} has come in`}>
      <p>A push reaches this server only when its remote is this server; other events come by webhook or REST.</p>
      <Button onClick={onClear}>Show all events</Button>
    </Blank>
  );
}
