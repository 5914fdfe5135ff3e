/** The service behind runner scale sets, as ARC and `actions/scaleset` speak to it (runner-protocol 10). */
import { z } from 'zod';

/** Below what `runner-registration` answers as the service's address, which the official runner wants to be the broker's. */
export const SERVICE_PATH = '/broker/_apis';
export const SCALE_SETS_PATH = `${SERVICE_PATH}/runtime/runnerscalesets`;

export const Label = z.looseObject({ type: z.string().max(40).default('System'), name: z.string().min(1).max(256) });

export const ScaleSetRequest = z.looseObject({
  name: z.string().min(1).max(128),
  runnerGroupId: z.number().int().positive().default(1),
  labels: z.array(Label).max(100).default([]),
  RunnerSetting: z.record(z.string(), z.json()).default({}),
});
export type ScaleSetRequest = z.infer<typeof ScaleSetRequest>;

export const ScaleSetChange = z.looseObject({
  name: z.string().min(1).max(128).optional(),
  runnerGroupId: z.number().int().min(0).optional(),
  labels: z.array(Label).max(100).nullish(),
  RunnerSetting: z.record(z.string(), z.json()).optional(),
});
export type ScaleSetChange = z.infer<typeof ScaleSetChange>;

export const ScaleSetSessionRequest = z.looseObject({ ownerName: z.string().min(1).max(256) });
export const ScaleSetJitRequest = z.looseObject({
  name: z.string().min(1).max(64),
  workFolder: z.string().max(256).optional(),
});
/** Ids of jobs, at most a message full. */
export const AcquireJobsRequest = z.array(z.number().int().positive()).max(1_000);

/** Go's servers may leave out what is empty, or say null. */
const text = z
  .string()
  .nullish()
  .transform((given) => given ?? '');
const number = z
  .number()
  .int()
  .nullish()
  .transform((given) => given ?? 0);

export const ScaleSetStatistics = z.object({
  totalAvailableJobs: number,
  totalAcquiredJobs: number,
  /** What a listener scales by: every job of the set that has not completed. */
  totalAssignedJobs: number,
  totalRunningJobs: number,
  totalRegisteredRunners: number,
  totalBusyRunners: number,
  totalIdleRunners: number,
});
export type ScaleSetStatistics = z.infer<typeof ScaleSetStatistics>;

export const ScaleSet = z.object({
  id: z.number().int(),
  name: z.string(),
  runnerGroupId: number,
  runnerGroupName: text,
  labels: z
    .array(z.object({ type: text, name: z.string() }))
    .nullish()
    .transform((labels) => labels ?? []),
  RunnerSetting: z
    .record(z.string(), z.unknown())
    .nullish()
    .transform((setting) => setting ?? {}),
  createdOn: text,
  runnerJitConfigUrl: text,
  /** Not in the answers of every server to everything. */
  statistics: ScaleSetStatistics.nullish(),
});
export type ScaleSet = z.infer<typeof ScaleSet>;

export const ScaleSetSession = z.object({
  sessionId: z.string().min(1),
  ownerName: text,
  runnerScaleSet: ScaleSet,
  messageQueueUrl: z.url(),
  messageQueueAccessToken: z.string().min(1),
  statistics: ScaleSetStatistics,
});
export type ScaleSetSession = z.infer<typeof ScaleSetSession>;

export const ScaleSetMessage = z.object({
  messageId: z.number().int().positive(),
  messageType: z.literal('RunnerScaleSetJobMessages'),
  /** JSON: ScaleSetJob[]. */
  body: z.string(),
  statistics: ScaleSetStatistics,
});
export type ScaleSetMessage = z.infer<typeof ScaleSetMessage>;

/** An item of a message's body. Times are ISO 8601; empty while they have not come. */
export const ScaleSetJob = z.object({
  messageType: z.enum(['JobAvailable', 'JobAssigned', 'JobStarted', 'JobCompleted']),
  /** The job's id. */
  runnerRequestId: z.number().int(),
  repositoryName: text,
  ownerName: text,
  jobId: text,
  jobWorkflowRef: text,
  jobDisplayName: text,
  workflowRunId: number,
  eventName: text,
  requestLabels: z
    .array(z.string())
    .nullish()
    .transform((labels) => labels ?? []),
  queueTime: text,
  scaleSetAssignTime: text,
  runnerAssignTime: text,
  finishTime: text,
  acquireJobUrl: z.string().optional(),
  runnerId: z.number().int().optional(),
  runnerName: z.string().optional(),
  result: z.string().optional(),
});
export type ScaleSetJob = z.infer<typeof ScaleSetJob>;

/** Shape of every error of the service; clients look for the name of the exception. */
export interface ScaleSetError {
  typeName: string;
  message: string;
}
