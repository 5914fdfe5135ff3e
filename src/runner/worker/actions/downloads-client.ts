/** Where remote actions come from: the server says (runner-protocol 7). */
import { OutsideError, UserError } from '../../../common/errors.ts';
import type {
  ActionDownload,
  ActionDownloadsRefusal,
  ActionDownloadsResponse,
} from '../../../protocol/runner/action-downloads.ts';
import { type JobMessage, systemConnection } from '../../../protocol/runner/job-message.ts';
import { badAnswer, type HttpClient, isSuccess, jsonBody } from '../../http.ts';
import { persist } from '../../retries.ts';

const PATIENCE_MS = 60_000;

export interface RemoteAction {
  /** `owner/name` */
  name: string;
  ref: string;
}

/**
 * @param endpoint `system.github.launch_endpoint`
 * @returns in the order asked
 * @throws UserError with the server's sentences for those that cannot be had
 */
export async function askForDownloads(
  http: HttpClient,
  endpoint: string,
  job: JobMessage,
  actions: RemoteAction[],
  signal: AbortSignal,
): Promise<ActionDownload[]> {
  const url = new URL(`/actions/build/${job.plan.planId}/jobs/${job.jobId}/runnerresolve/actions`, endpoint);
  const body = JSON.stringify({ actions: actions.map(({ name, ref }) => ({ action: name, version: ref, path: '' })) });
  const token = systemConnection(job).authorization.parameters.AccessToken;
  const response = await persist(
    async () => {
      const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };
      const answer = await http.request('POST', url.href, { headers, body, signal });
      if (isSuccess(answer) || answer.status === 422) return answer;
      throw badAnswer('The question where the actions are', answer);
    },
    PATIENCE_MS,
    signal,
  );
  if (response.status === 422) {
    const { errors } = jsonBody(response) as ActionDownloadsRefusal;
    const sentences = Object.values(errors ?? {}).map(({ message }) => message);
    throw new UserError('actions-refused', sentences.join('\n') || 'The server refuses the actions of this job.');
  }
  const { actions: found } = jsonBody(response) as ActionDownloadsResponse;
  return actions.map(({ name, ref }) => {
    const download = found?.[`${name}@${ref}`];
    if (download) return download;
    throw new OutsideError(`The server did not say where ${name}@${ref} is.`, { retryable: false });
  });
}
