import { OutsideError, UserError } from '../../common/errors.ts';
import type { Endpoint } from './endpoints.ts';

export interface RequestOptions {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  body?: unknown;
  /** Text that is sent as it is, in place of `body`. */
  text?: string;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

/** A caller of one JSON API of ours. Every failure becomes a UserError or an OutsideError that says what to do. */
export class HttpClient {
  readonly endpoint: Endpoint;

  constructor(endpoint: Endpoint) {
    this.endpoint = endpoint;
  }

  /** @throws UserError for a 4xx or when nobody answers, OutsideError for a 5xx */
  async send(path: string, options: RequestOptions = {}): Promise<Response> {
    const response = await this.#fetch(path, options);
    if (response.ok) return response;
    throw await failureOf(response, `${options.method ?? 'GET'} ${path}`);
  }

  async json<T>(path: string, options: RequestOptions = {}): Promise<T> {
    const text = await (await this.send(path, options)).text();
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }

  async bytes(path: string): Promise<Buffer> {
    return Buffer.from(await (await this.send(path)).arrayBuffer());
  }

  async #fetch(path: string, { method = 'GET', body, text, headers, signal }: RequestOptions): Promise<Response> {
    const { url, token } = this.endpoint;
    try {
      return await fetch(`${url}${path}`, {
        method,
        headers: {
          ...(token && { authorization: `Bearer ${token}` }),
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...headers,
        },
        body: text ?? (body === undefined ? undefined : JSON.stringify(body)),
        signal,
      });
    } catch (error) {
      if (signal?.aborted) throw error;
      throw new UserError('unreachable', `Nothing answers at ${url}.`, {
        hint: 'Start it with switchyard up, or check the address.',
        cause: error,
      });
    }
  }
}

/** Our own shape, GitHub's, and Kubernetes' `Status` all have `message`. */
interface ErrorBody {
  message?: string;
  code?: string;
  hint?: string;
  details?: { causes?: { field?: string; message?: string }[] };
}

/** The fields that the API refused, as `code: 'invalid-object'` carries them. */
export interface FieldCause {
  field: string;
  message: string;
}

export class RefusedObject extends UserError {
  readonly causes: FieldCause[];

  constructor(message: string, status: number, causes: FieldCause[]) {
    super('invalid-object', message, { status });
    this.causes = causes;
  }
}

async function failureOf(response: Response, what: string): Promise<Error> {
  const body = parseError(await response.text().catch(() => ''));
  const message = body.message ?? `${what} answered ${response.status}.`;
  if (response.status >= 500) return new OutsideError(message, { retryable: true, status: response.status });
  const causes = body.details?.causes;
  if (causes?.length) {
    const fields = causes.map(({ field = '', message: text = '' }) => ({ field, message: text }));
    return new RefusedObject(message, response.status, fields);
  }
  return new UserError(body.code ?? 'refused', message, {
    status: response.status,
    hint: body.hint ?? hintFor(response),
  });
}

function parseError(text: string): ErrorBody {
  try {
    const body: unknown = JSON.parse(text);
    return body !== null && typeof body === 'object' ? body : {};
  } catch {
    return {};
  }
}

function hintFor({ status }: Response): string | undefined {
  if (status !== 401) return undefined;
  return 'Run this in the folder where switchyard up was started, or give a token in SWITCHYARD_TOKEN.';
}
