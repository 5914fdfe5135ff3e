/** A small strict GitHub for tests: REST of self-hosted runners, and a runner side for `runner-program.mjs`. */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { sha256Hex } from '../../common/ids.ts';
import type { RateBudget } from '../../github/index.ts';
import { GenerateJitConfigRequest, type Runner } from '../../protocol/github/runners.ts';
import { encodeJitConfig } from '../../protocol/runner/jit-config.ts';
import { ScaleSetStandIn } from './scale-set-stand-in.ts';

export const STAND_IN_TOKEN = 'stand-in-token';

interface Registration extends Runner {
  scope: string;
  ephemeral: boolean;
}

interface Answer {
  status: number;
  body?: unknown;
  headers?: Record<string, string>;
}

/**
 * How a server can fail besides by its status: never answering, ending the connection before an answer or in its middle,
 * or an answer of its own.
 */
export type BadAnswer = 'hangs' | 'hangs-up' | 'half' | Answer;

const numbers = { n: 'AQAB', e: 'AQAB', d: 'AQAB', p: 'AQAB', q: 'AQAB', dp: 'AQAB', dq: 'AQAB', qi: 'AQAB' };

export class GitHubStandIn {
  readonly runners = new Map<number, Registration>();
  /** Its service of scale sets. */
  readonly scaleSets = new ScaleSetStandIn();
  /** REST lists runners of scale sets, too. */
  listsScaleSets = true;
  /** Method and path of every REST call. */
  readonly calls: string[] = [];
  /** Runs inside a DELETE before it is decided: the place for a job that arrives in that very moment. */
  beforeDelete: (id: number) => void = () => undefined;
  /** The token may not remove runners. */
  refusesRemoval = false;
  /** While set, every REST call is answered with it. */
  failWith: number | BadAnswer | undefined;
  /** While set, answers tell of it, and each that is news costs one. */
  budget: RateBudget | undefined;
  /** Waits for a registered runner to say hello; resolved by `waitForOnline`. */
  readonly #hellos = new Set<() => void>();
  readonly #polls = new Map<number, (job: { forMs: number }) => void>();
  readonly #server: Server;
  /** Each as one string: those cut out of two paths are compared letter by letter, a million times a list. */
  readonly #scopes = new Map<string, string>();
  #lastId = 0;

  private constructor(server: Server) {
    this.#server = server;
    server.on('request', (request, response) => void this.#handle(request, response));
  }

  static async start(): Promise<GitHubStandIn> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new GitHubStandIn(server);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The registration of this name; fails the test when there is none. */
  named(name: string): Registration {
    const found = [...this.runners.values()].find((runner) => runner.name === name);
    if (!found) throw new Error(`no registration named ${name}`);
    return found;
  }

  /** The runner polls for a job. */
  online(id: number): void {
    const runner = this.runners.get(id);
    if (runner) runner.status = 'online';
    for (const tell of this.#hellos) tell();
  }

  /** Gives a job to a runner; it holds it until `finish`, or its process does so. */
  assign(id: number, forMs = 0): void {
    const runner = this.runners.get(id);
    if (!runner) throw new Error(`a removed runner was given a job: ${id}`);
    runner.busy = true;
    this.#polls.get(id)?.({ forMs });
    this.#polls.delete(id);
  }

  /** The job is over; an ephemeral registration ends with it. */
  finish(id: number): void {
    const runner = this.runners.get(id);
    if (!runner) return;
    runner.busy = false;
    if (runner.ephemeral) this.runners.delete(id);
  }

  /** Resolves when `condition` holds, looked at whenever a runner comes online. */
  async waitForOnline(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await new Promise<void>((resolve) => {
        const once = (): void => {
          this.#hellos.delete(once);
          resolve();
        };
        this.#hellos.add(once);
      });
    }
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request);
    const { pathname, searchParams } = new URL(request.url ?? '/', this.url);
    const isRest = !/^\/(?:runner|service|queue)\b/.test(pathname);
    if (isRest && typeof this.failWith === 'string') {
      this.calls.push(`${request.method} ${pathname}`);
      failAs(this.failWith, response);
      return;
    }
    const {
      status,
      body: answer,
      headers,
    } = pathname.startsWith('/runner/')
      ? await this.#runnerSide(pathname)
      : /^\/(?:service|queue)\b|\/runner-registration$/.test(pathname)
        ? await this.#service(request, pathname, searchParams, body)
        : this.#rest(request, pathname, searchParams, body);
    const sent = answer === undefined ? undefined : JSON.stringify(answer);
    const etag = `"${sha256Hex(sent ?? '')}"`;
    const isKnown = status === 200 && request.headers['if-none-match'] === etag;
    const told = { 'content-type': 'application/json', etag, ...this.#spend(isRest && !isKnown), ...headers };
    response.writeHead(isKnown ? 304 : status, told);
    response.end(isKnown ? undefined : sent);
  }

  #spend(isPaid: boolean): Record<string, string> {
    const { budget } = this;
    if (!budget) return {};
    if (isPaid) this.budget = { ...budget, remaining: budget.remaining - 1 };
    return {
      'x-ratelimit-limit': String(budget.limit),
      'x-ratelimit-remaining': String(this.budget?.remaining),
      'x-ratelimit-reset': String(budget.resetAtMs / 1_000),
    };
  }

