/**
 * A strict stand-in for the server side of the runner protocol: one runner, scripted jobs, every call recorded. It
 * refuses what the protocol reference forbids (0.1, 4, 6.2, 8) and keeps each refusal in `violations`.
 */
import { createPublicKey, generateKeyPair, type JsonWebKey, randomUUID, verify } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { promisify } from 'node:util';
import { type WebSocket, WebSocketServer } from 'ws';
import {
  AcknowledgeRequest,
  AcquireJobRequest,
  CompleteJobRequest,
  encodeJitConfig,
  type FeedMessage,
  JobLogMetadata,
  type JobMessage,
  JobRequest,
  PollQuery,
  RECEIVER_PATH,
  RenewJobRequest,
  type RsaPrivateJwk,
  SessionRequest,
  STEPS_UPDATE_PATH,
  StepLogMetadata,
  StepRequest,
  StepSummaryMetadata,
  StepsUpdateRequest,
  type StepUpdate,
  type TemplateToken,
  toContextData,
} from '../../src/protocol/runner/index.ts';

export const RUNNER_TOKEN = 'runner-token-of-the-stand-in';
export const CLIENT_ID = '1c9d4a0c-2b0b-4f3e-9d4d-3c2f0f6b8d11';

export interface Blob {
  type: 'BlockBlob' | 'AppendBlob';
  content: string;
  sealed: boolean;
}

export interface Call {
  method: string;
  path: string;
  body: unknown;
  at: number;
}

interface Waiting {
  status: string;
  response: ServerResponse;
}

export interface StandInOptions {
  /** Lease that `renewjob` grants. */
  leaseMs?: number;
  /** Names that its parts are reached under, where they are not its own address. */
  origins?: Partial<Record<StandInPart, string>>;
}

export type StandInPart = 'broker' | 'run' | 'results' | 'blobs' | 'feed';

export class StandInServer {
  readonly violations: string[] = [];
  readonly calls: Call[] = [];
  readonly blobs = new Map<string, Blob>();
  readonly feed: FeedMessage[] = [];
  /** Newest state of each step by id. */
  readonly steps = new Map<string, StepUpdate>();
  readonly completions: CompleteJobRequest[] = [];
  readonly jobs = new Map<string, JobMessage>();
  readonly acquired = new Set<string>();
  leaseMs: number;
  /** Status that `renewjob` answers instead of 200. */
  renewStatus = 200;
  acquireStatus = 200;
  /** Answer of the token endpoint instead of a token. */
  tokenError: { error: string; error_description: string } | undefined;
  /** `errorKind` that polls are answered with. */
  pollError: string | undefined;
  /** Takes connections and requests, and answers none: as a server that hangs. */
  isSilent = false;
  /** How long a token of the runner is said to last. */
  tokenLifeSeconds = 3_600;
  sessionDeleted = false;
  readonly #origins: Partial<Record<StandInPart, string>>;
  #server: Server | undefined;
  #port = 0;
  #key: { jwk: RsaPrivateJwk; publicKey: JsonWebKey } | undefined;
  #sessionId = '';
  #sockets = new Set<Socket>();
  #feeds = new Set<WebSocket>();
  #waiting: Waiting | undefined;
  #queue: { messageType: string; body: string }[] = [];
  readonly #changeOrder = new Map<string, number>();
  #messageId = 0;
  readonly #changed = new Set<() => void>();

  constructor(options: StandInOptions = {}) {
    this.leaseMs = options.leaseMs ?? 300_000;
    this.#origins = options.origins ?? {};
  }

