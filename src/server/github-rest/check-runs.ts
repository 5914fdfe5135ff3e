import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Annotation } from '../../protocol/dashboard/index.ts';
import { findJob, type JobRow, jobsOfRun } from '../../store/jobs.ts';
import type { RepositoryRow } from '../../store/repositories.ts';
import { queryRuns, type RunWithWorkflow } from '../../store/runs-read.ts';
import { needs } from '../auth/access.ts';
import type { ServerContext } from '../context.ts';
import { checkRunObject } from './check-run-object.ts';
import { notFoundOnGitHub } from './errors.ts';
import { commitOf } from './git-requests.ts';
import { withoutCalls } from './job-object.ts';
import { idOf, onPage, repositoryOf } from './requests.ts';
import { headOf } from './run-object.ts';

const READ_CHECKS = needs('read', 'checks: read');
/** Of one commit; more than anybody has. */
const MAX_RUNS = 1_000;

/** https://docs.github.com/rest/checks: the jobs of workflows, of which each is a check run, as on GitHub */
export function checkRunRoutes(app: FastifyInstance, context: ServerContext): void {
  const base = '/repos/:owner/:repo';
  app.get(`${base}/check-runs/:id`, READ_CHECKS, async (request) => {
    const { repository, run, job } = await checkRunOf(context, request);
    return checkRunObject(context.settings.publicUrl, repository, run, job);
  });
  app.get(`${base}/check-runs/:id/annotations`, READ_CHECKS, async (request, reply) => {
    const { repository, run, job } = await checkRunOf(context, request);
    const page = `${context.settings.publicUrl}/${repository.owner}/${repository.name}/blob/${headOf(run).sha}`;
    const annotations = JSON.parse(job.annotations) as Annotation[];
    return onPage(context, request, reply, annotations).map((annotation) => annotationObject(page, annotation));
  });
  app.get(`${base}/commits/:ref/check-runs`, READ_CHECKS, async (request, reply) => {
    const repository = await repositoryOf(context, request);
    const { ref } = z.object({ ref: z.string() }).parse(request.params);
    const checkRuns = await checkRunsAt(context, repository, await commitOf(context, repository, ref));
    return { total_count: checkRuns.length, check_runs: onPage(context, request, reply, checkRuns) };
  });
}

export async function checkRunsAt(context: ServerContext, repository: RepositoryRow, sha: string) {
  const page = { limit: MAX_RUNS, offset: 0 };
  const { runs } = await queryRuns(context.db, { repositoryId: repository.id, sha }, page);
  const objects: ReturnType<typeof checkRunObject>[] = [];
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
  const { runs } = await queryRuns(
    context.db,
    { repositoryId: repository.id, id: job.run_id },
    { limit: 1, offset: 0 },
  );
  if (!runs[0]) throw notFoundOnGitHub();
  return { repository, run: runs[0], job };
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
