import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { UserError } from '../../common/errors.ts';
import type { RepositoryRow } from '../../store/repositories.ts';
import { earlierAttempts, runAtAttempt } from '../../store/run-attempts.ts';
import { findRunWithWorkflow, queryRuns, type RunQuery, type RunWithWorkflow } from '../../store/runs-read.ts';
import { callerName } from '../auth/access.ts';
import type { ServerContext } from '../context.ts';
import type { RerunChoice } from '../engine/rerun-plan.ts';
import { notFoundOnGitHub } from './errors.ts';
import { idOf, linkPages, pageOf, READ, repositoryOf, WRITE } from './requests.ts';
import { runObject } from './run-object.ts';
import { workflowOf } from './workflows.ts';

const Text = z.string().max(1_000).optional();
const RunsQuery = z.object({
  ...{ branch: Text, event: Text, status: Text, actor: Text, head_sha: Text, created: Text },
  check_suite_id: z.coerce.number().int().optional(),
});
const PullsQuery = z.object({ exclude_pull_requests: z.enum(['true', 'false']).default('false').catch('false') });

/** https://docs.github.com/rest/actions/workflow-runs */
export function runRoutes(app: FastifyInstance, context: ServerContext): void {
  const actions = '/repos/:owner/:repo/actions';
  app.get(`${actions}/runs`, READ, async (request, reply) => {
    const repository = await repositoryOf(context, request);
    return listRuns(context, request, reply, repository, {});
  });
  app.get(`${actions}/workflows/:workflow/runs`, READ, async (request, reply) => {
    const repository = await repositoryOf(context, request);
    const workflow = await workflowOf(context, repository, request);
    return listRuns(context, request, reply, repository, { workflowId: workflow.id });
  });
  app.get(`${actions}/runs/:id`, READ, async (request) => {
    const { repository, run } = await runOf(context, request);
    return shownRun(context, request, repository, run);
  });
  app.get(`${actions}/runs/:id/attempts/:attempt`, READ, async (request) => {
    const { repository, run } = await attemptOf(context, request);
    return shownRun(context, request, repository, run);
  });
  app.post(`${actions}/runs/:id/cancel`, WRITE, async (request, reply) => {
    const { run } = await runOf(context, request);
    await context.engine.cancelRun(run.id, callerName(request.caller));
    return reply.code(202).send({});
  });
  app.post(`${actions}/runs/:id/force-cancel`, WRITE, async (request, reply) => {
    const { run } = await runOf(context, request);
    await context.engine.forceCancelRun(run.id, callerName(request.caller));
    return reply.code(202).send({});
  });
  for (const [path, jobs] of [
    ['rerun', 'all'],
    ['rerun-failed-jobs', 'failed'],
  ] as const) {
    app.post(`${actions}/runs/:id/${path}`, WRITE, async (request, reply) => {
      const { run } = await runOf(context, request);
      await rerun(context, request, run.id, jobs);
      return reply.code(201).send({});
    });
  }
}

const RerunBody = z.looseObject({ enable_debug_logging: z.boolean().default(false) });

/** Clients may leave the body out. */
export async function rerun(
  context: ServerContext,
  request: FastifyRequest,
  runId: number,
  jobs: RerunChoice,
): Promise<void> {
  const { enable_debug_logging: debug } = RerunBody.parse(request.body ?? {});
  await context.engine.rerunRun(runId, { jobs, debug, by: callerName(request.caller) });
}

const AttemptParams = z.object({ attempt: z.coerce.number().int().positive() });

/**
 * The attempt in the path, as its run was when it had ended.
 * @throws UserError 404
 */
export async function attemptOf(
  context: ServerContext,
  request: FastifyRequest,
): Promise<{ repository: RepositoryRow; run: RunWithWorkflow }> {
  const { repository, run } = await runOf(context, request);
  const { data } = AttemptParams.safeParse(request.params);
  if (data?.attempt === run.attempt) return { repository, run };
  const earlier = (await earlierAttempts(context.db, run.id)).find(({ attempt }) => attempt === data?.attempt);
  if (!earlier) throw notFoundOnGitHub();
  return { repository, run: runAtAttempt(run, earlier) };
}

/**
 * The run in the path.
 * @throws UserError 404
 */
export async function runOf(
  context: ServerContext,
  request: FastifyRequest,
): Promise<{ repository: RepositoryRow; run: RunWithWorkflow }> {
  const repository = await repositoryOf(context, request);
  const run = await findRunWithWorkflow(context.db, repository.id, idOf(request));
  if (!run) throw notFoundOnGitHub();
  return { repository, run };
}

async function listRuns(
  context: ServerContext,
  request: FastifyRequest,
  reply: FastifyReply,
  repository: RepositoryRow,
  more: Partial<RunQuery>,
) {
  const {
    branch: headBranch,
    head_sha: headSha,
    created,
    check_suite_id: id,
    ...query
  } = RunsQuery.parse(request.query);
  const page = pageOf(request);
  const { runs, total } = await queryRuns(
    context.db,
    // A run is its own check suite here.
    { ...query, ...more, ...createdRange(created), headBranch, headSha, id, repositoryId: repository.id },
    page,
  );
  linkPages(context, request, reply, page, total);
  return {
    total_count: total,
    workflow_runs: runs.map((run) => shownRun(context, request, repository, run)),
  };
}

function shownRun(
  { settings }: ServerContext,
  request: FastifyRequest,
  repository: RepositoryRow,
  run: RunWithWorkflow,
) {
  const object = runObject(settings.publicUrl, repository, run);
  return PullsQuery.parse(request.query).exclude_pull_requests === 'true' ? { ...object, pull_requests: [] } : object;
}

const DATE = /^\d{4}-\d{2}-\d{2}(T[\d:.]+(Z|[+-]\d{2}:?\d{2})?)?$/;

/**
 * GitHub's search syntax for dates: `D`, `>D`, `>=D`, `<D`, `<=D`, `D..D`, with `*` for an open end.
 * @throws UserError 422
 */
function createdRange(text: string | undefined): Pick<RunQuery, 'createdFrom' | 'createdTo'> {
  if (text === undefined) return {};
  const [, sign = '', single = ''] = /^([<>]=?)?(.*)$/.exec(text) ?? [];
  const [from = '*', to = '*'] = single.includes('..') ? single.split('..') : [single, single];
  const isDate = (part: string): boolean => part === '*' || (DATE.test(part) && !Number.isNaN(Date.parse(part)));
  if (!isDate(from) || !isDate(to)) throw new UserError('bad-date', `"created" is not a date or range: ${text}`);
  return {
    ...(sign.startsWith('<') || from === '*' ? {} : { createdFrom: edge(from, sign === '>') }),
    ...(sign.startsWith('>') || to === '*' ? {} : { createdTo: edge(to, sign !== '<') }),
  };
}

/** The first moment of a day, or the last. A time stands for itself. */
function edge(date: string, isEnd: boolean): string {
  if (date.includes('T')) return new Date(date).toISOString();
  return `${date}T${isEnd ? '23:59:59.999' : '00:00:00.000'}Z`;
}
