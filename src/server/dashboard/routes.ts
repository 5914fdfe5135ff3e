import type { FastifyInstance, FastifyPluginAsync } from 'fastify';
import { z } from 'zod';
import { notFound } from '../../common/errors.ts';
import { newGuid } from '../../common/ids.ts';
import { version } from '../../common/package.ts';
import type {
  ApiError,
  EventResponse,
  JobSummary,
  RunDetail,
  RunList,
  ServerInfo,
} from '../../protocol/dashboard/index.ts';
import type { Json } from '../../protocol/runner/tokens.ts';
import { findRepository, type RepositoryRow } from '../../store/repositories.ts';
import { findStep } from '../../store/steps.ts';
import { callerName, needs, secretOf } from '../auth/access.ts';
import { callerOfToken, visibleRepositories } from '../auth/callers.ts';
import type { ServerContext } from '../context.ts';
import { failureOf } from '../failures.ts';
import { mirrorRoutes } from '../mirrors/routes.ts';
import { readSummary } from '../runner-service/job-summary.ts';
import { diagLogName } from '../runner-service/log-names.ts';
import { readJobLog, readLog } from '../runner-service/step-logs.ts';
import { addApps } from './apps.ts';
import { addArtifacts } from './artifacts.ts';
import { addAudit } from './audit.ts';
import { EventStream } from './event-stream.ts';
import { addHooks } from './hooks.ts';
import { addJobAtFleet } from './job-at-fleet.ts';
import { LiveHub } from './live-hub.ts';
import { addPeople } from './people.ts';
import { addPools } from './pools.ts';
import { addReceivedEvents } from './received-events.ts';
import { addRunActions } from './run-actions.ts';
import { addRunners } from './runners.ts';
import { secretRoutes } from './secrets.ts';
import { jobInPath, runInPath } from './seen.ts';
import { skippedSteps } from './skipped-steps.ts';
import { addTokens } from './tokens.ts';
import { runDetail, runSummaries } from './views.ts';
import { addWalls } from './walls.ts';

const Id = z.coerce.number().int().positive();
const RepositoryParams = z.object({ owner: z.string(), repo: z.string() });
const RunsQuery = z.object({
  repository: z.string().optional(),
  status: z.string().max(30).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  before: Id.optional(),
});
const AttemptQuery = z.object({ attempt: Id.optional() });
const LogQuery = z.object({
  from: z.coerce.number().int().min(1).default(1),
  limit: z.coerce.number().int().min(1).max(10_000).default(5_000),
});
const EventsQuery = z.object({ run: Id.optional(), job: Id.optional() });
const EventRequest = z.object({
  event: z.string().min(1).max(100),
  ref: z.string().startsWith('refs/').max(1_000),
  sha: z.string().regex(/^[0-9a-f]{40}$/, 'must be a full commit sha'),
  payload: z.record(z.string(), z.json()).default({}),
  workflow: z.string().optional(),
  job: z.string().optional(),
  inputs: z.record(z.string(), z.string()).optional(),
});

const PAGE = { config: { access: 'page', place: 'checked-by-handler' } } as const;
const WRITE = needs('write', 'people');