  #service(
    { method = '', headers }: IncomingMessage,
    path: string,
    query: URLSearchParams,
    body: string,
  ): Promise<Answer> {
    const { authorization = '' } = headers;
    const capacity = Number(headers['x-scalesetmaxcapacity'] ?? 0);
    return this.scaleSets.handle({ method, path, query, authorization, capacity, body }, this.url);
  }

  #rest({ method = '', headers }: IncomingMessage, path: string, query: URLSearchParams, body: string): Answer {
    this.calls.push(`${method} ${path}`);
    if (typeof this.failWith === 'number') return { status: this.failWith, body: { message: 'made to fail' } };
    if (typeof this.failWith === 'object') return this.failWith;
    if (path === '/api/v3/actions/runners/register') return this.#register(headers.authorization, JSON.parse(body));
    if (headers.authorization !== `Bearer ${STAND_IN_TOKEN}`)
      return { status: 401, body: { message: 'Bad credentials' } };
    const match = /^\/api\/v3(\/(?:repos\/[^/]+|orgs|enterprises)\/[^/]+)\/actions\/(.+)$/.exec(path);
    const [, given = '', rest = ''] = match ?? [];
    const scope = this.#scopes.get(given) ?? given;
    this.#scopes.set(scope, scope);
    const id = Number(/^runners\/(\d+)$/.exec(rest)?.[1]);
    if (method === 'POST' && rest === 'runners/generate-jitconfig') return this.#jit(scope, JSON.parse(body));
    if (method === 'POST' && rest === 'runners/registration-token') {
      return { status: 201, body: { token: `for${scope}`, expires_at: '2030-01-01T00:00:00Z' } };
    }
    if (method === 'GET' && rest === 'runners') return this.#list(scope, query);
    if (method === 'GET' && rest === 'runner-groups') {
      return { status: 200, body: { total_count: 1, runner_groups: [{ id: 7, name: 'Builders' }] } };
    }
    if (method === 'DELETE' && id) return this.refusesRemoval ? { status: 403, body: {} } : this.#delete(scope, id);
    return { status: 404, body: { message: 'Not Found' } };
  }

  #jit(scope: string, sent: unknown): Answer {
    const request = GenerateJitConfigRequest.safeParse(sent);
    if (!request.success) return { status: 422, body: { message: request.error.message } };
    const { name, labels, runner_group_id } = request.data;
    for (const runner of this.runners.values()) {
      if (runner.scope === scope && runner.name === name) return { status: 409, body: { message: 'Already exists' } };
    }
    const runner = this.#add(scope, name, labels, true, runner_group_id);
    const encoded_jit_config = encodeJitConfig({
      runner: {
        AgentId: String(runner.id),
        AgentName: name,
        PoolId: '1',
        PoolName: 'Default',
        ServerUrlV2: `${this.url}/`,
        UseV2Flow: 'true',
        GitHubUrl: this.url,
        WorkFolder: '_work',
        Ephemeral: 'true',
        DisableUpdate: 'true',
        IsHostedServer: 'false',
        Nonce: '',
      },
      credentials: {
        Scheme: 'OAuth',
        Data: { clientId: randomUUID(), authorizationUrl: `${this.url}/`, requireFipsCryptography: 'True' },
      },
      key: numbers,
    });
    return { status: 201, body: { runner, encoded_jit_config } };
  }

  #register(authorization: string | undefined, sent: Record<string, unknown>): Answer {
    const scope = authorization?.replace('RemoteAuth for', '') ?? '';
    if (!scope.startsWith('/') || typeof sent.public_key !== 'string') return { status: 401, body: { message: 'no' } };
    const labels = (sent.labels as { name: string }[]).map(({ name }) => name);
    const runner = this.#add(scope, String(sent.name), labels, false, Number(sent.group_id));
    const authorizationAnswer = {
      authorization_url: `${this.url}/oauth`,
      server_url: `${this.url}/`,
      client_id: randomUUID(),
    };
    return { status: 200, body: { id: runner.id, name: runner.name, authorization: authorizationAnswer } };
  }

  #add(scope: string, name: string, labels: string[], ephemeral: boolean, groupId: number): Registration {
    this.#lastId++;
    const runner: Registration = {
      id: this.#lastId,
      name,
      os: 'linux',
      status: 'offline',
      busy: false,
      ephemeral,
      runner_group_id: groupId,
      labels: labels.map((label) => ({ name: label })),
      scope,
    };
    this.runners.set(runner.id, runner);
    return runner;
  }

  #list(scope: string, query: URLSearchParams): Answer {
    const name = query.get('name');
    const own = [...this.runners.values()].filter((one) => one.scope === scope);
    const all = [...own, ...(this.listsScaleSets ? this.#agents() : [])].filter((one) => !name || one.name === name);
    const perPage = Number(query.get('per_page') ?? 30);
    const start = (Number(query.get('page') ?? 1) - 1) * perPage;
    return { status: 200, body: { total_count: all.length, runners: all.slice(start, start + perPage) } };
  }

  #agents(): Runner[] {
    return [...this.scaleSets.agents.values()].map(({ id, name, status, job }) => {
      return { id, name, os: 'linux', status, busy: job !== undefined, labels: [] };
    });
  }

  #delete(scope: string, id: number): Answer {
    this.beforeDelete(id);
    const runner = this.runners.get(id);
    if (!runner || runner.scope !== scope) return { status: 404, body: { message: 'Not Found' } };
    if (runner.busy) return { status: 422, body: { message: 'Runner is currently running a job' } };
    this.runners.delete(id);
    return { status: 204 };
  }

  /** `POST /runner/ID/poll` waits for a job, `POST /runner/ID/done` ends it. */
  async #runnerSide(path: string): Promise<Answer> {
    const [, , idText, call] = path.split('/');
    const id = Number(idText);
    if (!this.runners.has(id)) return { status: 404, body: {} };
    if (call === 'done') {
      this.finish(id);
      return { status: 200, body: {} };
    }
    const job = new Promise<{ forMs: number }>((resolve) => this.#polls.set(id, resolve));
    this.online(id);
    return { status: 200, body: await job };
  }
}

function failAs(way: Exclude<BadAnswer, Answer>, response: ServerResponse): void {
  if (way === 'hangs') return;
  if (way === 'half') {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
    response.write('{"runners": [');
  }
  response.socket?.end();
}
