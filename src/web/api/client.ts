import type { ApiError } from '../../protocol/dashboard/index.ts';
import { DASHBOARD_PREFIX } from '../../protocol/dashboard/index.ts';
import { currentToken, tokenNeeded } from './token.ts';

/** The API answered with an error, or (status 0) did not answer. */
export class ApiFailure extends Error {
  override readonly name = 'ApiFailure';
  readonly status: number;
  readonly hint: string | undefined;

  constructor(status: number, message: string, hint?: string) {
    super(message);
    this.status = status;
    this.hint = hint;
  }
}

export function authorization(token = currentToken()): Record<string, string> {
  return token === null ? {} : { authorization: `Bearer ${token}` };
}

/**
 * `path` is below the API's prefix, or, when it starts with `/api/`, on the server itself.
 * @throws ApiFailure
 */
export async function request(path: string, init: RequestInit = {}): Promise<Response> {
  const url = path.startsWith('/api/') ? path : DASHBOARD_PREFIX + path;
  const headers = { ...authorization(), ...(init.headers as Record<string, string> | undefined) };
  const response = await fetch(url, { ...init, headers }).catch((error: unknown) => {
    if (init.signal?.aborted) throw error;
    throw new ApiFailure(0, 'The server does not answer.', 'It may be stopped or restarting.');
  });
  if (response.ok) return response;
  // Who may read and not write stays on the page; the form that wrote asks for a token.
  if (response.status === 401 && (init.method ?? 'GET') === 'GET') tokenNeeded.set(true);
  throw await failureOf(response);
}

async function failureOf(response: Response): Promise<ApiFailure> {
  const body: ApiError | null = await response.json().catch(() => null);
  return new ApiFailure(response.status, body?.message ?? `The server answered ${response.status}.`, body?.hint);
}

/** What is asked of the server to change. */
export interface Write {
  /** `POST` without one. */
  method?: 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  path: string;
  body?: unknown;
}

/**
 * Asks the server to change something.
 * @returns what it answers; undefined for nothing
 * @throws ApiFailure
 */
export async function send({ method = 'POST', path, body }: Write, token: string | null): Promise<unknown> {
  const hasBody = body !== undefined;
  const headers = { ...(hasBody && { 'content-type': 'application/json' }), ...authorization(token) };
  const response = await request(path, { method, headers, body: hasBody ? JSON.stringify(body) : null });
  const text = await response.text();
  return text === '' ? undefined : JSON.parse(text);
}

/** @throws ApiFailure */
export async function readJson<T>(path: string, signal?: AbortSignal): Promise<T> {
  const response = await request(path, { signal: signal ?? null, headers: { accept: 'application/json' } });
  return (await response.json()) as T;
}