  /** Starts, or comes back on the same port after `stop`. */
  async start(): Promise<void> {
    this.#key ??= await newKey();
    const server = createServer((request, response) => void this.#handle(request, response));
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    const feeds = new WebSocketServer({
      server,
      path: '/feed',
      verifyClient: ({ req }: { req: IncomingMessage }) => this.#isJobToken(req),
    });
    feeds.on('connection', (socket) => {
      this.#feeds.add(socket);
      socket.on('message', (data) => {
        this.feed.push(JSON.parse(String(data)) as FeedMessage);
        this.#notify();
      });
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.#port, '127.0.0.1', resolve);
    });
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  /** Drops every connection at once, as a killed server does. */
  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    this.#waiting = undefined;
    for (const feed of this.#feeds) feed.terminate();
    this.#feeds.clear();
    for (const socket of this.#sockets) socket.destroy();
    if (server) await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Origin of the URLs that lead to the part. */
  origin(part: StandInPart): string {
    return this.#origins[part] ?? this.url;
  }

  jitConfig(options: { ephemeral?: boolean; fips?: boolean } = {}): string {
    if (!this.#key) throw new Error('start the stand-in first');
    return encodeJitConfig({
      runner: {
        AgentId: '7',
        AgentName: 'runner-7',
        PoolId: '1',
        PoolName: 'Default',
        ServerUrlV2: `${this.url}/broker/`,
        UseV2Flow: 'true',
        GitHubUrl: this.url,
        WorkFolder: '_work',
        Ephemeral: options.ephemeral === false ? 'false' : 'true',
        DisableUpdate: 'true',
        IsHostedServer: 'false',
        Nonce: randomUUID(),
      },
      credentials: {
        Scheme: 'OAuth',
        Data: {
          clientId: CLIENT_ID,
          authorizationUrl: `${this.url}/oauth/token/`,
          requireFipsCryptography: options.fips === false ? 'False' : 'True',
        },
      },
      key: this.#key.jwk,
    });
  }

  /** Offers a job; returns its request id. */
  offer(job: JobMessage): string {
    const requestId = randomUUID();
    this.jobs.set(requestId, job);
    this.redeliver(requestId);
    return requestId;
  }

  redeliver(requestId: string): void {
    const body = {
      runner_request_id: requestId,
      should_acknowledge: true,
      run_service_url: `${this.origin('run')}/run/`,
      billing_owner_id: '1',
    };
    this.send('RunnerJobRequest', body);
  }

  send(messageType: string, body: object): void {
    this.#queue.push({ messageType, body: JSON.stringify(body) });
    this.#deliver();
  }

  /** Resolves as soon as `condition` holds after a call; rejects after `withinMs`. */
  async until(what: string, condition: () => boolean, withinMs = 20_000): Promise<void> {
    const giveUpAt = Date.now() + withinMs;
    while (!condition()) {
      const leftMs = giveUpAt - Date.now();
      if (leftMs <= 0) throw new Error(`did not happen within ${withinMs} ms: ${what}\n${this.summary()}`);
      await new Promise<void>((resolve) => {
        const done = (): void => {
          clearTimeout(timer);
          this.#changed.delete(done);
          resolve();
        };
        const timer = setTimeout(done, Math.min(leftMs, 1_000));
        this.#changed.add(done);
      });
    }
  }

  callsTo(part: string): Call[] {
    return this.calls.filter(({ path }) => path.includes(part));
  }

  /** The uploaded log of a step by its name, without the byte order mark. */
  stepLog(name: string): string {
    const step = [...this.steps.values()].find((candidate) => candidate.name === name);
    if (!step) throw new Error(`no step called ${name}: ${[...this.steps.values()].map((s) => s.name).join(', ')}`);
    return (this.blobs.get(`log-${step.external_id}`)?.content ?? '').replace(/^\uFEFF/, '');
  }

  jobLog(): string {
    return (this.blobs.get('log-job')?.content ?? '').replace(/^\uFEFF/, '');
  }

  feedText(): string {
    return this.feed.flatMap(({ value }) => value).join('\n');
  }

  summary(): string {
    return this.calls.map(({ method, path }) => `${method} ${path}`).join('\n');
  }

  #notify(): void {
    for (const done of [...this.#changed]) done();
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.url);
    const raw = await readBody(request).catch(() => Buffer.alloc(0));
    if (url.pathname.startsWith('/blobs/')) return this.#blob(request, response, url, raw);
    const body = this.#parse(request, url, raw);
    this.calls.push({ method: request.method ?? '', path: url.pathname + url.search, body, at: Date.now() });
    if (this.isSilent) return this.#notify();
    try {
      this.#route(request, response, url, body);
    } catch (error) {
      this.#violate(`${request.method} ${url.pathname}: ${error instanceof Error ? error.message : error}`);
      json(response, 400, { message: 'bad request' });
    }
    this.#notify();
  }

  #parse(request: IncomingMessage, url: URL, raw: Buffer): unknown {
    if (raw.length === 0) return undefined;
    const type = request.headers['content-type'] ?? '';
    if (url.pathname === '/oauth/token/') {
      if (type !== 'application/x-www-form-urlencoded') this.#violate(`token request has content type ${type}`);
      return Object.fromEntries(new URLSearchParams(raw.toString()));
    }
    if (type !== 'application/json') this.#violate(`${url.pathname} has content type ${type}`);
    return JSON.parse(raw.toString()) as unknown;
  }

  #route(request: IncomingMessage, response: ServerResponse, url: URL, body: unknown) {
    const path = url.pathname;
    if (path === '/oauth/token/') return this.#token(response, body as Record<string, string>);
    if (path.startsWith('/broker/') || path === '/run/acquirejob') {
      if (request.headers.authorization !== `Bearer ${RUNNER_TOKEN}`) return json(response, 401, {});
      return this.#broker(request, response, url, body);
    }
    if (!this.#isJobToken(request)) {
      this.#violate(`${path} without the job token`);
      return json(response, 401, {});
    }
    if (path === '/run/renewjob') return this.#renew(response, RenewJobRequest.parse(body));
    if (path === '/run/completejob') {
      this.completions.push(CompleteJobRequest.parse(body));
      response.writeHead(204).end();
      return;
    }
    this.#results(response, path, body);
  }

  #token(response: ServerResponse, form: Record<string, string>) {
    const [header = '', claims = '', signature = ''] = (form.client_assertion ?? '').split('.');
    const read = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>;
    const key = createPublicKey({ key: this.#key?.publicKey ?? {}, format: 'jwk' });
    const isPss = read(header).alg === 'PS256';
    const options = isPss ? { key, padding: 6, saltLength: 32 } : { key };
    const isSigned = verify('sha256', Buffer.from(`${header}.${claims}`), options, Buffer.from(signature, 'base64url'));
    const { iss, sub, aud, iat } = read(claims);
    if (
      !isSigned ||
      iss !== CLIENT_ID ||
      sub !== CLIENT_ID ||
      aud !== `${this.url}/oauth/token/` ||
      iat !== undefined
    ) {
      this.#violate('the client assertion is wrong');
      return json(response, 400, { error: 'invalid_client' });
    }
    if (this.tokenError) return json(response, 400, this.tokenError);
    json(response, 200, { access_token: RUNNER_TOKEN, token_type: 'bearer', expires_in: this.tokenLifeSeconds });
  }

  #broker(request: IncomingMessage, response: ServerResponse, url: URL, body: unknown) {
    const route = `${request.method} ${url.pathname}`;
    if (route === 'POST /broker/session') {
      SessionRequest.parse(body);
      this.#sessionId = randomUUID();
      return json(response, 200, { sessionId: this.#sessionId, ownerName: 'x', agent: { id: 7, name: 'runner-7' } });
    }
    if (route === 'DELETE /broker/session') {
      this.sessionDeleted = true;
      response.writeHead(204).end();
      return;
    }
    if (route === 'POST /run/acquirejob') return this.#acquire(response, AcquireJobRequest.parse(body));
    const query = PollQuery.parse(Object.fromEntries(url.searchParams));
    if (this.pollError) {
      const errorKind = this.pollError;
      return json(response, 404, {
        source: 'actions-broker-listener',
        statusCode: 404,
        errorKind,
        errorMessage: errorKind,
      });
    }
    if (query.sessionId !== this.#sessionId) {
      return json(response, 403, {
        source: 'actions-broker-listener',
        statusCode: 403,
        errorKind: 'RunnerSessionInvalid',
        errorMessage: 'no such session',
      });
    }
    if (route === 'POST /broker/acknowledge') {
      AcknowledgeRequest.parse(body);
      response.writeHead(204).end();
      return;
    }
    if (route !== 'GET /broker/message') throw new Error('no such path');
    if (url.searchParams.get('disableUpdate') !== 'true') this.#violate('poll without disableUpdate');
    this.#waiting = { status: query.status ?? '', response };
    response.on('close', () => {
      if (this.#waiting?.response === response) this.#waiting = undefined;
    });
    this.#deliver();
  }

  #deliver(): void {
    const isBusy = this.#waiting?.status !== 'Online';
    // A second job would make the official runner cancel the first (runner-protocol 4.8).
    const next = this.#queue.find(({ messageType }) => !isBusy || messageType !== 'RunnerJobRequest');
    if (!next || !this.#waiting) return;
    this.#queue.splice(this.#queue.indexOf(next), 1);
    json(this.#waiting.response, 200, { messageId: ++this.#messageId, ...next });
    this.#waiting = undefined;
  }

  #acquire(response: ServerResponse, { jobMessageId }: AcquireJobRequest) {
    const job = this.jobs.get(jobMessageId);
    if (this.acquireStatus !== 200 || !job) {
      const statusCode = job ? this.acquireStatus : 404;
      return json(response, statusCode, { source: 'actions-run-service', statusCode, errorMessage: 'not yours' });
    }
    if (this.acquired.has(jobMessageId)) this.#violate(`job ${jobMessageId} was acquired twice`);
    this.acquired.add(jobMessageId);
    json(response, 200, job);
  }

  #renew(response: ServerResponse, _body: RenewJobRequest) {
    if (this.renewStatus !== 200) {
      const statusCode = this.renewStatus;
      return json(response, statusCode, { source: 'actions-run-service', statusCode, errorMessage: 'gone' });
    }
    json(response, 200, { lockedUntil: new Date(Date.now() + this.leaseMs).toISOString() });
  }

  #results(response: ServerResponse, path: string, body: unknown) {
    if (path === STEPS_UPDATE_PATH) {
      const update = StepsUpdateRequest.parse(body);
      const job = update.workflow_job_run_backend_id;
      if (update.change_order <= (this.#changeOrder.get(job) ?? 0)) this.#violate('change_order did not grow');
      this.#changeOrder.set(job, update.change_order);
      for (const step of update.steps) this.steps.set(step.external_id, step);
      return json(response, 200, { ok: true });
    }
    if (!path.startsWith(`${RECEIVER_PATH}/`)) throw new Error('no such path');
    const signed = (name: string) => `${this.origin('blobs')}/blobs/logs/${name}?sig=0123456789abcdef0123456789abcdef`;
    const azure = { blob_storage_type: 'BLOB_STORAGE_TYPE_AZURE', soft_size_limit: '1048577' };
    switch (path.slice(RECEIVER_PATH.length + 1)) {
      case 'GetStepLogsSignedBlobURL':
        return json(response, 200, { logs_url: signed(`log-${StepRequest.parse(body).step_backend_id}`), ...azure });
      case 'GetJobLogsSignedBlobURL':
        JobRequest.parse(body);
        return json(response, 200, { logs_url: signed('log-job'), ...azure });
      case 'GetStepSummarySignedBlobURL':
        return json(response, 200, {
          summary_url: signed(`summary-${StepRequest.parse(body).step_backend_id}`),
          ...azure,
        });
      case 'CreateStepLogsMetadata':
        return json(response, 200, { ok: StepLogMetadata.parse(body) && true });
      case 'CreateJobLogsMetadata':
        return json(response, 200, { ok: JobLogMetadata.parse(body) && true });
      case 'CreateStepSummaryMetadata':
        return json(response, 200, { ok: StepSummaryMetadata.parse(body) && true });
      default:
        throw new Error('no such method');
    }
  }

  /** The part of the Azure Blob API that the SDK mode uses (runner-protocol 8.4). */
  #blob(request: IncomingMessage, response: ServerResponse, url: URL, raw: Buffer): void {
    const name = url.pathname.split('/').at(-1) ?? '';
    if (request.method !== 'PUT' || !url.searchParams.get('sig')) this.#violate(`bad blob request ${request.url}`);
    const type = request.headers['x-ms-blob-type'];
    const comp = url.searchParams.get('comp');
    const blob = this.blobs.get(name);
    if (comp === 'appendblock') {
      if (blob?.type !== 'AppendBlob' || blob.sealed) this.#violate(`append to ${name}, which is no open append blob`);
      else blob.content += raw.toString();
    } else if (comp === 'seal') {
      if (blob) blob.sealed = true;
    } else if (type === 'BlockBlob' || type === 'AppendBlob') {
      if (type === 'AppendBlob' && raw.length > 0) this.#violate('an append blob is created empty');
      this.blobs.set(name, { type, content: raw.toString(), sealed: false });
    } else this.#violate(`upload without blob type: ${request.url}`);
    response.writeHead(comp === 'seal' ? 200 : 201, { ETag: '"1"' }).end();
    this.#notify();
  }

  #isJobToken(request: IncomingMessage): boolean {
    return request.headers.authorization === `Bearer ${jobToken}`;
  }

  #violate(problem: string): void {
    this.violations.push(problem);
  }
}

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
/** Syntactically a JWT, as runner-protocol 6.2 demands. */
const jobToken = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ scp: 'Actions.Results', exp: 4102444800 })}.c2lnbmF0dXJl`;

export interface ScriptedStep {
  id?: string;
  name?: string;
  run?: string;
  uses?: string;
  with?: Record<string, string>;
  shell?: string;
  if?: string;
  env?: TemplateToken;
  continueOnError?: boolean;
  timeoutInMinutes?: number;
  workingDirectory?: string;
}

export interface ScriptedJob {
  steps: ScriptedStep[];
  outputs?: Record<string, string>;
  env?: Record<string, string>;
  secrets?: Record<string, string>;
  github?: Record<string, string>;
  container?: string;
}

const mapping = (values: Record<string, JobMessage['jobOutputs']>): JobMessage['jobOutputs'] => ({
  type: 2,
  map: Object.entries(values).map(([Key, Value]) => ({ Key, Value })),
});

/** A complete job message (runner-protocol 6.9). Output values are expressions. */
export function jobMessage(server: StandInServer, job: ScriptedJob): JobMessage {
  const secrets = { github_token: 'token-of-the-job-123', ...job.secrets };
  const github = {
    repository: 'o/r',
    repository_owner: 'o',
    workflow: 'ci',
    run_id: '1',
    run_number: '1',
    run_attempt: '1',
    event_name: 'push',
    event: { head: 'x' },
    ref: 'refs/heads/main',
    ref_name: 'main',
    ref_type: 'branch',
    sha: '0'.repeat(40),
    actor: 'me',
    server_url: server.url,
    api_url: `${server.url}/api/v3`,
    graphql_url: `${server.url}/api/graphql`,
    ...job.github,
  };
  return {
    messageType: 'RunnerJobRequest',
    plan: { scopeIdentifier: randomUUID(), planType: 'actions', version: 9, planId: randomUUID(), planGroup: 'group' },
    timeline: { id: randomUUID(), changeId: 1, location: null },
    jobId: randomUUID(),
    jobDisplayName: 'build',
    jobName: 'build',
    requestId: 1,
    lockedUntil: new Date(Date.now() + 60_000).toISOString(),
    jobContainer: job.container ?? null,
    jobServiceContainers: null,
    jobOutputs: job.outputs
      ? mapping(Object.fromEntries(Object.entries(job.outputs).map(([k, expr]) => [k, { type: 3, expr }])))
      : null,
    resources: {
      endpoints: [
        {
          id: randomUUID(),
          name: 'SystemVssConnection',
          url: `${server.origin('run')}/run/`,
          authorization: { scheme: 'OAuth', parameters: { AccessToken: jobToken } },
          data: {
            ResultsServiceUrl: `${server.origin('results')}/`,
            FeedStreamUrl: `${server.origin('feed').replace('http', 'ws')}/feed`,
          },
        },
      ],
      repositories: [],
      containers: [],
    },
    variables: {
      'system.github.token': { value: 'token-of-the-job-123', isSecret: true },
      'system.github.job': { value: 'build' },
      'system.github.results_endpoint': { value: `${server.origin('results')}/` },
      ...Object.fromEntries(Object.entries(secrets).map(([k, value]) => [k, { value, isSecret: true }])),
    },
    contextData: {
      github: toContextData(github),
      needs: toContextData({}),
      strategy: toContextData({}),
      matrix: null,
      vars: toContextData({}),
      inputs: toContextData({}),
    },
    mask: [],
    fileTable: ['ci.yml'],
    environmentVariables: job.env ? [mapping(job.env)] : [],
    defaults: [],
    steps: job.steps.map((step, index) => scriptedStep(step, index)),
  };
}

function scriptedStep(step: ScriptedStep, index: number): JobMessage['steps'][number] {
  const [name = '', ref = ''] = (step.uses ?? '').split('@');
  const inputs = step.uses
    ? (step.with ?? {})
    : {
        script: step.run ?? '',
        ...(step.shell ? { shell: step.shell } : {}),
        ...(step.workingDirectory ? { workingDirectory: step.workingDirectory } : {}),
      };
  return {
    type: 'action',
    id: randomUUID(),
    name: `__step_${index}`,
    displayNameToken: step.name ?? `step ${index + 1}`,
    contextName: step.id ?? `__step_${index}`,
    enabled: true,
    condition: step.if ?? 'success()',
    continueOnError: step.continueOnError ?? false,
    timeoutInMinutes: step.timeoutInMinutes ?? null,
    reference: step.uses ? { type: 'repository', repositoryType: 'GitHub', name, ref } : { type: 'script' },
    inputs: mapping(inputs),
    environment: step.env ?? null,
  };
}

/** Asynchronous on purpose: the synchronous form can hang on Node 20. */
async function newKey(): Promise<{ jwk: RsaPrivateJwk; publicKey: JsonWebKey }> {
  const { privateKey, publicKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  return {
    jwk: privateKey.export({ format: 'jwk' }) as unknown as RsaPrivateJwk,
    publicKey: publicKey.export({ format: 'jwk' }),
  };
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8' }).end(JSON.stringify(body));
}
