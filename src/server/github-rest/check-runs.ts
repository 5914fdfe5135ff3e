import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Annotation } from '../../protocol/dashboard/index.ts';
import { findJob, type JobRow, jobsOfRun } from '../../store/jobs.ts';
import type { RepositoryRow } from '../../store/repositories.ts';
import { queryRuns, type RunWithWorkflow } from '../../store/runs-read.ts';
import { needs } from '../auth/access.ts';
import type { ServerContext } from '../context.ts';
import { statusOf } from '../engine/explain.ts';
import { notFoundOnGitHub } from './errors.ts';
import { commitOf } from './git-requests.ts';
import { idOf, onPage, repositoryOf } from './requests.ts';
import { headOf } from './run-object.ts';
import { nodeId } from './shapes.ts';

const READ_CHECKS = needs('read', 'checks: read');
/** Of one commit; more than anybody has. */
const MAX_RUNS = 1_000;

/** https://docs.github.com/rest/checks: the jobs of workflows, of which each is a check run, as on GitHub */
export function checkRunRoutes(app: FastifyInstance, context: ServerContext): void {
  const base = '/repos/:owner/:repo';
  app.get(`${base}/check-runs/:id`, READ_CHECKS, async (request) => {
    const { repository, run, job } = await checkRunOf(context, request);
    return checkRunObject(context, repository, run, job);
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

async function checkRunsAt(context: ServerContext, repository: RepositoryRow, sha: string) {
  const page = { limit: MAX_RUNS, offset: 0 };
  const { runs } = await queryRuns(context.db, { repositoryId: repository.id, sha }, page);
  const objects: ReturnType<typeof checkRunObject>[] = [];
  for (const run of runs) {
    const jobs = (await jobsOfRun(context.db, run.id)).filter(({ called_file }) => called_file === null);
    objects.push(...jobs.map((job) => checkRunObject(context, repository, run, job)));
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

function checkRunObject(
  { settings: { publicUrl } }: ServerContext,
  { owner, name }: RepositoryRow,
  run: RunWithWorkflow,
  job: JobRow,
) {
  const url = `${publicUrl}/api/v3/repos/${owner}/${name}/check-runs/${job.id}`;
  const page = `${publicUrl}/runs/${run.id}/jobs/${job.id}`;
  return {
    id: job.id,
    node_id: nodeId('CheckRun', job.id),
    name: job.name,
    head_sha: headOf(run).sha,
    external_id: job.job_guid,
    url,
    html_url: page,
    details_url: page,
    status: statusOf(job.phase),
    conclusion: job.conclusion,
    started_at: job.started_at ?? job.created_at,
    completed_at: job.completed_at,
    output: {
      title: null,
      summary: null,
      text: null,
      annotations_count: (JSON.parse(job.annotations) as unknown[]).length,
      annotations_url: `${url}/annotations`,
    },
    check_suite: { id: run.id },
    app: null,
    pull_requests: [],
  };
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
