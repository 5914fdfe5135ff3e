import type { JobRow } from '../../store/jobs.ts';
import { concludeOverdueCancel, timeOutJob } from './cancellation.ts';
import type { DeadlineKind } from './deadlines.ts';
import { endJob, loseJob } from './job-end.ts';
import { requeue } from './job-lifecycle.ts';
import type { Unit } from './unit.ts';

/** What happens when a job's deadline has come and nothing else has. */
export async function fallDue(unit: Unit, job: JobRow, kind: DeadlineKind): Promise<void> {
  const name = job.runner_name ?? 'the runner';
  switch (kind) {
    case 'environment':
      return unit.follow({ kind: 'pass-gates', jobId: job.id });
    case 'acquire':
      return requeue(unit, job.id, job.request_guid, `${name} did not take the job in time.`);
    case 'lease':
      return loseJob(unit, job, `Lost communication with the runner ${name}: it has not renewed its lease.`);
    case 'time-out':
      return timeOutJob(unit, job);
    case 'cancel':
      return concludeOverdueCancel(unit, job.id);
    case 'queue':
      return endJob(unit, job, {
        conclusion: 'cancelled',
        reason: 'The job waited 24 hours for a runner and none took it.',
      });
  }
}
