import { UserError } from '../../common/errors.ts';
import { findJob, type JobRow, moveJob } from '../../store/jobs.ts';
import { requestRunCancel } from '../../store/runs.ts';
import { evaluateJobCondition } from '../../workflow/index.ts';
import { concludeJob, failure } from './conclude.ts';
import { conditionState, jobContexts } from './contexts.ts';
import { cancelJob, endJob } from './job-end.ts';
import type { EngineOptions } from './options.ts';
import { levelOf, loadRun, loadRunOrThrow, type RunBundle } from './run-bundle.ts';
import type { Unit } from './unit.ts';

/**
 * Cancels a run: jobs whose condition holds also for a cancelled run go on (SEM-9.10, 28.1).
 * @throws UserError 404, or 409 when the run has completed
 */
export async function cancelRun(unit: Unit, options: EngineOptions, runId: number, by: string): Promise<void> {
  await unfinishedRun(unit, options, runId);
  await cancelWholeRun(unit, options, runId, `Cancelled by ${by}.`);
}

/**
 * Ends every job of a run at once (SEM-28.6): no condition is asked and no runner is waited for. A runner that has one
 * of the jobs is told, and learns from its next renewal at the latest.
 * @throws UserError 404, or 409 when the run has completed
 */
export async function forceCancelRun(unit: Unit, options: EngineOptions, runId: number, by: string): Promise<void> {
  const { jobs } = await unfinishedRun(unit, options, runId);
  await requestRunCancel(unit.db, runId, unit.at);
  const reason = `Force-cancelled by ${by}: its condition was not asked, and its runner was not waited for.`;
  // Called jobs come after those that call them.
  for (const job of jobs.toReversed()) {
    if (job.phase === 'running') await moveJob(unit.db, job.id, ['running'], { cancel_requested_at: unit.at });
    await endJob(unit, job, { conclusion: 'cancelled', reason });
  }
  unit.follow({ kind: 'advance', runId });
  unit.changed('run', runId);
}

/** @throws UserError 404, or 409 when the run has completed */
async function unfinishedRun(unit: Unit, options: EngineOptions, runId: number): Promise<RunBundle> {
  const bundle = await loadRunOrThrow(unit.db, options.reader, runId);
  if (bundle.run.status !== 'completed') return bundle;
  throw new UserError('run-completed', 'Cannot cancel a workflow run that is completed.', { status: 409 });
}

/** @param why a sentence for every job that ends by it */
export async function cancelWholeRun(unit: Unit, options: EngineOptions, runId: number, why: string): Promise<void> {
  await requestRunCancel(unit.db, runId, unit.at);
  const bundle = await loadRun(unit.db, options.reader, runId);
  if (!bundle || bundle.run.status === 'completed') return;
  for (const job of bundle.jobs) {
    // A run that never began has nothing to clean up after.
    if (bundle.run.status === 'pending') await concludeJob(unit, job, { conclusion: 'cancelled', reason: why });
    else if (isCancellable(job) && !mustGoOn(bundle, job, options)) await cancelJob(unit, job, why);
  }
  unit.follow({ kind: 'advance', runId });
  unit.changed('run', runId);
}

/** Called jobs are asked each for itself; blocked ones when their time comes. */
const isCancellable = ({ phase }: JobRow): boolean => !['blocked', 'calling', 'completed'].includes(phase);

function mustGoOn(bundle: RunBundle, job: JobRow, options: EngineOptions): boolean {
  const level = levelOf(bundle, job);
  const contexts = jobContexts(level, job, options.publicUrl());
  return evaluateJobCondition(level.workflow, job.key, conditionState(level, job, contexts)).run;
}

/** SEM-28.7: the server's duty; counted from the start of execution. */
export async function timeOutJob(unit: Unit, job: JobRow): Promise<void> {
  const text = `The job has exceeded its maximum execution time of ${job.timeout_minutes} minutes.`;
  const annotations = JSON.stringify([...JSON.parse(job.annotations), failure(text)]);
  const row = await moveJob(unit.db, job.id, ['running'], { annotations });
  if (row) await cancelJob(unit, row, text);
}

/** The runner did not finish in the time that a cancellation gives it (SEM-28.4). */
export async function concludeOverdueCancel(unit: Unit, jobId: number): Promise<void> {
  const job = await findJob(unit.db, jobId);
  if (job?.phase !== 'running') return;
  const reason = `Cancelled; the runner ${job.runner_name} did not finish within ${job.cancel_timeout_minutes} minutes.`;
  await endJob(unit, job, { conclusion: 'cancelled', reason, annotations: [failure(reason)] });
}
