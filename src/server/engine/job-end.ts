import { addReason, calledJobs, findJob, type JobRow, moveJob, siblingsOf } from '../../store/jobs.ts';
import { deleteRunner, findRunner } from '../../store/runners.ts';
import { concludeJob, failure, type JobEnd } from './conclude.ts';
import type { Unit } from './unit.ts';

/** The job's runner is gone: nobody else will report its end (SEM-28.9). */
export async function loseJob(unit: Unit, job: JobRow, why: string): Promise<void> {
  await endJob(unit, job, { conclusion: 'failure', reason: why, annotations: [failure(why)] });
}

/** Ends a job and everything that hangs on it. */
export async function endJob(unit: Unit, job: JobRow, jobEnd: JobEnd): Promise<void> {
  const row = await concludeJob(unit, job, jobEnd);
  if (!row) return;
  if (row.runner_id !== null) await releaseRunner(unit, row.runner_id, row.started_at !== null);
  await closeSteps(unit, row);
  if (jobEnd.conclusion === 'failure' && !row.continue_on_error) await cancelSiblings(unit, row);
  unit.follow({ kind: 'advance', runId: row.run_id });
}

/** Fails jobs that have not started, all for the same reason: none of them is cancelled because another fails. */
export async function failTogether(unit: Unit, jobs: JobRow[], why: string): Promise<void> {
  const end: JobEnd = { conclusion: 'failure', reason: why, annotations: [failure(why)] };
  for (const job of jobs) await concludeJob(unit, job, end);
  for (const job of jobs) {
    if (!job.continue_on_error) await cancelSiblings(unit, job);
    unit.follow({ kind: 'advance', runId: job.run_id });
  }
}

/** An ephemeral runner ends with the one job that it took (SEM-13.7); one that was only offered a job goes on. */
async function releaseRunner(unit: Unit, runnerId: number, tookTheJob: boolean): Promise<void> {
  const runner = await findRunner(unit.db, runnerId);
  if (tookTheJob && runner?.ephemeral) {
    await deleteRunner(unit.db, runnerId);
    unit.changed('runner-removed', runnerId);
    return;
  }
  unit.changed('runner', runnerId);
}

/** Steps that a dead worker left open end with their job. */
async function closeSteps(unit: Unit, job: JobRow): Promise<void> {
  await unit.db
    .updateTable('steps')
    .set({
      status: 'completed',
      conclusion: job.conclusion === 'cancelled' ? 'cancelled' : 'failure',
      completed_at: unit.at,
    })
    .where('job_id', '=', job.id)
    .where('status', '=', 'in_progress')
    .execute();
  await unit.db
    .updateTable('steps')
    .set({ status: 'completed', conclusion: 'skipped' })
    .where('job_id', '=', job.id)
    .where('status', '=', 'queued')
    .execute();
}

/**
 * Ends a job that has not started; asks the runner of one that has, which then has until its deadline. Of a call the
 * called jobs are cancelled, whatever their conditions say.
 */
export async function cancelJob(unit: Unit, job: JobRow, why: string): Promise<void> {
  if (job.phase === 'calling') {
    for (const called of await calledJobs(unit.db, job.id)) await cancelJob(unit, called, why);
    return;
  }
  if (job.phase !== 'running') return endJob(unit, job, { conclusion: 'cancelled', reason: why });
  if (job.cancel_requested_at !== null) return;
  const row = await moveJob(unit.db, job.id, ['running'], { cancel_requested_at: unit.at });
  if (!row) return;
  await addReason(unit.db, job.id, why, unit.at);
  unit.moved(row);
  unit.changed('job', job.id);
}

export async function cancelJobById(unit: Unit, jobId: number, why: string): Promise<void> {
  const job = await findJob(unit.db, jobId);
  if (job && job.phase !== 'completed') await cancelJob(unit, job, why);
}

/** SEM-10.15: one combination failed, so its siblings are cancelled, unless `fail-fast` is false. */
async function cancelSiblings(unit: Unit, failed: JobRow): Promise<void> {
  const strategy = JSON.parse(failed.strategy) as { 'fail-fast'?: boolean; 'job-total'?: number };
  if (strategy['fail-fast'] === false || (strategy['job-total'] ?? 1) < 2) return;
  const why = `Cancelled because ${failed.name} failed and fail-fast is on.`;
  for (const sibling of await siblingsOf(unit.db, failed)) await cancelJob(unit, sibling, why);
}
