/**
 * The runner's only HTTP client: JSON and small bodies over keep-alive connections. Built on node:http alone, because
 * an idle runner must stay small and start fast.
 */
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import type { Agent as HttpsAgent } from 'node:https';
import { hasErrorCode, OutsideError } from '../common/errors.ts';
import { tlsOptions, trustSystemStore } from './certificates.ts';
import { proxyFor, proxyHeaders, tunnelAgent } from './proxy.ts';

/** The longest pause a server may make; message polls are held about 50 s (runner-protocol 4.2). */
const TIMEOUT_MS = 100_000;
/** A job message with a large event payload is a few MB. */
const MAX_RESPONSE_BYTES = 64 * 1024 * 1024;

export interface HttpResponse {
  status: number;
  contentType: string;
  text: string;
}

export interface HttpRequest {
  headers?: Record<string, string>;
  body?: string | Buffer;
  signal?: AbortSignal;
  timeoutMs?: number;
}

export class HttpClient {
  readonly #http = new HttpAgent({ keepAlive: true });
  #https: HttpsAgent | undefined;
  /** Ways through proxies, by the proxy's URL. */
  readonly #tunnels = new Map<string, HttpAgent>();
  readonly #userAgent: string;

  constructor(userAgent: string) {
    this.#userAgent = userAgent;
  }

  /**
   * Sends a request and reads the whole answer, whatever its status. A kept connection that the server closed
   * meanwhile is replaced once; every call of the runner may be repeated.
   * @throws OutsideError, retryable, when no answer arrived; the signal's reason when it was aborted
   */
  async request(method: string, url: string, options: HttpRequest = {}): Promise<HttpResponse> {
    const response = await this.stream(method, url, options);
    return await readAll(response).catch((error: unknown) => {
      options.signal?.throwIfAborted();
      throw unreachable(new URL(url), error instanceof Error ? error : new Error(String(error)));
    });
  }

  /**
   * As `request`, for an answer of any size: the body is the caller's to read to its end or to destroy.
   * @throws OutsideError, retryable, when no answer arrived; the signal's reason when it was aborted
   */
  async stream(method: string, url: string, options: HttpRequest = {}): Promise<IncomingMessage> {
    try {
      return await this.#once(method, url, options);
    } catch (error) {
      if (error instanceof OutsideError && trustSystemStore(error.cause)) this.#forgetTrust();
      else if (!(error instanceof StaleConnection)) throw error;
      return await this.#once(method, url, options, true);
    }
  }

  close(): void {
    this.#http.destroy();
    this.#forgetTrust();
  }

  /** Connections that are in use go on. */
  #forgetTrust(): void {
    this.#https?.destroy();
    this.#https = undefined;
    for (const agent of this.#tunnels.values()) agent.destroy();
    this.#tunnels.clear();
  }

  #httpsAgent(): HttpsAgent {
    this.#https ??= new (https().Agent)({ keepAlive: true, ...tlsOptions() });
    return this.#https;
  }

  #tunnel(proxy: URL): HttpAgent {
    const agent = this.#tunnels.get(proxy.href) ?? tunnelAgent(proxy, true);
    this.#tunnels.set(proxy.href, agent);
    return agent;
  }

  /** A proxy is asked for the whole URL of a plain request, and for a way through to a secure one. */
  #route(target: URL): { url: URL; options: RequestOptions } {
    const isHttps = target.protocol === 'https:';
    const proxy = proxyFor(target);
    if (!proxy) return { url: target, options: { agent: isHttps ? this.#httpsAgent() : this.#http } };
    if (isHttps) return { url: target, options: { agent: this.#tunnel(proxy) } };
    const agent = proxy.protocol === 'https:' ? this.#httpsAgent() : this.#http;
    const headers = { Host: target.host, ...proxyHeaders(proxy) };
    return { url: new URL(proxy.origin), options: { agent, path: target.href, headers } };
  }

  #once(method: string, url: string, options: HttpRequest, isSecondTry = false): Promise<IncomingMessage> {
    const target = new URL(url);
    const { body, signal, timeoutMs = TIMEOUT_MS } = options;
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const route = this.#route(target);
      const request = (route.url.protocol === 'https:' ? https().request : httpRequest)(route.url, {
        ...route.options,
        method,
        headers: {
          'User-Agent': this.#userAgent,
          ...(body === undefined && method === 'GET' ? {} : { 'Content-Length': Buffer.byteLength(body ?? '') }),
          ...route.options.headers,
          ...options.headers,
        },
        timeout: timeoutMs,
        signal,
      });
      const fail = (error: Error): void => {
        const isStale = request.reusedSocket && !isSecondTry && hasErrorCode(error, 'ECONNRESET');
        if (signal?.aborted) reject(signal.reason);
        else reject(isStale ? new StaleConnection() : unreachable(target, error));
      };
      request.on('error', fail);
      request.on('timeout', () => request.destroy(new Error(`no answer within ${timeoutMs / 1000} s`)));
      request.on('response', resolve);
      request.end(body);
    });
  }
}

/** Loaded when it is needed: that takes as long as a whole step, in a process that is started for every job. */
const https = (): typeof import('node:https') => process.getBuiltinModule('node:https');

class StaleConnection extends Error {}

function readAll(response: IncomingMessage): Promise<HttpResponse> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    response.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > MAX_RESPONSE_BYTES) response.destroy(new Error('the answer is too large'));
      else chunks.push(chunk);
    });
    response.on('error', reject);
    response.on('end', () =>
      resolve({
        status: response.statusCode ?? 0,
        contentType: response.headers['content-type'] ?? '',
        text: Buffer.concat(chunks).toString('utf8'),
      }),
    );
  });
}

function unreachable(target: URL, cause: Error): OutsideError {
  const code = 'code' in cause ? ` (${String(cause.code)})` : '';
  const message = cause.message || 'the connection failed';
  return new OutsideError(`${target.origin} cannot be reached: ${message}${code}`, { retryable: true, cause });
}

/** Base URLs end in a slash, else their last segment would be replaced (runner-protocol 0.1). */
export const withSlash = (url: string): string => (url.endsWith('/') ? url : `${url}/`);

/** The JSON of an answer; undefined when it has none by the protocol's rules (runner-protocol 0.1). */
export function jsonBody(response: HttpResponse): unknown {
  const mediaType = response.contentType.split(';')[0]?.trim().toLowerCase();
  if (mediaType !== 'application/json' || response.status === 204 || response.text === '') return undefined;
  try {
    return JSON.parse(response.text);
  } catch {
    return undefined;
  }
}

export const isSuccess = ({ status }: HttpResponse): boolean => status >= 200 && status < 300;

/** What an answer other than success means for a caller: 408, 429 and 5xx may pass, others will not. */
export function badAnswer(what: string, response: HttpResponse): OutsideError {
  const { status } = response;
  const detail = response.text.replace(/\s+/g, ' ').slice(0, 200);
  const retryable = status === 408 || status === 429 || status >= 500;
  return new OutsideError(`${what} was answered ${status}${detail ? `: ${detail}` : ''}`, { retryable, status });
}
