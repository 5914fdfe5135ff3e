/** How the service of scale sets is spoken to: JSON, a version, a bearer token (runner-protocol 10.1). */
import type { z } from 'zod';
import { OutsideError } from '../../common/errors.ts';
import { version } from '../../common/package.ts';
import { exchange } from '../http.ts';
import { refusalIn } from './refusal.ts';

export interface ServiceCall {
  method?: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  url: URL;
  token: string;
  body?: unknown;
  headers?: Record<string, string>;
  timeoutMs?: number;
}

export const API_VERSION = '6.0-preview';
const DEFAULT_TIMEOUT_MS = 15_000;

/** GitHub wants to know who speaks, as JSON in this header. */
const USER_AGENT = JSON.stringify({ system: 'switchyard', version, commit_sha: '', subsystem: 'fleet' });

/**
 * @returns the answer to a call that succeeded
 * @throws ScaleSetRefusal with what the service said; OutsideError when there is no answer
 */
export async function callService(call: ServiceCall, signal?: AbortSignal): Promise<Response> {
  const { method = 'GET', url, token, body, headers, timeoutMs = DEFAULT_TIMEOUT_MS } = call;
  const response = await exchange(
    {
      method,
      url: url.href,
      headers: {
        authorization: `Bearer ${token}`,
        accept: `application/json; api-version=${API_VERSION}`,
        'user-agent': USER_AGENT,
        ...headers,
      },
      body,
      timeoutMs,
    },
    signal,
  );
  if (response.ok) return response;
  throw await refusalIn(response, `${method} ${url.origin}${url.pathname}`);
}

/** @throws OutsideError when the body has another shape */
export async function readAnswer<T>(shape: z.ZodType<T>, response: Response): Promise<T> {
  const { status } = response;
  const what = `The service of scale sets (${new URL(response.url).pathname})`;
  const body: unknown = await response.json().catch((error: unknown) => {
    throw new OutsideError(`${what} did not answer JSON.`, { retryable: true, status, cause: error });
  });
  const checked = shape.safeParse(body);
  if (checked.success) return checked.data;
  const problem = `${what} answered in an unknown shape: ${checked.error.message}`;
  throw new OutsideError(problem, { retryable: false, status });
}
