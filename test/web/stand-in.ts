import { existsSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type {
  Explanation,
  Job,
  JobAtFleet,
  JobSummary,
  LiveEvents,
  LogPage,
  ReceivedEvent,
  RunDetail,
  Runner,
  RunSummary,
  Schedule,
} from '../../src/protocol/dashboard/index.ts';
import { DASHBOARD_PREFIX } from '../../src/protocol/dashboard/index.ts';
import { StandInHooks } from './stand-in-hooks.ts';
import { StandInPools } from './stand-in-pools.ts';

const pageFolder = fileURLToPath(new URL('../../dist/web', import.meta.url));

/** As strict as the server's. */
const contentSecurityPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; form-action 'self'";

interface Stream {
  run: number | undefined;
  job: number | undefined;
  response: ServerResponse;
}

/** Serves the built page and the dashboard API from memory; a test scripts what happens. */
export class StandIn {
  readonly runs = new Map<number, RunDetail>();
  readonly runners = new Map<number, Runner>();
  /** Older attempts by `run:attempt`; the newest is in `runs`. */
  readonly attempts = new Map<string, RunDetail>();
  readonly receivedEvents = new Map<number, ReceivedEvent>();
  readonly schedules: Schedule[] = [];
  readonly webhooks = new StandInHooks();
  readonly fleet = new StandInPools();
  /** Of whoever has the token. */
  isAdmin = false;
  readonly explanations = new Map<string, Explanation>();
  /** By job. */
  readonly jobsAtFleet = new Map<number, JobAtFleet>();
  /** By job. */
  readonly summaries = new Map<number, JobSummary>();
  /** When set, the API wants this token. */
  token: string | undefined;
  /** When set, writing wants this token, also where reading wants none. */
  writeToken: string | undefined;
  /** What writes asked for, in order. */
  readonly writes: { path: string; body: unknown }[] = [];
  /** What the server does with a write; it may refuse by answering with a status. */
  onWrite: (path: string, body: unknown) => { status: number; message: string; hint?: string } | undefined = () =>
    undefined;
  /** Streams break at once while this is set. */
  refuseStreams = false;
  /** When set, every API answer is this status. */
  failWith: number | undefined;
  /** `METHOD path?query` of every API request, in order. */
  readonly requests: string[] = [];
  readonly #logs = new Map<string, string[]>();
  readonly #streams = new Set<Stream>();
  readonly #app: FastifyInstance;
  url = '';

  constructor() {
    this.#app = Fastify({ forceCloseConnections: true });
  }

  /** @throws Error when the page is not built */
  async listen(port = 0): Promise<void> {
    if (!existsSync(`${pageFolder}/index.html`)) throw new Error('dist/web is missing: run `npm run build`.');
    await this.#app.register(fastifyStatic, { root: pageFolder });
    this.#app.setNotFoundHandler((request, reply) => {
      const wantsPage = request.method === 'GET' && request.headers.accept?.includes('text/html');
      return wantsPage ? reply.sendFile('index.html') : reply.code(404).send({ message: 'Not Found' });
    });
    this.#app.addHook('onSend', async (_request, reply) => {
      reply.header('content-security-policy', contentSecurityPolicy);
    });
    this.#app.addHook('onRequest', async (request, reply) => this.#guard(request, reply));
    await this.#app.register(async (api) => this.#addRoutes(api), { prefix: DASHBOARD_PREFIX });
    await this.#app.register(async (api) => this.fleet.addRoutes(api), { prefix: DASHBOARD_PREFIX });
    this.webhooks.addRoutes(this.#app);
    this.#app.get('/api/v3/repos/:owner/:repo/actions/jobs/:id/logs', (request, reply) =>
      reply.redirect(`/blobs/logs/${idOf(request)}`, 302),
    );
    this.#app.get('/blobs/logs/:id', (request, reply) => reply.type('text/plain').send(this.#wholeLog(idOf(request))));
    this.url = await this.#app.listen({ host: '127.0.0.1', port });
  }

  async close(): Promise<void> {
    this.dropStreams();
    await this.#app.close();
  }

  /** How many pages listen. */
  get streams(): number {
    return this.#streams.size;
  }

  /** Breaks every stream, as a network does. */
  dropStreams(): void {
    for (const { response } of this.#streams) response.destroy();
    this.#streams.clear();
  }

  setRun(run: RunDetail): void {
    this.runs.set(run.id, run);
    this.#tell('run', summary(run), (stream) => stream.run === undefined || stream.run === run.id);
  }

  setJob(job: Job): void {
    const run = this.runs.get(job.runId);
    if (!run) throw new Error(`There is no run ${job.runId}.`);
    const isKnown = run.jobs.some(({ id }) => id === job.id);
    run.jobs = isKnown ? run.jobs.map((old) => (old.id === job.id ? job : old)) : [...run.jobs, job];
    this.#tell('job', job, (stream) => stream.run === undefined || stream.run === job.runId);
  }

  setRunner(runner: Runner): void {
    this.runners.set(runner.id, runner);
    this.#tell('runner', runner, (stream) => stream.run === undefined);
  }

  setEvent(event: ReceivedEvent): void {
    this.receivedEvents.set(event.id, event);
    this.#tell('received-event', event, (stream) => stream.run === undefined);
  }

  removeRunner(id: number): void {
    this.runners.delete(id);
    this.#tell('runner-removed', { id }, (stream) => stream.run === undefined);
  }

  /** Writes lines at the end of a step's log; the job's own count of lines is the caller's matter. */
  appendLog(jobId: number, step: number, lines: string[]): void {
    const log = this.#log(jobId, step);
    const from = log.length + 1;
    log.push(...lines);
    this.#tell('log', { jobId, step, from, lines }, (stream) => stream.job === jobId);
  }

  #log(jobId: number, step: number): string[] {
    const key = `${jobId}:${step}`;
    const log = this.#logs.get(key) ?? [];
    this.#logs.set(key, log);
    return log;
  }

  #wholeLog(jobId: number): string {
    const logs = [...this.#logs].filter(([key]) => key.startsWith(`${jobId}:`));
    return logs.flatMap(([, lines]) => lines).join('\n');
  }

  #tell<K extends keyof LiveEvents>(event: K, value: LiveEvents[K], wants: (stream: Stream) => boolean): void {
    for (const stream of this.#streams) {
      if (wants(stream)) stream.response.write(`event: ${event}\ndata: ${JSON.stringify(value)}\n\n`);
    }
  }

  #guard(request: FastifyRequest, reply: FastifyReply): FastifyReply | undefined {
    if (!request.url.startsWith(DASHBOARD_PREFIX) && !request.url.startsWith('/api/')) return undefined;
    this.requests.push(`${request.method} ${request.url}`);
    if (this.failWith !== undefined) return reply.code(this.failWith).send({ message: 'The store is locked.' });
    const wanted = request.method === 'GET' ? this.token : (this.writeToken ?? this.token);
    if (wanted === undefined || request.headers.authorization === `Bearer ${wanted}`) return undefined;
    return reply.code(401).send({ message: 'Requires authentication' });
  }

  #addRoutes(api: FastifyInstance): void {
    api.get('/server', () => ({ version: '0.1.0', url: this.url }));
    api.get('/viewer', () => ({ login: this.token === undefined ? null : 'alice', isAdmin: this.isAdmin }));
    api.get('/runs', (request) => ({ runs: this.#list(request.query as Record<string, string | undefined>) }));
    api.get('/runs/:id', (request, reply) => this.#run(request) ?? notFound(reply, 'The run'));
    for (const action of ['reviews', 'rerun', 'cancel', 'force-cancel']) {
      api.post(`/runs/:id/${action}`, (request, reply) => this.#write(request, reply));
    }
    api.get('/schedules', () => ({ schedules: this.schedules }));
    api.get('/received-events', (request) => ({
      events: this.#listEvents(request.query as Record<string, string | undefined>),
    }));
    api.get('/runners', () => ({ runners: [...this.runners.values()] }));
    for (const kind of ['run', 'job']) {
      api.get(`/${kind}s/:id/explanation`, (request, reply) => {
        return this.explanations.get(`${kind}:${idOf(request)}`) ?? notFound(reply, 'The explanation');
      });
    }
    api.get('/jobs/:id/explanation/fleet', (request, reply) => {
      return this.jobsAtFleet.get(idOf(request)) ?? notFound(reply, 'The explanation');
    });
    api.get('/jobs/:id/summary', (request, reply) => {
      return this.summaries.get(idOf(request)) ?? notFound(reply, 'The summary');
    });
    api.get('/jobs/:id/steps/:number/log', (request) => this.#page(request));
    api.get('/events', (request, reply) => this.#stream(request, reply));
  }

  #list({ repository, status, before, limit }: Record<string, string | undefined>): RunSummary[] {
    return [...this.runs.values()]
      .filter((run) => repository === undefined || run.repository === repository)
      .filter((run) => status === undefined || run.status === status || run.conclusion === status)
      .filter((run) => before === undefined || run.id < Number(before))
      .sort((a, b) => b.id - a.id)
      .slice(0, Number(limit ?? 50))
      .map(summary);
  }

  #run(request: FastifyRequest): RunDetail | undefined {
    const { attempt } = request.query as { attempt?: string };
    const older = attempt === undefined ? undefined : this.attempts.get(`${idOf(request)}:${attempt}`);
    return older ?? this.runs.get(idOf(request));
  }

  #write(request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const path = request.url.slice(DASHBOARD_PREFIX.length);
    this.writes.push({ path, body: request.body });
    const refusal = this.onWrite(path, request.body);
    if (!refusal) return reply.code(202).send({});
    const { status, ...body } = refusal;
    return reply.code(status).send(body);
  }

  #listEvents({ repository, before, limit }: Record<string, string | undefined>): ReceivedEvent[] {
    return [...this.receivedEvents.values()]
      .filter((event) => repository === undefined || event.repository === repository)
      .filter((event) => before === undefined || event.id < Number(before))
      .sort((a, b) => b.id - a.id)
      .slice(0, Number(limit ?? 50));
  }

  #page(request: FastifyRequest): LogPage {
    const { number } = request.params as { number: string };
    const query = request.query as { from?: string; limit?: string };
    const from = Number(query.from ?? 1);
    const log = this.#log(idOf(request), Number(number));
    const lines = log.slice(from - 1, from - 1 + Math.min(5000, Number(query.limit ?? 5000)));
    return { from, lines, total: log.length, complete: this.#isDone(idOf(request), Number(number)) };
  }

  #isDone(jobId: number, stepNumber: number): boolean {
    const jobs = [...this.runs.values()].flatMap((run) => run.jobs);
    const step = jobs.find(({ id }) => id === jobId)?.steps.find(({ number }) => number === stepNumber);
    return step?.status === 'completed';
  }

  #stream(request: FastifyRequest, reply: FastifyReply): void {
    const query = request.query as { run?: string; job?: string };
    reply.hijack();
    const response = reply.raw;
    if (this.refuseStreams) {
      response.destroy();
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    response.write(': hello\n\n');
    const stream = { run: numberOf(query.run), job: numberOf(query.job), response };
    this.#streams.add(stream);
    response.on('close', () => this.#streams.delete(stream));
  }
}

export async function startStandIn(): Promise<StandIn> {
  const standIn = new StandIn();
  await standIn.listen();
  return standIn;
}

const idOf = (request: FastifyRequest): number => Number((request.params as { id: string }).id);
const numberOf = (text: string | undefined): number | undefined => (text === undefined ? undefined : Number(text));

function notFound(reply: FastifyReply, what: string): FastifyReply {
  return reply.code(404).send({ message: `${what} was not found.`, code: 'not-found' });
}

function summary(run: RunDetail): RunSummary {
  const {
    errors: _errors,
    warnings: _warnings,
    jobs: _jobs,
    attempts: _attempts,
    pendingDeployments: _pending,
    ...rest
  } = run;
  return rest;
}
