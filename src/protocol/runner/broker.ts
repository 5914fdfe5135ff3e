/** Sessions and the message poll. Source: runner-protocol 4.1 to 4.4, 4.9. */
import { z } from 'zod';
import type { BROKER_ERROR_SOURCE } from './constants.ts';

export const SessionRequest = z.looseObject({
  ownerName: z.string().max(512).optional(),
  agent: z
    .looseObject({
      id: z.number().int().optional(),
      name: z.string().max(256).optional(),
      version: z.string().max(64).optional(),
      osDescription: z.string().max(512).optional(),
    })
    .optional(),
});
export type SessionRequest = z.infer<typeof SessionRequest>;

export interface SessionResponse {
  sessionId: string;
  ownerName: string;
  agent: { id: number; name: string };
}

export const RunnerStatus = z.enum(['Online', 'Busy', 'Offline']);
export type RunnerStatus = z.infer<typeof RunnerStatus>;

/** Query of `GET message` and `POST acknowledge`. */
export const PollQuery = z.looseObject({
  sessionId: z.guid(),
  status: RunnerStatus.optional(),
  runnerVersion: z.string().max(64).optional(),
  os: z.string().max(64).optional(),
  architecture: z.string().max(64).optional(),
});
export type PollQuery = z.infer<typeof PollQuery>;

export interface BrokerMessage {
  messageId: number;
  messageType: 'RunnerJobRequest' | 'JobCancellation' | 'ForceTokenRefresh' | 'BrokerMigration' | 'RunnerShutdown';
  /** JSON text: one of the bodies below. */
  body: string;
}

export interface JobRequestBody {
  runner_request_id: string;
  should_acknowledge: boolean;
  /** Base URL, ending in `/`. */
  run_service_url: string;
  billing_owner_id: string;
}

export interface JobCancellationBody {
  jobId: string;
  /** .NET TimeSpan text, `hh:mm:ss`: how long the job may still take to clean up; at least 60 s is honoured. */
  timeout: string;
}

export interface BrokerMigrationBody {
  /** Where to go on polling. */
  brokerBaseUrl?: string;
}

export const AcknowledgeRequest = z.looseObject({ runnerRequestId: z.string().min(1).max(128) });
export type AcknowledgeRequest = z.infer<typeof AcknowledgeRequest>;

export type BrokerErrorKind =
  | 'RunnerNotFound'
  | 'RunnerSessionInvalid'
  | 'RunnerVersionTooOld'
  | 'AcknowledgeJobNotFound';

export interface BrokerError {
  source: typeof BROKER_ERROR_SOURCE;
  statusCode: number;
  errorKind?: BrokerErrorKind;
  errorMessage: string;
}
