import { OutsideError } from '../../common/errors.ts';
import type { JobRequestBody } from '../../protocol/runner/broker.ts';
import { RUN_ERROR_SOURCE } from '../../protocol/runner/constants.ts';
import type { JobMessage } from '../../protocol/runner/job-message.ts';
import type { RunServiceError } from '../../protocol/runner/run-service.ts';
import { badAnswer, type HttpResponse, isSuccess, jsonBody, withSlash } from '../http.ts';
import { runnerOs } from '../platform.ts';
import { persist } from '../retries.ts';
import type { BrokerSession } from './session.ts';

/** An offered job waits about 60 s for its runner; after half of that the server may be left to offer it again. */
const ACQUIRE_MS = 30_000;
/** Not found, already taken, cannot be processed: no repetition helps (runner-protocol 4.5). */
const FINAL_STATUSES = [404, 409, 422];

/** The job belongs to somebody else by now, or has ended. */
export class JobNotOurs extends Error {
  override readonly name = 'JobNotOurs';
}

/**
 * Takes an offered job; durable on the server when this resolves.
 * @throws JobNotOurs; OutsideError when the server stayed away
 */
export function acquireJob(session: BrokerSession, request: JobRequestBody, signal: AbortSignal): Promise<JobMessage> {
  const url = new URL('acquirejob', withSlash(request.run_service_url)).href;
  const body = JSON.stringify({
    jobMessageId: request.runner_request_id,
    runnerOS: runnerOs,
    billingOwnerId: request.billing_owner_id,
  });
  return persist(async () => readJob(await session.authorized('POST', url, { body, signal })), ACQUIRE_MS, signal);
}

function readJob(response: HttpResponse): JobMessage {
  if (!isSuccess(response)) {
    const error = jsonBody(response) as Partial<RunServiceError> | undefined;
    const status = error?.source === RUN_ERROR_SOURCE ? (error.statusCode ?? response.status) : response.status;
    if (FINAL_STATUSES.includes(status))
      throw new JobNotOurs(error?.errorMessage ?? `acquirejob was answered ${status}`);
    throw badAnswer('acquirejob', response);
  }
  const job = jsonBody(response) as Partial<JobMessage> | undefined;
  if (job?.messageType === 'RunnerJobRequest' && typeof job.jobId === 'string') return job as JobMessage;
  throw new OutsideError('acquirejob answered without a job message', { retryable: true });
}
