import type { FastifyInstance } from 'fastify';
import { UserError } from '../../common/errors.ts';
import { type JobRow, jobsOfAttempt } from '../../store/jobs.ts';
import { deleteRun } from '../../store/runs.ts';
import { stepsOfJobs } from '../../store/steps.ts';
import type { ServerContext } from '../context.ts';
import { deleteLogs } from '../run-logs/delete-logs.ts';
import { logArchiveUrl } from '../run-logs/routes.ts';
import { jobLogName } from '../runner-service/log-names.ts';
import { notFoundOnGitHub } from './errors.ts';
import { READ, WRITE } from './requests.ts';
import { attemptOf, runOf } from './runs.ts';

/** https://docs.github.com/rest/actions/workflow-runs: logs, how long it took, and the end of a run's record */
export function runLogRoutes(app: FastifyInstance, context: ServerContext): void {
  const base = '/repos/:owner/:repo/actions/runs/:id';
  app.get(`${base}/logs`, READ, async (request, reply) => {
    const { run } = await runOf(context, request);
    return reply.redirect(await archiveUrl(context, run), 302);
  });
  app.get(`${base}/attempts/:attempt/logs`, READ, async (request, reply) => {
    const { run } = await attemptOf(context, request);
    return reply.redirect(await archiveUrl(context, run), 302);
  });
  app.delete(`${base}/logs`, WRITE, async (request, reply) => {
    const { run } = await runOf(context, request);
    assertCompleted(run.status);
    await deleteLogs(context, run.id);
    return reply.code(204).send();
  });
  app.delete(base, WRITE, async (request, reply) => {
    const { run } = await runOf(context, request);
    assertCompleted(run.status);
    // First: without its rows nobody would know the names.
    await deleteLogs(context, run.id);
    await deleteRun(context.db, run.id);
    return reply.code(204).send();
  });
}

/** @throws UserError 404 where no job of the attempt has a log */
async function archiveUrl(context: ServerContext, { id, attempt }: { id: number; attempt: number }): Promise<string> {
  const jobs = await jobsOfAttempt(context.db, id, attempt);
  const sizes = await Promise.all(jobs.map((job) => hasLog(context, job)));
  if (!sizes.includes(true)) throw notFoundOnGitHub();
  return logArchiveUrl(context, id, attempt);
}

async function hasLog({ db, blobs }: ServerContext, job: JobRow): Promise<boolean> {
  if ((await blobs.size(jobLogName(job.id))) !== undefined) return true;
  return (await stepsOfJobs(db, [job.id])).some(({ log_complete }) => log_complete === 1);
}

function assertCompleted(status: string): void {
  if (status === 'completed') return;
  throw new UserError('run-not-completed', 'The run has not completed.', { status: 403, hint: 'Cancel it first.' });
}
