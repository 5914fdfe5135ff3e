import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Annotation } from '../../protocol/dashboard/index.ts';
import { type CheckRunRow, checkRunsOfCommit, findCheckRun } from '../../store/check-runs.ts';
import { findJob, type JobRow, jobsOfRun } from '../../store/jobs.ts';
import type { RepositoryRow } from '../../store/repositories.ts';
import { findRunWithWorkflow, queryRuns, type RunWithWorkflow } from '../../store/runs-read.ts';
import { needs } from '../auth/access.ts';
import type { ServerContext } from '../context.ts';
import { checkRunObject } from './check-run-object.ts';
import { notFoundOnGitHub } from './errors.ts';
import { commitOf } from './git-requests.ts';
import { withoutCalls } from './job-object.ts';
import { type PostedAnnotation, postedCheckObject, postedId } from './posted-check-object.ts';
import { tellOfCheck, WRITE_CHECKS } from './posted-checks.ts';
import { idOf, onPage, repositoryOf } from './requests.ts';
import { rerun } from './runs.ts';

export const READ_CHECKS = needs('read', 'checks: read');
/** Of one commit; more than anybody has. */
export const MAX_RUNS = 1_000;

export type CheckRunObject = ReturnType<typeof checkRunObject> | Awaited<ReturnType<typeof postedCheckObject>>;

const ListQuery = z.object({ check_name: z.string().optional(), status: z.string().optional() });

/** https://docs.github.com/rest/checks: the jobs of workflows, of which each is one, and what Apps report */
export function checkRunRoutes(app: FastifyInstance, context: ServerContext): void {
  const base = '/repos/:owner/:repo';
  app.get(`${base}/check-runs/:id`, READ_CHECKS, async (request) => {
    const posted = await postedIn(context, request);
    if (posted) return postedCheckObject(context, posted.repository, posted.row);
    const { repository, run, job } = await checkRunOf(context, request);
    return checkRunObject(context.settings.publicUrl, repository, run, job);
  });
  app.get(`${base}/check-runs/:id/annotations`, READ_CHECKS, async (request, reply) => {
    const pageOf = ({ owner, name }: RepositoryRow, sha: string) =>
      `${context.settings.publicUrl}/${owner}/${name}/blob/${sha}`;
    const posted = await postedIn(context, request);
    if (posted) {
      const all = JSON.parse(posted.row.annotations) as PostedAnnotation[];
      const page = pageOf(posted.repository, posted.row.sha);
      return onPage(context, request, reply, all).map((one) => ({ ...one, blob_href: `${page}/${one.path}` }));
    }
    const { repository, run, job } = await checkRunOf(context, request);
    const page = pageOf(repository, run.head_sha);
    const annotations = JSON.parse(job.annotations) as Annotation[];
    return onPage(context, request, reply, annotations).map((annotation) => annotationObject(page, annotation));
  });
  app.post(`${base}/check-runs/:id/rerequest`, WRITE_CHECKS, async (request, reply) => {
    const posted = await postedIn(context, request);
    if (posted) await tellOfCheck(context, request.caller, posted.repository, posted.row, 'rerequested');
    else {
      const { run, job } = await checkRunOf(context, request);
      await rerun(context, request, run.id, job.id);
    }
    return reply.code(201).send({});
  });
  app.get(`${base}/commits/:ref/check-runs`, READ_CHECKS, async (request, reply) => {
    const repository = await repositoryOf(context, request);
    const { ref } = z.object({ ref: z.string() }).parse(request.params);
    const sha = await commitOf(context, repository, ref);
    const checkRuns = onlyAsked(request, await checkRunsAt(context, repository, sha));
    return { total_count: checkRuns.length, check_runs: onPage(context, request, reply, checkRuns) };
  });
}

/** By GitHub's parameters. */
export function onlyAsked<T extends { name: string; status: string }>({ query }: FastifyRequest, all: T[]): T[] {
  const { check_name, status } = ListQuery.parse(query);
  return all.filter((one) => (!check_name || one.name === check_name) && (!status || one.status === status));
}

/** @returns undefined for the number of a job. @throws UserError 404 */
async function postedIn(
  context: ServerContext,
  request: FastifyRequest,
): Promise<{ repository: RepositoryRow; row: CheckRunRow } | undefined> {
  const id = postedId(idOf(request));
  if (id === undefined) return undefined;
  const repository = await repositoryOf(context, request);
  const row = await findCheckRun(context.db, repository.id, id);
  if (!row) throw notFoundOnGitHub();
  return { repository, row };
}

export async function checkRunsAt(context: ServerContext, repository: RepositoryRow, sha: string) {
  const page = { limit: MAX_RUNS, offset: 0 };
  const { runs } = await queryRuns(context.db, { repositoryId: repository.id, headSha: sha }, page);
  const posted = await checkRunsOfCommit(context.db, repository.id, sha);
  const objects: CheckRunObject[] = [];
  for (const row of posted) objects.push(await postedCheckObject(context, repository, row));
  for (const run of runs) {
    const jobs = withoutCalls(await jobsOfRun(context.db, run.id));
    objects.push(...jobs.map((job) => checkRunObject(context.settings.publicUrl, repository, run, job)));
  }
  return objects;
}

/** @throws UserError 404 */
async function checkRunOf(
  context: ServerContext,
  request: FastifyRequest,
): Promise<{ repository: RepositoryRow; run: RunWithWorkflow; job: JobRow }> {
  const repository = await repositoryOf(context, request);
  const job = await findJob(context.db, idOf(request));
  if (job?.repository_id !== repository.id) throw notFoundOnGitHub();
  const run = await findRunWithWorkflow(context.db, repository.id, job.run_id);
  if (!run) throw notFoundOnGitHub();
  return { repository, run, job };
}

/** One that is about no file is about the folder of workflows, as on GitHub. */
function annotationObject(page: string, { level, message, title, path: given, line }: Annotation) {
  const path = given ?? '.github';
  return {
    path,
    blob_href: `${page}/${path}`,
    start_line: line ?? 1,
    end_line: line ?? 1,
    start_column: null,
    end_column: null,
    annotation_level: level,
    title: title ?? '',
    message,
    raw_details: '',
  };
}
