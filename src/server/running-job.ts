import { UserError } from '../common/errors.ts';
import { findJob, type JobRow } from '../store/jobs.ts';
import type { JobClaims } from './auth/jwt.ts';
import type { ServerContext } from './context.ts';

/**
 * The job of a token, which may use the services only while it runs (runner-protocol 12.37).
 * @throws UserError 412
 */
export async function runningJob(context: Pick<ServerContext, 'db'>, { jobId }: JobClaims): Promise<JobRow> {
  const job = await findJob(context.db, jobId);
  if (job?.phase === 'running') return job;
  throw new UserError('job-ended', 'The job of this token does not run.', { status: 412 });
}
