import type { z } from 'zod';
import { OutsideError } from '../common/errors.ts';
import { version } from '../common/package.ts';
import { apiUrl } from '../protocol/github/urls.ts';
import { exchange, isRetryableStatus } from './http.ts';
import { type Entries, readPages } from './pages.ts';

export interface GitHubClientOptions {
  /** Address people know the server by; the REST base follows from it. */
  url: string;
  /** Personal access token, a token of our own server, or what gives the current one. Never logged. */
  token: string | (() => Promise<string>);
  /** Longest wait for a whole answer. */
  timeoutMs?: number;
}

export interface GitHubRequest {
  method?: 'GET' | 'POST' | 'DELETE';
  /** Below the REST base, starting with `/`. */
  path: string;
  body?: unknown;
  /** The version that is known already: the answer may be 304, which costs nothing of the rate limit. */
  etag?: string;
  /** Replaces `Bearer <token>`, for calls that take another credential. */
  authorization?: string;
}

/** What is left of the primary rate limit, as the newest answer said. */
export interface RateBudget {
  limit: number;
  remaining: number;
  /** When it is full again, epoch ms. */
  resetAtMs: number;
}

const DEFAULT_TIMEOUT_MS = 15_000;

/** REST of one GitHub: github.com, GitHub Enterprise Server, or our own server. Holds no connection of its own. */
export class GitHubClient {
  readonly serverUrl: string;
  readonly #api: string;
  readonly #token: () => Promise<string>;
  readonly #timeoutMs: number;
  #budget: RateBudget | undefined;

  constructor({ url, token, timeoutMs = DEFAULT_TIMEOUT_MS }: GitHubClientOptions) {
    this.serverUrl = url.replace(/\/+$/, '');
    this.#api = apiUrl(url);
    this.#token = typeof token === 'string' ? async () => token : token;
    this.#timeoutMs = timeoutMs;
  }

  /** Undefined while the server has said nothing of a limit; GHES has none by default. */
  get budget(): RateBudget | undefined {
    return this.#budget;
  }

  /**
   * One call whose answer is checked against `shape`.
   * @throws OutsideError with the server's status and message; retryable for 408, 429, 5xx and a broken connection
   */
  async request<T>(shape: z.ZodType<T>, request: GitHubRequest, signal?: AbortSignal): Promise<T> {
    return this.#checked(shape, request, await this.#send(request, signal));
  }

  /** As `request`, for something of which version `etag` is known. */
  async requestChanged<T>(
    shape: z.ZodType<T>,
    request: GitHubRequest & { etag: string | undefined },
    signal?: AbortSignal,
  ): Promise<{ body: T; etag: string | undefined } | 'unchanged'> {
    const response = await this.#send(request, signal);
    if (response.status === 304) return 'unchanged';
    const etag = response.headers.get('etag') ?? undefined;
    return { body: await this.#checked(shape, request, response), etag };
  }

  async #checked<T>(shape: z.ZodType<T>, request: GitHubRequest, response: Response): Promise<T> {
    const body: unknown = await response.json().catch((error: unknown) => {
      throw new OutsideError(`${this.#name(request)} did not answer JSON.`, {
        retryable: true,
        status: response.status,
        cause: error,
      });
    });
    const checked = shape.safeParse(body);
    if (checked.success) return checked.data;
    throw new OutsideError(`${this.#name(request)} answered in an unknown shape: ${checked.error.message}`, {
      retryable: false,
      status: response.status,
    });
  }

  /** One call whose answer has no body of interest. Throws as `request` does. */
  async send(request: GitHubRequest, signal?: AbortSignal): Promise<void> {
    const response = await this.#send(request, signal);
    await response.body?.cancel();
  }

  /** Every entry of a list that comes in pages. Throws as `request` does. */
  pages<Page, Entry>(
    shape: z.ZodType<Page>,
    path: string,
    entries: Entries<Page, Entry>,
    signal?: AbortSignal,
  ): Promise<Entry[]> {
    return readPages((page) => this.request(shape, { path: page }, signal), path, entries);
  }

  async #send(request: GitHubRequest, signal?: AbortSignal): Promise<Response> {
    const { method = 'GET', path, body, authorization, etag } = request;
    const headers = {
      authorization: authorization ?? `Bearer ${await this.#token()}`,
      accept: 'application/vnd.github+json',
      'x-github-api-version': '2022-11-28',
      'user-agent': `switchyard/${version}`,
      ...(etag === undefined ? {} : { 'if-none-match': etag }),
    };
    const url = this.#api + path;
    const response = await exchange({ method, url, headers, body, timeoutMs: this.#timeoutMs }, signal);
    this.#budget = budgetIn(response) ?? this.#budget;
    if (response.ok || (response.status === 304 && request.etag !== undefined)) return response;
    throw await this.#refusal(request, response);
  }

  async #refusal(request: GitHubRequest, response: Response): Promise<OutsideError> {
    const text = await response.text().catch(() => '');
    const message = `${this.#name(request)} answered ${response.status}: ${githubMessage(text) ?? response.statusText}`;
    const status = isRateLimit(response) ? 429 : response.status;
    const end = status === 429 ? limitEnd(response) : undefined;
    const told = end === undefined ? message : `${message} (the limit ends ${end})`;
    return new OutsideError(told, { retryable: isRetryableStatus(status), status });
  }

  #name({ method = 'GET', path }: GitHubRequest): string {
    return `${method} ${this.#api}${path}`;
  }
}

/** Only of the bucket that reads are charged to: registrations have one of their own. */
function budgetIn({ headers }: Response): RateBudget | undefined {
  const [limit, remaining, reset] = ['limit', 'remaining', 'reset'].map((part) =>
    Number(headers.get(`x-ratelimit-${part}`) ?? Number.NaN),
  );
  if ((headers.get('x-ratelimit-resource') ?? 'core') !== 'core') return undefined;
  if (limit === undefined || remaining === undefined || reset === undefined) return undefined;
  return Number.isNaN(limit + remaining + reset) ? undefined : { limit, remaining, resetAtMs: reset * 1_000 };
}

/** GitHub says 403 for both "you may not" and "not so fast"; only the second carries one of these headers. */
function isRateLimit({ status, headers }: Response): boolean {
  return status === 403 && (headers.has('retry-after') || headers.get('x-ratelimit-remaining') === '0');
}

/** When the server takes calls again: a time, or how long from now. */
function limitEnd({ headers }: Response): string | undefined {
  const seconds = headers.get('retry-after');
  if (seconds && /^\d+$/.test(seconds)) return `in ${seconds} s`;
  const reset = headers.get('x-ratelimit-remaining') === '0' ? Number(headers.get('x-ratelimit-reset')) : 0;
  return reset > 0 ? `at ${new Date(reset * 1_000).toISOString()}` : undefined;
}

/** `message` of GitHub's error shape, if the body has that shape. */
function githubMessage(text: string): string | undefined {
  try {
    const body: unknown = JSON.parse(text);
    if (body && typeof body === 'object' && 'message' in body && typeof body.message === 'string') return body.message;
  } catch {
    // Not JSON: a proxy's page. The status alone is clearer than its HTML.
  }
  return undefined;
}
