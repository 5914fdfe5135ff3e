import { addReason, type JobRow, moveJob } from '../../store/jobs.ts';
import { deleteRunner, findRunner } from '../../store/runners.ts';
import { advanceRun, concludeJob, failure, type JobEnd, type ProgressOptions } from './progress.ts';
import { loadRun } from './run-bundle.ts';
import type { Unit } from './unit.ts';

export interface EngineOptions extends ProgressOptions {
  /** How long an offer may stay unanswered. */
  acquireMs: number;
  /** How long a running job lives without a renewal. */
  leaseMs: number;
}

/** The job's runner is gone: nobody else will report its end (SEM-28.9). */
export async function loseJob(unit: Unit, options: EngineOptions, job: JobRow, why: string): Promise<void> {
  await endJob(unit, options, job, { conclusion: 'failure', reason: why, annotations: [failure(why)] });
}

/** Ends a job that a runner holds or may hold, and everything that hangs on it. */
export async function endJob(unit: Unit, options: EngineOptions, job: JobRow, jobEnd: JobEnd): Promise<void> {
  const row = await concludeJob(unit, job, jobEnd);
  if (!row) return;
  if (row.runner_id !== null) await releaseRunner(unit, row.runner_id, row.started_at !== null);
  await closeSteps(unit, row);
  if (jobEnd.conclusion === 'failure' && !row.continue_on_error) await cancelSiblings(unit, options, row);
  await advanceRun(unit, options, row.run_id);
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

/** Ends a job that has not started; asks the runner of one that has, which then has until its deadline. */
export async function cancelJob(unit: Unit, options: EngineOptions, job: JobRow, why: string): Promise<void> {
  if (job.phase !== 'running') return endJob(unit, options, job, { conclusion: 'cancelled', reason: why });
  if (job.cancel_requested_at !== null) return;
  const row = await moveJob(unit.db, job.id, ['running'], { cancel_requested_at: unit.at });
  if (!row) return;
  await addReason(unit.db, job.id, why, unit.at);
  unit.moved(row);
  unit.changed('job', job.id);
}

/** SEM-10.15: one combination failed, so its siblings are cancelled, unless `fail-fast` is false. */
async function cancelSiblings(unit: Unit, options: EngineOptions, failed: JobRow): Promise<void> {
  const strategy = JSON.parse(failed.strategy) as { 'fail-fast'?: boolean; 'job-total'?: number };
  if (strategy['fail-fast'] === false || (strategy['job-total'] ?? 1) < 2) return;
  const bundle = await loadRun(unit.db, options.cache, failed.run_id);
  for (const sibling of bundle?.jobs ?? []) {
    if (sibling.key !== failed.key || sibling.phase === 'completed') continue;
    await cancelJob(unit, options, sibling, `Cancelled because ${failed.name} failed and fail-fast is on.`);
  }
}
