import type {
  ScaleSet,
  ScaleSetJob,
  ScaleSetMessage,
  ScaleSetSession,
  ScaleSetStatistics,
} from '../../src/protocol/github/scale-sets.ts';
import type { TestServer } from './server.ts';
import { call } from './simulated-runner.ts';

interface List<T> {
  count: number;
  value: T[];
}

/** Speaks as ARC and `actions/scaleset` do, step by step (runner-protocol 10.1, 10.2): strict where they are. */
export class ScaleSetClient {
  readonly #url: string;
  readonly #token: string;

  private constructor(url: string, token: string) {
    this.#url = url;
    this.#token = token;
  }

  /** @param scope `orgs/me`, `repos/me/app` or `enterprises/switchyard` */
  static async connect(server: TestServer, scope = 'orgs/me'): Promise<ScaleSetClient> {
    const { token } = await server.rest<{ token: string }>(
      'POST',
      `/api/v3/${scope}/actions/runners/registration-token`,
    );
    const { status, body } = await call<{ url: string; token: string }>(
      'POST',
      `${server.url}/api/v3/actions/runner-registration`,
      {
        authorization: `RemoteAuth ${token}`,
        json: { url: `${server.url}/${scope.replace(/^(orgs|repos)\//, '')}`, runner_event: 'register' },
      },
    );
    if (status !== 200) throw new Error(`registration: ${status} ${JSON.stringify(body)}`);
    // The clients read when it ends.
    const { exp } = JSON.parse(Buffer.from(body.token.split('.')[1] ?? '', 'base64url').toString());
    if (typeof exp !== 'number') throw new Error('the token has no exp');
    return new ScaleSetClient(body.url, body.token);
  }

  /** As the Go clients put addresses together: with a slash too many. */
  async call<T>(method: string, path: string, json?: unknown): Promise<{ status: number; body: T }> {
    const url = `${this.#url}/_apis/${path}${path.includes('?') ? '&' : '?'}api-version=6.0-preview`;
    return call<T>(method, url, { token: this.#token, json });
  }

  async ok<T>(method: string, path: string, json?: unknown): Promise<T> {
    const { status, body } = await this.call<T>(method, path, json);
    if (status >= 300) throw new Error(`${method} ${path}: ${status} ${JSON.stringify(body)}`);
    return body;
  }

  create(name: string, labels: string[] = []): Promise<ScaleSet> {
    return this.ok('POST', 'runtime/runnerscalesets', {
      name,
      runnerGroupId: 1,
      labels: [name, ...labels].map((label) => ({ type: 'System', name: label })),
      RunnerSetting: { ephemeral: true, disableUpdate: true },
    });
  }

  list<T>(path: string): Promise<List<T>> {
    return this.ok('GET', path);
  }

  async listen(set: Pick<ScaleSet, 'id'>, ownerName = 'host'): Promise<ScaleSetListener> {
    const path = `runtime/runnerscalesets/${set.id}/sessions`;
    return new ScaleSetListener(this, await this.ok<ScaleSetSession>('POST', path, { ownerName }));
  }

  async jitConfig(set: Pick<ScaleSet, 'id'>, name: string): Promise<string> {
    const path = `runtime/runnerscalesets/${set.id}/generatejitconfig`;
    const { runner, encodedJITConfig } = await this.ok<{
      runner: { runnerScaleSetId: number };
      encodedJITConfig: string;
    }>('POST', path, { name, workFolder: '_work' });
    if (runner.runnerScaleSetId !== set.id) throw new Error('the runner belongs to another scale set');
    return encodedJITConfig;
  }
}

export class ScaleSetListener {
  readonly session: ScaleSetSession;
  readonly #client: ScaleSetClient;
  #lastMessageId = 0;
  #capacity = 10;
  statistics: ScaleSetStatistics;

  constructor(client: ScaleSetClient, session: ScaleSetSession) {
    this.#client = client;
    this.session = session;
    this.statistics = session.statistics;
  }

  get id(): number {
    return this.session.runnerScaleSet.id;
  }

  set capacity(count: number) {
    this.#capacity = count;
  }

  /** One poll, not acknowledged. */
  async poll(signal?: AbortSignal): Promise<{ status: number; message?: ScaleSetMessage; jobs: ScaleSetJob[] }> {
    const query = this.#lastMessageId === 0 ? '' : `?lastMessageId=${this.#lastMessageId}`;
    const response = await fetch(`${this.session.messageQueueUrl}${query}`, {
      headers: {
        authorization: `Bearer ${this.session.messageQueueAccessToken}`,
        accept: 'application/json; api-version=6.0-preview',
        'x-scalesetmaxcapacity': String(this.#capacity),
      },
      signal,
    });
    if (response.status !== 200) return { status: response.status, jobs: [] };
    const message = (await response.json()) as ScaleSetMessage;
    return { status: 200, message, jobs: JSON.parse(message.body) };
  }

  /** Polls, acknowledges. @returns the items of the message as `type name` */
  async next(): Promise<string[]> {
    const { message, jobs, status } = await this.poll();
    if (!message) throw new Error(`poll: ${status}`);
    this.statistics = message.statistics;
    this.#lastMessageId = message.messageId;
    const { status: acknowledged } = await this.#queue(
      'DELETE',
      `${this.session.messageQueueUrl}/${message.messageId}`,
    );
    if (acknowledged !== 204) throw new Error(`acknowledge: ${acknowledged}`);
    return jobs.map(({ messageType, jobDisplayName }) => `${messageType} ${jobDisplayName}`);
  }

  async acquire(...ids: number[]): Promise<number[]> {
    const url = this.session.messageQueueUrl.replace(/messages$/, 'acquirejobs');
    const { body } = await this.#queue<List<number>>('POST', url, ids);
    return body.value;
  }

  close(): Promise<unknown> {
    return this.#client.ok('DELETE', `runtime/runnerscalesets/${this.id}/sessions/${this.session.sessionId}`);
  }

  #queue<T>(method: string, url: string, json?: unknown) {
    return call<T>(method, url, { token: this.session.messageQueueAccessToken, json });
  }
}
