import { keepPreviousData, QueryClient, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import type {
  ArtifactList,
  Conclusion,
  Explanation,
  HookDelivery,
  HookDeliveryDetail,
  HookList,
  JobAtFleet,
  JobSummary,
  ReceivedEvent,
  ReceivedEventList,
  RunDetail,
  RunList,
  RunnerList,
  RunSummary,
  ScheduleList,
  ServerInfo,
  Status,
  Viewer,
} from '../../protocol/dashboard/index.ts';
import { ApiFailure, readJson } from './client.ts';
import { readSettled } from './settled.ts';
import { currentToken } from './token.ts';

export const runsPerPage = 30;
export const eventsPerPage = 30;
export const deliveriesPerPage = 30;
/** The live feed does not tell of webhooks: who looks at them asks. */
const hooksEveryMs = 3_000;
/** Nor of what the fleet does for a job that waits. */
const fleetEveryMs = 5_000;

export interface RunFilter {
  repository: string;
  /** A status or a conclusion, as in GitHub's `GET /repos/.../actions/runs?status=`; empty for all. */
  status: Status | Conclusion | '';
}

/** Also decides whether a run that comes over the live feed belongs into a list. */
export function matchesFilter(run: RunSummary, { repository, status }: RunFilter): boolean {
  if (repository !== '' && run.repository.toLowerCase() !== repository.toLowerCase()) return false;
  return status === '' || run.status === status || run.conclusion === status;
}

export const keys = {
  runs: (filter: RunFilter) => ['runs', filter] as const,
  /** Without an attempt: the newest one, and what live events change. */
  run: (id: number, attempt?: number) => (attempt === undefined ? ['run', id] : ['run', id, attempt]),
  /** Without a repository: those of all. */
  events: (repository?: string) => (repository === undefined ? ['received-events'] : ['received-events', repository]),
  schedules: (repository?: string) => (repository === undefined ? ['schedules'] : ['schedules', repository]),
  runners: ['runners'] as const,
  server: ['server'] as const,
  viewer: ['viewer'] as const,
  /** Changes with the number of steps that have written one. */
  summary: (jobId: number, steps: number) => ['summary', jobId, steps] as const,
  /** Changes with the number of jobs that have ended. */
  artifacts: (runId: number, ended: number) => ['artifacts', runId, ended] as const,
  hooks: ['hooks'] as const,
  /** By the hook's path in REST. */
  deliveries: (hook: string) => ['deliveries', hook] as const,
  delivery: (hook: string, id: number) => ['delivery', hook, id] as const,
  explanation: (kind: 'run' | 'job', id: number) => ['explanation', kind, id] as const,
  /** Below the job's own, so that what is news there is news here. */
  jobAtFleet: (id: number) => ['explanation', 'job', id, 'fleet'] as const,
};

export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        // The live feed keeps data fresh, and every connection reads anew.
        staleTime: Number.POSITIVE_INFINITY,
        refetchOnWindowFocus: false,
        refetchOnReconnect: false,
        networkMode: 'always',
        retry: (failures, error) => failures < 2 && !(error instanceof ApiFailure && isFinal(error.status)),
        retryDelay: (failures) => 300 * 2 ** failures,
      },
    },
  });
}

const isFinal = (status: number): boolean => status >= 400 && status < 500 && status !== 429;

/** What one read gave; live events change `runs` later, but not where the next page begins. */
export interface RunPage {
  runs: RunSummary[];
  /** Id to read before for the next page. */
  next: number | null;
}

async function readRuns(filter: RunFilter, before: number | null, signal: AbortSignal): Promise<RunPage> {
  const query = new URLSearchParams({ limit: String(runsPerPage) });
  if (filter.repository !== '') query.set('repository', filter.repository);
  if (filter.status !== '') query.set('status', filter.status);
  if (before !== null) query.set('before', String(before));
  const { runs } = await readSettled('runs', () => readJson<RunList>(`/runs?${query}`, signal));
  const next = runs.length < runsPerPage ? null : (runs.at(-1)?.id ?? null);
  return { runs, next };
}

export function useRuns(filter: RunFilter) {
  return useInfiniteQuery({
    queryKey: keys.runs(filter),
    queryFn: ({ pageParam, signal }) => readRuns(filter, pageParam, signal),
    initialPageParam: null as number | null,
    getNextPageParam: (page: RunPage) => page.next,
    placeholderData: keepPreviousData,
  });
}

export interface EventPage {
  events: ReceivedEvent[];
  /** Id to read before for the next page. */
  next: number | null;
}

async function readEvents(repository: string, before: number | null, signal: AbortSignal): Promise<EventPage> {
  const query = new URLSearchParams({ limit: String(eventsPerPage) });
  if (repository !== '') query.set('repository', repository);
  if (before !== null) query.set('before', String(before));
  const path = `/received-events?${query}`;
  const { events } = await readSettled('received-events', () => readJson<ReceivedEventList>(path, signal));
  const next = events.length < eventsPerPage ? null : (events.at(-1)?.id ?? null);
  return { events, next };
}