/** The API of the page and the CLI (protocol/dashboard). Register it with the prefix `DASHBOARD_PREFIX`. */
export function dashboardRoutes(context: ServerContext): FastifyPluginAsync {
  return async (app) => {
    answerErrors(app, context);
    app.addHook('onRequest', async (_request, reply) => {
      reply.headers({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
    });
    addRuns(app, context);
    addJobs(app, context);
    addLive(app, context);
    addWrites(app, context);
    addReceivedEvents(app, context);
    secretRoutes(app, context);
    addRunActions(app, context);
    addArtifacts(app, context);
    addRunners(app, context);
    addPools(app, context);
    addPeople(app, context);
    addTokens(app, context);
    addApps(app, context);
    addAudit(app, context);
    addWalls(app, context);
    addHooks(app, context);
    mirrorRoutes(app, context);
    app.get('/server', PAGE, (): ServerInfo => ({ version, url: context.settings.publicUrl }));
  };
}

function addRuns(app: FastifyInstance, context: ServerContext): void {
  app.get('/runs', PAGE, async ({ query, caller }): Promise<RunList> => {
    const { repository, ...rest } = RunsQuery.parse(query);
    const filter = { ...rest, visible: visibleRepositories(caller) };
    if (!repository) return { runs: await runSummaries(context.db, filter) };
    const [owner = '', name = ''] = repository.split('/');
    const row = await findRepository(context.db, owner, name);
    return { runs: row ? await runSummaries(context.db, { ...filter, repositoryId: row.id }) : [] };
  });
  app.get('/runs/:id', PAGE, async (request): Promise<RunDetail> => {
    const { id } = await runInPath(context, request);
    const { attempt } = AttemptQuery.parse(request.query);
    const run = await runDetail(context, id, attempt);
    if (!run) throw notFound(attempt === undefined ? `Run ${id}` : `Attempt ${attempt} of run ${id}`);
    return run;
  });
  app.get('/runs/:id/explanation', PAGE, async (request) => {
    const { id } = await runInPath(context, request);
    return context.engine.views.explainRun(id);
  });
}

function addJobs(app: FastifyInstance, context: ServerContext): void {
  addJobAtFleet(app, context);
  app.get('/jobs/:id/explanation', PAGE, async (request) => {
    const job = await jobInPath(context, request);
    const explanation = await context.engine.views.explainJob(job.id);
    return { ...explanation, sentences: [...explanation.sentences, ...(await skippedSteps(context, job))] };
  });
  app.get('/jobs/:id/steps/:number/log', PAGE, async (request) => {
    const job = await jobInPath(context, request);
    const { number } = z.object({ number: Id }).parse(request.params);
    const { from, limit } = LogQuery.parse(request.query);
    const step = await findStep(context.db, job.id, number);
    if (!step) throw notFound(`Step ${number} of job ${job.id}`);
    return readLog(context, job, step, from, limit);
  });
  app.get('/jobs/:id/summary', PAGE, async (request): Promise<JobSummary> => {
    const job = await jobInPath(context, request);
    return readSummary(context, job.id);
  });
  app.get('/jobs/:id/diagnostics', PAGE, async (request, reply) => {
    const job = await jobInPath(context, request);
    const zip = await context.blobs.read(diagLogName(job.id));
    if (!zip) throw notFound(`A diagnostic log of job ${job.id}`);
    const name = `attachment; filename="job-${job.id}-diagnostics.zip"`;
    return reply.headers({ 'content-type': 'application/zip', 'content-disposition': name }).send(zip.stream);
  });
  app.get('/jobs/:id/log', PAGE, async (request, reply) => {
    const job = await jobInPath(context, request);
    const log = await readJobLog(context, job);
    return reply.type('text/plain; charset=utf-8').send(log ?? '');
  });
}

function addLive(app: FastifyInstance, context: ServerContext): void {
  const hub = new LiveHub(context);
  app.addHook('preClose', async () => hub.close());
  app.get('/events', PAGE, async (request, reply) => {
    const { run, job } = EventsQuery.parse(request.query);
    if (run !== undefined) await runInPath(context, { params: { id: run }, caller: request.caller });
    if (job !== undefined) await jobInPath(context, { params: { id: job }, caller: request.caller });
    reply.hijack();
    const secret = secretOf(request);
    const renew = secret === undefined ? undefined : () => callerOfToken(context, secret);
    hub.add(new EventStream(reply.raw), { runId: run, jobId: job }, { caller: request.caller, renew });
  });
}

function addWrites(app: FastifyInstance, context: ServerContext): void {
  app.post('/repos/:owner/:repo/events', WRITE, async ({ params, body, caller }): Promise<EventResponse> => {
    const repository = await repositoryOf(context, params);
    const { event: name, payload, ...event } = EventRequest.parse(body);
    if ((await context.git.resolve(repository, event.sha)) !== event.sha) throw notFound(`Commit ${event.sha}`);
    const outcome = await context.engine.acceptEvent({
      ...event,
      key: `api:${newGuid()}`,
      repository,
      name,
      actor: callerName(caller),
      payload: payload as Record<string, Json>,
    });
    const ids = outcome.runs.map(({ id }) => id);
    const runs = ids.length > 0 ? await runSummaries(context.db, { ids }) : [];
    return { runs: runs.reverse(), notStarted: outcome.notStarted };
  });
}

async function repositoryOf(context: ServerContext, params: unknown): Promise<RepositoryRow> {
  const { owner, repo } = RepositoryParams.parse(params);
  const repository = await findRepository(context.db, owner, repo);
  if (!repository) throw notFound(`Repository ${owner}/${repo}`);
  return repository;
}

function answerErrors(app: FastifyInstance, context: ServerContext): void {
  app.setErrorHandler((error, request, reply) => {
    const { status, message, code, hint } = failureOf(error, request, context.logger);
    const body: ApiError = { message, code, hint };
    return reply.code(status).send(body);
  });
  app.setNotFoundHandler((_request, reply) =>
    reply.code(404).send({ message: 'There is no such path.', code: 'not-found' }),
  );
}
