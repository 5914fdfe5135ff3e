/** Calls to the results service and its blobs. Source: runner-protocol 8.1, 8.4. */
import { isoTime } from '../../common/clock.ts';
import { OutsideError } from '../../common/errors.ts';
import { RECEIVER_PATH, STEPS_UPDATE_PATH } from '../../protocol/runner/constants.ts';
import type { JobMessage } from '../../protocol/runner/job-message.ts';
import { systemConnection } from '../../protocol/runner/job-message.ts';
import type { SignedDiagLogsUrl, SignedLogsUrl, SignedSummaryUrl, StepUpdate } from '../../protocol/runner/results.ts';
import { badAnswer, type HttpClient, isSuccess, jsonBody } from '../http.ts';

const BLOB_VERSION = '2021-12-02';
const TIMEOUT_MS = 30_000;

export class ResultsClient {
  readonly #http: HttpClient;
  readonly #base: string;
  readonly #token: string;
  readonly #ids: { workflow_run_backend_id: string; workflow_job_run_backend_id: string };

  /** @param base `system.github.results_endpoint` */
  constructor(http: HttpClient, base: string, job: JobMessage) {
    this.#http = http;
    this.#base = base.replace(/\/+$/, '');
    this.#token = systemConnection(job).authorization.parameters.AccessToken;
    this.#ids = { workflow_run_backend_id: job.plan.planId, workflow_job_run_backend_id: job.jobId };
  }

  async updateSteps(steps: StepUpdate[], changeOrder: number): Promise<void> {
    await this.#call(STEPS_UPDATE_PATH, { steps, change_order: changeOrder });
  }

  /** @param stepId undefined means the job's own log */
  async logsUrl(stepId: string | undefined): Promise<string> {
    const method = stepId ? 'GetStepLogsSignedBlobURL' : 'GetJobLogsSignedBlobURL';
    const answer = await this.#receiver<SignedLogsUrl>(method, stepField(stepId));
    return checkedUrl(answer.logs_url);
  }

  async logsUploaded(stepId: string | undefined, lineCount: number): Promise<void> {
    const method = stepId ? 'CreateStepLogsMetadata' : 'CreateJobLogsMetadata';
    await this.#receiver(method, { ...stepField(stepId), uploaded_at: isoTime(Date.now()), line_count: lineCount });
  }

  async summaryUrl(stepId: string): Promise<{ url: string; sizeLimit: number }> {
    const answer = await this.#receiver<SignedSummaryUrl>('GetStepSummarySignedBlobURL', stepField(stepId));
    return { url: checkedUrl(answer.summary_url), sizeLimit: Number(answer.soft_size_limit) };
  }

  async summaryUploaded(stepId: string, size: number): Promise<void> {
    const uploaded_at = isoTime(Date.now());
    await this.#receiver('CreateStepSummaryMetadata', { ...stepField(stepId), size, uploaded_at });
  }

  async diagnosticsUrl(): Promise<string> {
    return checkedUrl((await this.#receiver<SignedDiagLogsUrl>('GetJobDiagLogsSignedBlobURL', {})).diag_logs_url);
  }

  putBlob(url: string, body: Buffer): Promise<void> {
    return this.#put(url, body, { 'x-ms-blob-type': 'BlockBlob', 'x-ms-blob-content-type': 'text/plain' });
  }

  createAppendBlob(url: string): Promise<void> {
    const headers = { 'x-ms-blob-type': 'AppendBlob', 'x-ms-blob-content-type': 'text/plain' };
    return this.#put(url, Buffer.alloc(0), headers);
  }

  /** The position lets a service refuse the repetition of a block whose answer was lost; then it is stored already. */
  async appendBlock(url: string, body: Buffer, position: number): Promise<void> {
    try {
      await this.#put(withComp(url, 'appendblock'), body, { 'x-ms-blob-condition-appendpos': String(position) });
    } catch (error) {
      if (!(error instanceof OutsideError && error.status === 412)) throw error;
    }
  }

  sealBlob(url: string): Promise<void> {
    return this.#put(withComp(url, 'seal'), Buffer.alloc(0), {});
  }

  async #put(url: string, body: Buffer, headers: Record<string, string>): Promise<void> {
    const response = await this.#http.request('PUT', url, {
      headers: {
        'x-ms-version': BLOB_VERSION,
        ...(body.length > 0 ? { 'Content-Type': 'text/plain' } : {}),
        ...headers,
      },
      body,
      timeoutMs: TIMEOUT_MS,
    });
    if (!isSuccess(response)) throw badAnswer('The upload of a log', response);
  }

  #receiver<T>(method: string, fields: object): Promise<T> {
    return this.#call(`${RECEIVER_PATH}/${method}`, fields);
  }

  async #call<T>(path: string, fields: object): Promise<T> {
    const response = await this.#http.request('POST', `${this.#base}${path}`, {
      headers: {
        Authorization: `Bearer ${this.#token}`,
        'Content-Type': 'application/json',
        Accept: 'application/json',
      },
      body: JSON.stringify({ ...fields, ...this.#ids }),
      timeoutMs: TIMEOUT_MS,
    });
    const body = jsonBody(response);
    if (isSuccess(response) && body !== undefined) return body as T;
    throw badAnswer(path.split('/').at(-1) ?? path, response);
  }
}

const stepField = (stepId: string | undefined): object => (stepId ? { step_backend_id: stepId } : {});

function checkedUrl(url: string): string {
  if (URL.canParse(url)) return url;
  throw new OutsideError('The results service answered without a URL', { retryable: true });
}

/** The SDK puts `comp` first and the signature after it. */
function withComp(url: string, comp: string): string {
  const [path, query] = url.split('?');
  return `${path}?comp=${comp}${query ? `&${query}` : ''}`;
}
