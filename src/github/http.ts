/** One exchange with another system over HTTP, whatever it speaks. */
import { errorText, OutsideError } from '../common/errors.ts';

export interface Exchange {
  method: string;
  url: string;
  headers: Record<string, string>;
  /** Sent as JSON. */
  body?: unknown;
  /** Longest wait for a whole answer. */
  timeoutMs: number;
}

/** @throws OutsideError (retryable) when there is no answer; any status is one */
export async function exchange(
  { method, url, headers, body, timeoutMs }: Exchange,
  signal?: AbortSignal,
): Promise<Response> {
  const timeout = AbortSignal.timeout(timeoutMs);
  return fetch(url, {
    method,
    headers: body === undefined ? headers : { ...headers, 'content-type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
    // A redirect could carry the token to another host.
    redirect: 'manual',
    signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
  }).catch((error: unknown) => {
    const code = timeout.aborted ? 'server-timeout' : 'server-unreachable';
    const problem = `${method} ${url} failed: ${connectionProblem(error)}.`;
    throw new OutsideError(problem, { retryable: true, code, cause: error });
  });
}

/** Whether the same request may succeed later. */
export const isRetryableStatus = (status: number): boolean => status === 408 || status === 429 || status >= 500;

/** fetch hides the reason (refused, no such host, timed out) in `cause`. */
function connectionProblem(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return errorText(cause);
}
