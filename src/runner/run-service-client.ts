/** Renew and complete, with the job's own token. Source: runner-protocol 4.6, 4.7. Used by listener and worker. */
import { OutsideError } from '../common/errors.ts';
import { type JobMessage, systemConnection } from '../protocol/runner/job-message.ts';
import type { CompleteJobRequest, RenewJobResponse } from '../protocol/runner/run-service.ts';
import { badAnswer, type HttpClient, type HttpResponse, isSuccess, jsonBody, withSlash } from './http.ts';

/** A renewal that hangs must not outlast the lease. */
const RENEW_TIMEOUT_MS = 10_000;
const COMPLETE_TIMEOUT_MS = 30_000;

/** The server has closed the job: nothing that this runner does for it counts any more. */
export class JobGone extends Error {
  override readonly name = 'JobGone';
}

/** The fields that this runner sends. */
export type Completion = Omit<CompleteJobRequest, 'planId' | 'jobId'>;

export class RunServiceClient {
  readonly #http: HttpClient;
  readonly #base: string;
  readonly #token: string;
  readonly #ids: { planId: string; jobId: string };

  constructor(http: HttpClient, job: JobMessage) {
    const { url, authorization } = systemConnection(job);
    this.#http = http;
    this.#base = withSlash(url);
    this.#token = authorization.parameters.AccessToken;
    this.#ids = { planId: job.plan.planId, jobId: job.jobId };
  }

  /**
   * @returns when the lease ends, in ms since the epoch
   * @throws JobGone on 404; OutsideError
   */
  async renew(signal?: AbortSignal): Promise<number> {
    const response = await this.#post('renewjob', {}, RENEW_TIMEOUT_MS, signal);
    const { lockedUntil } = (jsonBody(response) ?? {}) as Partial<RenewJobResponse>;
    const until = Date.parse(lockedUntil ?? '');
    if (Number.isNaN(until)) throw new OutsideError('renewjob answered without lockedUntil', { retryable: true });
    return until;
  }

  /** May be repeated. @throws JobGone on 404 and 401; OutsideError */
  async complete(completion: Completion, signal?: AbortSignal): Promise<void> {
    try {
      await this.#post('completejob', completion, COMPLETE_TIMEOUT_MS, signal);
    } catch (error) {
      if (error instanceof OutsideError && error.status === 401) throw new JobGone(error.message);
      throw error;
    }
  }

  async #post(path: string, body: object, timeoutMs: number, signal?: AbortSignal): Promise<HttpResponse> {
    const response = await this.#http.request('POST', new URL(path, this.#base).href, {
      headers: {
        Authorization: `Bearer ${this.#token}`,
        'Content-Type': 'application/json',
        Accept: 'application/json',
      },
      body: JSON.stringify({ ...this.#ids, ...body }),
      timeoutMs,
      signal,
    });
    if (isSuccess(response)) return response;
    if (response.status === 404) throw new JobGone(badAnswer(path, response).message);
    throw badAnswer(path, response);
  }
}
