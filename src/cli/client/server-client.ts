import {
  DASHBOARD_PREFIX,
  type EventRequest,
  type EventResponse,
  type Explanation,
  type Job,
  type LiveEvents,
  type LogPage,
  type ReceivedEvent,
  type ReceivedEventList,
  type RunDetail,
  type RunList,
  type ScheduleList,
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

  run(id: number): Promise<RunDetail> {
    return this.http.json(`${DASHBOARD_PREFIX}/runs/${id}`);
  }

  explanation(kind: 'run' | 'job', id: number): Promise<Explanation> {
    return this.http.json(`${DASHBOARD_PREFIX}/${kind}s/${id}/explanation`);
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

  async cancelRun(repository: string, id: number): Promise<void> {
    await this.http.send(`/api/v3/repos/${repositoryPath(repository)}/actions/runs/${id}/cancel`, { method: 'POST' });
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
