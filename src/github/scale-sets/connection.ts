import { z } from 'zod';
import type { Clock } from '../../common/clock.ts';
import { UserError } from '../../common/errors.ts';
import { RegistrationToken, type RunnerScope, scopePath } from '../../protocol/github/runners.ts';
import { scopeOfUrl } from '../../protocol/github/urls.ts';
import type { GitHubClient } from '../client.ts';
import { ScaleSetRefusal } from './refusal.ts';
import { API_VERSION, callService, readAnswer } from './service-call.ts';

export interface ConnectionOptions {
  /** REST of the server that `configUrl` names, with a token that may register runners there. */
  client: GitHubClient;
  /** Repository, organization or enterprise, as `githubConfigUrl` of a scale set has it. */
  configUrl: string;
  clock: Clock;
}

export interface AdminRequest {
  method?: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Below `_apis/`, such as `runtime/runnerscalesets?name=x`. */
  path: string;
  body?: unknown;
  /** Of a queue, for the calls that take it instead of the administrator's. */
  token?: string;
}

interface Admin {
  url: string;
  token: string;
  expiresAtMs: number;
}

const AdminToken = z.looseObject({ url: z.url(), token: z.string().min(1) });
const Claims = z.looseObject({ exp: z.number() });

/** A token is changed for a new one when it has less left than this (NEW-7). */
const REFRESH_BEFORE_MS = 60_000;

/**
 * The administrative side of the service of scale sets at one place: scale sets, sessions, JIT configs, runners. Changes
 * the client's token for one of the service (runner-protocol 10.1) when needed, once for all who wait.
 */
export class ScaleSetConnection {
  readonly scope: RunnerScope;
  readonly #options: ConnectionOptions;
  #admin: Promise<Admin> | undefined;

  /** @throws UserError `bad-config-url` */
  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.scope = scopeOfConfigUrl(options.configUrl);
  }

  /** @throws OutsideError, ScaleSetRefusal */
  async request<T>(shape: z.ZodType<T>, request: AdminRequest, signal?: AbortSignal): Promise<T> {
    return readAnswer(shape, await this.#call(request, signal));
  }

  /** A call whose answer has no body of interest. Throws as `request` does. */
  async send(request: AdminRequest, signal?: AbortSignal): Promise<void> {
    await (await this.#call(request, signal)).body?.cancel();
  }

  async #call({ method, path, body, token: queueToken }: AdminRequest, signal?: AbortSignal): Promise<Response> {
    const call = async (): Promise<Response> => {
      const admin = await this.#current();
      const url = new URL(`${admin.url.replace(/\/+$/, '')}/_apis/${path}`);
      url.searchParams.set('api-version', API_VERSION);
      return callService({ method, url, token: queueToken ?? admin.token, body }, signal);
    };
    return call().catch((error: unknown) => {
      const isOver = error instanceof ScaleSetRefusal && error.status === 401 && queueToken === undefined;
      if (!isOver) throw error;
      this.#admin = undefined;
      return call();
    });
  }

  async #current(): Promise<Admin> {
    const known = await this.#admin?.catch(() => undefined);
    if (known && known.expiresAtMs - this.#options.clock.now() > REFRESH_BEFORE_MS) return known;
    // Another caller may have begun while this one waited.
    const begun = this.#admin;
    if (begun && (await begun.catch(() => undefined)) !== known) return begun;
    this.#admin = this.#exchange();
    return this.#admin;
  }

  async #exchange(): Promise<Admin> {
    const { client, configUrl } = this.#options;
    const tokenPath = `${scopePath(this.scope)}/actions/runners/registration-token`;
    const registration = await client.request(RegistrationToken, { method: 'POST', path: tokenPath });
    const { url, token } = await client.request(AdminToken, {
      method: 'POST',
      path: '/actions/runner-registration',
      body: { url: configUrl, runner_event: 'register' },
      authorization: `RemoteAuth ${registration.token}`,
    });
    return { url, token, expiresAtMs: expiryOf(token, this.#options.clock.now()) };
  }
}

/** @throws UserError `bad-config-url` */
export function scopeOfConfigUrl(configUrl: string): RunnerScope {
  const scope = URL.canParse(configUrl) ? scopeOfUrl(configUrl) : undefined;
  if (scope) return scope;
  throw new UserError('bad-config-url', `"${configUrl}" names no repository, organization or enterprise.`, {
    hint: 'Use https://HOST/OWNER/REPOSITORY, https://HOST/ORGANIZATION or https://HOST/enterprises/NAME.',
  });
}

/** When a JWT ends. One that does not say is used once, and changed when it is refused. */
function expiryOf(token: string, nowMs: number): number {
  try {
    const claims = Claims.safeParse(JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')));
    if (claims.success) return claims.data.exp * 1_000;
  } catch {
    // Not a JWT.
  }
  return nowMs + 2 * REFRESH_BEFORE_MS;
}
