import { findJob } from '../../store/jobs.ts';
import { setRunStatus } from '../../store/runs.ts';
import { cancelWholeRun } from './cancellation.ts';
import { cancelJobById } from './job-end.ts';
import type { EngineOptions } from './options.ts';
import { advanceRun, passGatesOf } from './progress.ts';
import type { FollowUp, Unit } from './unit.ts';

/** Does what must still happen in a transaction. */
export async function followUp(unit: Unit, options: EngineOptions, next: FollowUp): Promise<void> {
  switch (next.kind) {
    case 'advance':
      return advanceRun(unit, options, next.runId);
    case 'cancel-run':
      return cancelWholeRun(unit, options, next.runId, next.why);
    case 'cancel-job':
      return cancelJobById(unit, next.jobId, next.why);
    case 'start-run':
      await setRunStatus(unit.db, next.runId, 'queued');
      unit.changed('run', next.runId);
      return advanceRun(unit, options, next.runId);
    case 'pass-gates': {
      const job = await findJob(unit.db, next.jobId);
      if (job) await passGatesOf(unit, options, job);
    }
  }
}
