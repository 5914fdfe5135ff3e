import type { z } from 'zod';
import { type Clock, systemClock } from '../common/clock.ts';
import { OutsideError } from '../common/errors.ts';
import { version } from '../common/package.ts';
import { apiUrl } from '../protocol/github/urls.ts';
import { exchange, isRetryableStatus } from './http.ts';
import { type Entries, readPages } from './pages.ts';
import { budgetIn, isRateLimit, type RateBudget, RateLimits } from './rate-limits.ts';

export interface GitHubClientOptions {
  /** Address people know the server by; the REST base follows from it. */
  url: string;
  /** Personal access token, a token of our own server, or what gives the current one. Never logged. */
  token: string | (() => Promise<string>);
  /** Longest wait for a whole answer. */
  timeoutMs?: number;
  /** For the ends of rate limits. */
  clock?: Clock;
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

const DEFAULT_TIMEOUT_MS = 15_000;

/** REST of one GitHub: github.com, GitHub Enterprise Server, or our own server. Holds no connection of its own. */
export class GitHubClient {
  readonly serverUrl: string;
  readonly #api: string;
  readonly #token: () => Promise<string>;
  readonly #timeoutMs: number;
  readonly #limits: RateLimits;
  #budget: RateBudget | undefined;

  constructor({ url, token, timeoutMs = DEFAULT_TIMEOUT_MS, clock = systemClock }: GitHubClientOptions) {
    this.serverUrl = url.replace(/\/+$/, '');
    this.#api = apiUrl(url);
    this.#token = typeof token === 'string' ? async () => token : token;
    this.#timeoutMs = timeoutMs;
    this.#limits = new RateLimits(clock);
  }

  /** Undefined while the server has said nothing of a limit; GHES has none by default. */
  get budget(): RateBudget | undefined {
    return this.#budget;
  }

  /**
   * One call whose answer is checked against `shape`.
   * @throws OutsideError with the server's status and message; retryable for 408, 429, 5xx and a broken connection. 429
   *   stands for every rate limit, and until it ends the server is not asked again
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
    this.#limits.assertOpen(path);
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
    const { status } = response;
    const message = `${this.#name(request)} answered ${status}: ${githubMessage(text) ?? response.statusText}`;
    if (!isRateLimit(response, text)) {
      return new OutsideError(message, { retryable: isRetryableStatus(status), status });
    }
    return this.#limits.refused(request.path, response, message);
  }

  #name({ method = 'GET', path }: GitHubRequest): string {
    return `${method} ${this.#api}${path}`;
  }
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