/** @param repository empty for all */
export function useReceivedEvents(repository: string) {
  return useInfiniteQuery({
    queryKey: keys.events(repository),
    queryFn: ({ pageParam, signal }) => readEvents(repository, pageParam, signal),
    initialPageParam: null as number | null,
    getNextPageParam: (page: EventPage) => page.next,
    placeholderData: keepPreviousData,
  });
}

/** @param repository empty for all */
export function useSchedules(repository: string) {
  const query = repository === '' ? '' : `?${new URLSearchParams({ repository })}`;
  return useQuery({
    queryKey: keys.schedules(repository),
    queryFn: ({ signal }) => readJson<ScheduleList>(`/schedules${query}`, signal),
    placeholderData: keepPreviousData,
  });
}

/** @param attempt an older one; without it the newest */
export function useRun(id: number, attempt?: number) {
  const query = attempt === undefined ? '' : `?attempt=${attempt}`;
  return useQuery({
    queryKey: keys.run(id, attempt),
    queryFn: ({ signal }) => readSettled(`run:${id}`, () => readJson<RunDetail>(`/runs/${id}${query}`, signal)),
  });
}

export function useRunners() {
  return useQuery({
    queryKey: keys.runners,
    queryFn: ({ signal }) => readSettled('runners', () => readJson<RunnerList>('/runners', signal)),
  });
}

export function useServer() {
  return useQuery({
    queryKey: keys.server,
    queryFn: ({ signal }) => readJson<ServerInfo>('/server', signal),
  });
}

/** Whose token the page sends; asked only where it has one. */
export function useViewer() {
  return useQuery({
    queryKey: keys.viewer,
    queryFn: ({ signal }) => readJson<Viewer>('/viewer', signal),
    enabled: currentToken() !== null,
  });
}

export function useHooks() {
  return useQuery({
    queryKey: keys.hooks,
    queryFn: ({ signal }) => readJson<HookList>('/hooks', signal),
    refetchInterval: hooksEveryMs,
  });
}

export interface DeliveryPage {
  deliveries: HookDelivery[];
  /** Id to read before for the next page. */
  next: number | null;
}

async function readDeliveries(hook: string, before: number | null, signal: AbortSignal): Promise<DeliveryPage> {
  const query = new URLSearchParams({ per_page: String(deliveriesPerPage) });
  if (before !== null) query.set('cursor', String(before));
  const deliveries = await readJson<HookDelivery[]>(`${hook}/deliveries?${query}`, signal);
  const next = deliveries.length < deliveriesPerPage ? null : (deliveries.at(-1)?.id ?? null);
  return { deliveries, next };
}

/** @param hook its path in REST */
export function useDeliveries(hook: string) {
  return useInfiniteQuery({
    queryKey: keys.deliveries(hook),
    queryFn: ({ pageParam, signal }) => readDeliveries(hook, pageParam, signal),
    initialPageParam: null as number | null,
    getNextPageParam: (page: DeliveryPage) => page.next,
    refetchInterval: hooksEveryMs,
  });
}

export function useDelivery(hook: string, id: number) {
  return useQuery({
    queryKey: keys.delivery(hook, id),
    queryFn: ({ signal }) => readJson<HookDeliveryDetail>(`${hook}/deliveries/${id}`, signal),
  });
}

export function useArtifacts(runId: number, ended: number) {
  return useQuery({
    queryKey: keys.artifacts(runId, ended),
    queryFn: ({ signal }) => readJson<ArtifactList>(`/runs/${runId}/artifacts`, signal),
    placeholderData: keepPreviousData,
  });
}

export function useSummary(jobId: number, steps: number) {
  return useQuery({
    queryKey: keys.summary(jobId, steps),
    queryFn: ({ signal }) => readJson<JobSummary>(`/jobs/${jobId}/summary`, signal),
    placeholderData: keepPreviousData,
  });
}

export function useExplanation(kind: 'run' | 'job', id: number, enabled: boolean) {
  return useQuery({
    queryKey: keys.explanation(kind, id),
    queryFn: ({ signal }) => readJson<Explanation>(`/${kind}s/${id}/explanation`, signal),
    enabled,
  });
}

/** Asked again while something keeps the job from a runner. */
export function useJobAtFleet(id: number, enabled: boolean) {
  return useQuery({
    queryKey: keys.jobAtFleet(id),
    queryFn: ({ signal }) => readJson<JobAtFleet>(`/jobs/${id}/explanation/fleet`, signal),
    enabled,
    refetchInterval: ({ state: { data } }) => (data?.firstBrokenLink ? fleetEveryMs : false),
  });
}
