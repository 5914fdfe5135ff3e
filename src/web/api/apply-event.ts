import type { InfiniteData, QueryClient } from '@tanstack/react-query';
import type { Job, ReceivedEvent, RunDetail, Runner, RunnerList, RunSummary } from '../../protocol/dashboard/index.ts';
import type { LiveEvent } from './live-connection.ts';
import { type EventPage, keys, matchesFilter, type RunFilter, type RunPage } from './queries.ts';
import { markOvertaken } from './settled.ts';

type RunPages = InfiniteData<RunPage, number | null>;
type EventPages = InfiniteData<EventPage, number | null>;

/** Brings what the page has read up to date with an event of the live feed. Log lines are not kept here. */
export function applyEvent(client: QueryClient, event: LiveEvent): void {
  switch (event.type) {
    case 'run':
      applyRun(client, event.value);
      break;
    case 'job':
      applyJob(client, event.value);
      break;
    case 'runner':
      applyRunners(client, (runners) => replaceOrAdd(runners, event.value));
      break;
    case 'runner-removed':
      applyRunners(client, (runners) => runners.filter(({ id }) => id !== event.value.id));
      break;
    case 'received-event':
      applyReceivedEvent(client, event.value);
      break;
  }
}

function applyRun(client: QueryClient, run: RunSummary): void {
  markOvertaken('runs');
  markOvertaken(`run:${run.id}`);
  for (const { queryKey } of client.getQueryCache().findAll({ queryKey: ['runs'] })) {
    const filter = queryKey[1] as RunFilter;
    client.setQueryData<RunPages>(queryKey, (old) => old && { ...old, pages: placeRun(old.pages, run, filter) });
  }
  applyRunToEvents(client, run);
  const old = client.getQueryData<RunDetail>(keys.run(run.id));
  client.setQueryData<RunDetail>(keys.run(run.id), old && { ...old, ...run });
  if (old && isReadAgain(old, run)) void client.invalidateQueries({ queryKey: keys.run(run.id) });
  void client.invalidateQueries({ queryKey: keys.explanation('run', run.id) });
}

function applyRunToEvents(client: QueryClient, run: RunSummary): void {
  client.setQueriesData<EventPages>(
    { queryKey: keys.events() },
    (old) => old && { ...old, pages: old.pages.map(withRun(run)) },
  );
}

const withRun =
  ({ id, status, conclusion }: RunSummary) =>
  (page: EventPage): EventPage => ({
    ...page,
    events: page.events.map((event) =>
      event.runs.some((run) => run.id === id)
        ? { ...event, runs: event.runs.map((run) => (run.id === id ? { ...run, status, conclusion } : run)) }
        : event,
    ),
  });

/** Attempts and what environments wait for come with the whole run only. */
const isReadAgain = (old: RunSummary, run: RunSummary): boolean =>
  old.attempt !== run.attempt || (old.status !== run.status && [old.status, run.status].includes('waiting'));

/** The pages with `run` in its place: replaced, added on top when it is new, or dropped when it no longer fits. */
export function placeRun(pages: RunPage[], run: RunSummary, filter: RunFilter): RunPage[] {
  const fits = matchesFilter(run, filter);
  const isListed = pages.some(({ runs }) => runs.some(({ id }) => id === run.id));
  if (isListed) {
    const replace = (other: RunSummary) => (other.id !== run.id ? other : fits ? run : []);
    return pages.map((page) => ({ ...page, runs: page.runs.flatMap(replace) }));
  }
  const [first, ...rest] = pages;
  if (!fits || !first || (first.runs[0] && first.runs[0].id > run.id)) return pages;
  return [{ ...first, runs: [run, ...first.runs] }, ...rest];
}

function applyReceivedEvent(client: QueryClient, event: ReceivedEvent): void {
  markOvertaken('received-events');
  // A schedule has fallen due, or a push has changed it.
  void client.invalidateQueries({ queryKey: keys.schedules() });
  for (const { queryKey } of client.getQueryCache().findAll({ queryKey: keys.events() })) {
    const repository = queryKey[1] as string;
    if (repository !== '' && repository.toLowerCase() !== event.repository.toLowerCase()) continue;
    client.setQueryData<EventPages>(queryKey, (old) => old && { ...old, pages: placeEvent(old.pages, event) });
  }
}

/** The pages with `event` on top, unless it is there already. */
export function placeEvent(pages: EventPage[], event: ReceivedEvent): EventPage[] {
  const [first, ...rest] = pages;
  if (!first || pages.some(({ events }) => events.some(({ id }) => id === event.id))) return pages;
  return [{ ...first, events: [event, ...first.events] }, ...rest];
}

function applyJob(client: QueryClient, job: Job): void {
  markOvertaken(`run:${job.runId}`);
  const run = client.getQueryData<RunDetail>(keys.run(job.runId));
  const known = run?.jobs.find(({ id }) => id === job.id);
  // An unknown job of an older attempt has been replaced by one of the newest.
  if (run && (known || job.attempt === run.attempt)) {
    client.setQueryData<RunDetail>(keys.run(job.runId), { ...run, jobs: replaceOrAdd(run.jobs, job) });
  }
  if (run && (job.attempt > run.attempt || [known?.status, job.status].includes('waiting'))) {
    void client.invalidateQueries({ queryKey: keys.run(job.runId) });
  }
  void client.invalidateQueries({ queryKey: keys.explanation('job', job.id) });
  void client.invalidateQueries({ queryKey: keys.explanation('run', job.runId) });
}

function applyRunners(client: QueryClient, change: (runners: Runner[]) => Runner[]): void {
  markOvertaken('runners');
  client.setQueryData<RunnerList>(keys.runners, (old) => old && { runners: change(old.runners) });
}

function replaceOrAdd<T extends { id: number }>(list: T[], item: T): T[] {
  const at = list.findIndex(({ id }) => id === item.id);
  return at < 0 ? [...list, item] : list.with(at, item);
}
