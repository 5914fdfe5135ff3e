import {
  DASHBOARD_PREFIX,
  type EventRequest,
  type EventResponse,
  type Explanation,
  type Job,
  type JobSummary,
  type LiveEvents,
  type LogPage,
  type MirrorState,
  type ReceivedEvent,
  type ReceivedEventList,
  type RerunRequest,
  type RunDetail,
  type RunList,
  type RunnerList,
  type RunSummary,
  type ScheduleList,
  type Wall,
  type WallState,
} from '../../protocol/dashboard/index.ts';
import type { Endpoint } from './endpoints.ts';
import { openEventStream } from './event-stream.ts';
import { HttpClient } from './http.ts';

/** `{ name: 'job', value: Job }` and so on. */
export type LiveEvent = { [Name in keyof LiveEvents]: { name: Name; value: LiveEvents[Name] } }[keyof LiveEvents];

const repositoryPath = (repository: string): string => repository.split('/').map(encodeURIComponent).join('/');

function wordsOf({ repository, limit }: { repository?: string; limit?: number }): URLSearchParams {
  const words = new URLSearchParams();
  if (repository) words.set('repository', repository);
  if (limit) words.set('limit', String(limit));
  return words;
}

const mirrorPath = (repository: string): string => `${DASHBOARD_PREFIX}/repos/${repositoryPath(repository)}/mirror`;

/** What a wall can stand around. */
export type Walled = { runner: number } | { group: string };

const wallPath = (walled: Walled): string =>
  'group' in walled
    ? `${DASHBOARD_PREFIX}/runner-groups/${encodeURIComponent(walled.group)}/wall`
    : `${DASHBOARD_PREFIX}/runners/${walled.runner}/wall`;

/** What the commands ask of a server, through its own API and GitHub's. */
export class ServerClient {
  readonly http: HttpClient;

  constructor(endpoint: Endpoint) {
    this.http = new HttpClient(endpoint);
  }

  runs(query: { repository?: string; limit?: number }): Promise<RunList> {
    return this.http.json(`${DASHBOARD_PREFIX}/runs?${wordsOf(query)}`);
  }

  receivedEvents(query: { repository?: string; limit?: number }): Promise<ReceivedEventList> {
    return this.http.json(`${DASHBOARD_PREFIX}/received-events?${wordsOf(query)}`);
  }

  receivedEvent(id: number): Promise<ReceivedEvent> {
    return this.http.json(`${DASHBOARD_PREFIX}/received-events/${id}`);
  }

  schedules(repository: string | undefined): Promise<ScheduleList> {
    return this.http.json(`${DASHBOARD_PREFIX}/schedules?${wordsOf({ repository })}`);
  }

  /** @param attempt without it the newest */
  run(id: number, attempt?: number): Promise<RunDetail> {
    const words = attempt === undefined ? '' : `?attempt=${attempt}`;
    return this.http.json(`${DASHBOARD_PREFIX}/runs/${id}${words}`);
  }

  explanation(kind: 'run' | 'job', id: number): Promise<Explanation> {
    return this.http.json(`${DASHBOARD_PREFIX}/${kind}s/${id}/explanation`);
  }

  summary(job: Job['id']): Promise<JobSummary> {
    return this.http.json(`${DASHBOARD_PREFIX}/jobs/${job}/summary`);
  }

  /** The runner's own log of a job as a zip archive. */
  diagnostics(job: Job['id']): Promise<Buffer> {
    return this.http.bytes(`${DASHBOARD_PREFIX}/jobs/${job}/diagnostics`);
  }

  log(job: Job['id'], step: number, from: number): Promise<LogPage> {
    return this.http.json(`${DASHBOARD_PREFIX}/jobs/${job}/steps/${step}/log?from=${from}&limit=5000`);
  }

  startEvent(repository: string, request: EventRequest): Promise<EventResponse> {
    const path = `${DASHBOARD_PREFIX}/repos/${repositoryPath(repository)}/events`;
    return this.http.json(path, { method: 'POST', body: request });
  }

  async setSecret(repository: string, name: string, value: string): Promise<void> {
    const path = `${DASHBOARD_PREFIX}/repos/${repositoryPath(repository)}/secrets/${encodeURIComponent(name)}`;
    await this.http.send(path, { method: 'PUT', body: { value } });
  }

  async setVariable(repository: string, name: string, value: string): Promise<void> {
    const path = `/api/v3/repos/${repositoryPath(repository)}/actions/variables`;
    await this.http.send(path, { method: 'POST', body: { name, value } });
  }

  /** @param force asks no condition and waits for no runner (SEM-28.6) */
  async cancelRun(id: number, force = false): Promise<void> {
    const action = force ? 'force-cancel' : 'cancel';
    await this.http.send(`${DASHBOARD_PREFIX}/runs/${id}/${action}`, { method: 'POST' });
  }

  rerun(id: number, request: RerunRequest): Promise<RunSummary> {
    return this.http.json(`${DASHBOARD_PREFIX}/runs/${id}/rerun`, { method: 'POST', body: request });
  }

  runners(): Promise<RunnerList> {
    return this.http.json(`${DASHBOARD_PREFIX}/runners`);
  }

  wall(walled: Walled): Promise<WallState> {
    return this.http.json(wallPath(walled));
  }

  setWall(walled: Walled, wall: Wall): Promise<WallState> {
    return this.http.json(wallPath(walled), { method: 'PUT', body: wall });
  }

  async removeWall(walled: Walled): Promise<void> {
    await this.http.send(wallPath(walled), { method: 'DELETE' });
  }

  mirror(repository: string): Promise<MirrorState> {
    return this.http.json(mirrorPath(repository));
  }

  setMirror(repository: string, original: { url: string; token?: string }): Promise<MirrorState> {
    return this.http.json(mirrorPath(repository), { method: 'PUT', body: original });
  }

  syncMirror(repository: string): Promise<MirrorState> {
    return this.http.json(`${mirrorPath(repository)}/sync`, { method: 'POST' });
  }

  async removeMirror(repository: string): Promise<void> {
    await this.http.send(mirrorPath(repository), { method: 'DELETE' });
  }

  /** Resolves once the server has accepted the stream; see openEventStream. */
  async events(filter: { job?: number }, signal: AbortSignal): Promise<AsyncIterable<LiveEvent>> {
    const words = filter.job === undefined ? '' : `?job=${filter.job}`;
    return liveEvents(await openEventStream(this.http, `${DASHBOARD_PREFIX}/events${words}`, signal));
  }
}

async function* liveEvents(stream: AsyncIterable<{ event: string; data: string }>): AsyncGenerator<LiveEvent> {
  for await (const { event, data } of stream) {
    yield { name: event, value: JSON.parse(data) } as LiveEvent;
  }
}
