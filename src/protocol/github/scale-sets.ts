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

export interface ScaleSetStatistics {
  totalAvailableJobs: number;
  totalAcquiredJobs: number;
  /** What a listener scales by: every job of the set that has not completed. */
  totalAssignedJobs: number;
  totalRunningJobs: number;
  totalRegisteredRunners: number;
  totalBusyRunners: number;
  totalIdleRunners: number;
}

export interface ScaleSet {
  id: number;
  name: string;
  runnerGroupId: number;
  runnerGroupName: string;
  labels: { type: string; name: string }[];
  RunnerSetting: Record<string, unknown>;
  createdOn: string;
  runnerJitConfigUrl: string;
  statistics: ScaleSetStatistics;
}

export interface ScaleSetSession {
  sessionId: string;
  ownerName: string;
  runnerScaleSet: ScaleSet;
  messageQueueUrl: string;
  messageQueueAccessToken: string;
  statistics: ScaleSetStatistics;
}

export interface ScaleSetMessage {
  messageId: number;
  messageType: 'RunnerScaleSetJobMessages';
  /** JSON: ScaleSetJob[]. */
  body: string;
  statistics: ScaleSetStatistics;
}

/** An item of a message's body. Times are ISO 8601; empty while they have not come. */
export interface ScaleSetJob {
  messageType: 'JobAvailable' | 'JobAssigned' | 'JobStarted' | 'JobCompleted';
  /** The job's id. */
  runnerRequestId: number;
  repositoryName: string;
  ownerName: string;
  jobId: string;
  jobWorkflowRef: string;
  jobDisplayName: string;
  workflowRunId: number;
  eventName: string;
  requestLabels: string[];
  queueTime: string;
  scaleSetAssignTime: string;
  runnerAssignTime: string;
  finishTime: string;
  acquireJobUrl?: string;
  runnerId?: number;
  runnerName?: string;
  result?: string;
}

/** Shape of every error of the service; clients look for the name of the exception. */
export interface ScaleSetError {
  typeName: string;
  message: string;
}
