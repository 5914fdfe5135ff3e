import type { Job } from '../../protocol/dashboard/index.ts';
import { stateOf } from '../format/state.ts';

/** The one sentence that says why a job waits, was skipped, or failed without a step to blame. */
export function Reason({ job }: { job: Job }) {
  return job.reason && <p className={`reason reason-${stateOf(job)}`}>{job.reason}</p>;
}
