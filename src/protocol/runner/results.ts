/** The results service: steps, logs, summaries. snake_case both ways. Source: runner-protocol 8. */
import { z } from 'zod';
import type { BLOB_STORAGE_TYPE } from './constants.ts';

const jobIds = { workflow_run_backend_id: z.guid(), workflow_job_run_backend_id: z.guid() };

export const StepUpdate = z.looseObject({
  external_id: z.guid(),
  number: z.number().int().min(0).max(100_000),
  name: z.string().max(4096).nullish(),
  status: z.number().int().nullish(),
  started_at: z.string().nullish(),
  completed_at: z.string().nullish(),
  conclusion: z.number().int().nullish(),
  is_background: z.boolean().nullish(),
  background_control_type: z.string().nullish(),
  /** Ids of the steps that a control step is about. */
  background_control_step_ids: z.array(z.string()).nullish(),
  parallel_group_id: z.string().nullish(),
});
export type StepUpdate = z.infer<typeof StepUpdate>;

export const StepsUpdateRequest = z.looseObject({
  ...jobIds,
  steps: z.array(StepUpdate).max(2_000),
  /** Grows within one worker process; a step is applied only when its order is newer. */
  change_order: z.number().int(),
});
export type StepsUpdateRequest = z.infer<typeof StepsUpdateRequest>;

export const JobRequest = z.looseObject(jobIds);
export type JobRequest = z.infer<typeof JobRequest>;
export const StepRequest = z.looseObject({ ...jobIds, step_backend_id: z.guid() });
export type StepRequest = z.infer<typeof StepRequest>;
export const StepLogMetadata = z.looseObject({ ...jobIds, step_backend_id: z.guid(), line_count: z.coerce.number() });
export type StepLogMetadata = z.infer<typeof StepLogMetadata>;
export const JobLogMetadata = z.looseObject({ ...jobIds, line_count: z.coerce.number() });
export type JobLogMetadata = z.infer<typeof JobLogMetadata>;
export const StepSummaryMetadata = z.looseObject({ ...jobIds, step_backend_id: z.guid(), size: z.coerce.number() });
export type StepSummaryMetadata = z.infer<typeof StepSummaryMetadata>;

export interface SignedLogsUrl {
  logs_url: string;
  blob_storage_type: typeof BLOB_STORAGE_TYPE;
  soft_size_limit: string;
}

export interface SignedDiagLogsUrl {
  diag_logs_url: string;
  blob_storage_type: typeof BLOB_STORAGE_TYPE;
}

export interface SignedSummaryUrl {
  summary_url: string;
  blob_storage_type: typeof BLOB_STORAGE_TYPE;
  soft_size_limit: string;
}

/** A text message on the live-console websocket (runner-protocol 8.5). Never validated with zod: it is a hot path. */
export interface FeedMessage {
  count: number;
  /** Our runner puts the time in front (`logTime`), the official one sends the bare text. */
  value: string[];
  stepId: string;
  /** Line number of `value[0]` in the step's log, from 1. */
  startLine: number;
}
