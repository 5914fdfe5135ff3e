import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { allJobsOfRun, findJob, type JobRow, jobsOfAttempt, jobsOfRun } from '../../store/jobs.ts';
import type { RepositoryRow } from '../../store/repositories.ts';
import { findRunWithWorkflow, type RunWithWorkflow } from '../../store/runs-read.ts';
import { signedUrl } from '../blobs/signed-url.ts';
import type { ServerContext } from '../context.ts';
import { jobLogName } from '../runner-service/log-names.ts';
import { readJobLog } from '../runner-service/step-logs.ts';
import { notFoundOnGitHub } from './errors.ts';
import { jobObjects, withoutCalls } from './job-object.ts';
import { idOf, onPage, READ, repositoryOf, WRITE } from './requests.ts';
import { attemptOf, rerun, runOf } from './runs.ts';

/** As on GitHub: long enough to follow the redirect. */
const LOG_URL_SECONDS = 60;

const JobsQuery = z.object({ filter: z.enum(['latest', 'all']).default('latest').catch('latest') });

/** https://docs.github.com/rest/actions/workflow-jobs */
export function jobRoutes(app: FastifyInstance, context: ServerContext): void {
  const actions = '/repos/:owner/:repo/actions';
  app.get(`${actions}/runs/:id/jobs`, READ, async (request, reply) => {
    const { repository, run } = await runOf(context, request);
    const { filter } = JobsQuery.parse(request.query);
    const jobs = await (filter === 'all' ? allJobsOfRun : jobsOfRun)(context.db, run.id);
    return listJobs(context, request, reply, repository, run, jobs);
  });
  app.get(`${actions}/runs/:id/attempts/:attempt/jobs`, READ, async (request, reply) => {
    const { repository, run } = await attemptOf(context, request);
    const jobs = await jobsOfAttempt(context.db, run.id, run.attempt);
    return listJobs(context, request, reply, repository, run, jobs);
  });
  app.post(`${actions}/jobs/:id/rerun`, WRITE, async (request, reply) => {
    const { job } = await jobOf(context, request);
    await rerun(context, request, job.run_id, job.id);
    return reply.code(201).send({});
  });
  app.get(`${actions}/jobs/:id`, READ, async (request) => {
    const { repository, job } = await jobOf(context, request);
    const run = await findRunWithWorkflow(context.db, repository.id, job.run_id);
    const [object] = run ? await jobObjects(context.db, context.settings.publicUrl, repository, run, [job]) : [];
    return object;
  });
  app.get(`${actions}/jobs/:id/logs`, READ, async (request, reply) => {
    const { job } = await jobOf(context, request);
    const name = jobLogName(job.id);
    if (job.phase === 'completed' && (await context.blobs.size(name)) !== undefined) {
      return reply.redirect(signedUrl(context, name, 'r', LOG_URL_SECONDS), 302);
    }
    const log = await readJobLog(context, job);
    if (!log) throw notFoundOnGitHub();
    return reply.type('text/plain; charset=utf-8').send(log);
  });
}

async function listJobs(
  context: ServerContext,
  request: FastifyRequest,
  reply: FastifyReply,
  repository: RepositoryRow,
  run: RunWithWorkflow,
  rows: JobRow[],
) {
  const jobs = withoutCalls(rows);
  const shown = onPage(context, request, reply, jobs);
  return {
    total_count: jobs.length,
    jobs: await jobObjects(context.db, context.settings.publicUrl, repository, run, shown),
  };
}

async function jobOf(
  context: ServerContext,
  request: FastifyRequest,
): Promise<{ repository: RepositoryRow; job: JobRow }> {
  const repository = await repositoryOf(context, request);
  const job = await findJob(context.db, idOf(request));
  if (job?.repository_id !== repository.id) throw notFoundOnGitHub();
  return { repository, job };
}
