import type { Json } from '../../protocol/runner/tokens.ts';
import type { JobStatus } from './job-state.ts';

/** What the steps of a composite action see in place of the job's own (SEM-17.9 to 17.11). */
export interface Frame {
  /** Texts. */
  inputs: Record<string, Json>;
  steps: Record<string, Json>;
  /** What `success()` and `failure()` look at; `cancelled()` looks at the job. */
  status: JobStatus;
}
