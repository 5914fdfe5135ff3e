/** Acquire, renew and complete a job. Source: runner-protocol 4.5 to 4.7. */
import { z } from 'zod';
import type { RUN_ERROR_SOURCE } from './constants.ts';

export const AcquireJobRequest = z.looseObject({ jobMessageId: z.string().min(1).max(128) });
export type AcquireJobRequest = z.infer<typeof AcquireJobRequest>;

export const RenewJobRequest = z.looseObject({ planId: z.guid(), jobId: z.guid() });
export type RenewJobRequest = z.infer<typeof RenewJobRequest>;

export interface RenewJobResponse {
  lockedUntil: string;
}

/** `TaskResult` of the wire. */
export const TaskResult = z.enum(['succeeded', 'succeededWithIssues', 'failed', 'canceled', 'skipped', 'abandoned']);
export type TaskResult = z.infer<typeof TaskResult>;

/** Enums come as text in any case, or as their index (runner-protocol 0.1). */
const enumOf = <const T extends readonly [string, ...string[]]>(values: T) =>
  z
    .union([z.string(), z.number().int()])
    .transform((raw) =>
      typeof raw === 'number' ? values[raw] : values.find((value) => value.toLowerCase() === raw.toLowerCase()),
    )
    .pipe(z.enum(values));

export const WireAnnotation = z.looseObject({
  level: enumOf(['unknown', 'notice', 'warning', 'failure']).optional(),
  message: z.string().nullish(),
  title: z.string().nullish(),
  rawDetails: z.string().nullish(),
  path: z.string().nullish(),
  startLine: z.number().int().nullish(),
  endLine: z.number().int().nullish(),
  startColumn: z.number().int().nullish(),
  endColumn: z.number().int().nullish(),
  stepNumber: z.number().int().nullish(),
});
export type WireAnnotation = z.infer<typeof WireAnnotation>;

export const WireStepResult = z.looseObject({
  external_id: z.string().max(64),
  number: z.number().int().nullish(),
  name: z.string().nullish(),
  status: enumOf(['pending', 'inProgress', 'completed']).nullish(),
  conclusion: enumOf(['succeeded', 'succeededWithIssues', 'failed', 'canceled', 'skipped', 'abandoned']).nullish(),
  started_at: z.string().nullish(),
  completed_at: z.string().nullish(),
  completed_log_lines: z.number().int().nullish(),
  annotations: z.array(WireAnnotation).nullish(),
});
export type WireStepResult = z.infer<typeof WireStepResult>;

export const CompleteJobRequest = z.looseObject({
  planId: z.guid(),
  jobId: z.guid(),
  conclusion: enumOf(['succeeded', 'succeededWithIssues', 'failed', 'canceled', 'skipped', 'abandoned']),
  outputs: z.record(z.string(), z.looseObject({ value: z.string().nullish() })).nullish(),
  stepResults: z.array(WireStepResult).max(2_000).nullish(),
  annotations: z.array(WireAnnotation).max(2_000).nullish(),
  environmentUrl: z.string().nullish(),
});
export type CompleteJobRequest = z.infer<typeof CompleteJobRequest>;

export interface RunServiceError {
  source: typeof RUN_ERROR_SOURCE;
  statusCode: number;
  errorMessage: string;
}
