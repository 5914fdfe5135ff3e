/** The runner's own access token: OAuth client credentials with a signed assertion. Source: runner-protocol 3. */
import { constants, createPrivateKey, type KeyObject, sign } from 'node:crypto';
import type { Clock } from '../../common/clock.ts';
import { newGuid } from '../../common/ids.ts';
import type { JitConfig } from '../../protocol/runner/jit-config.ts';
import { badAnswer, type HttpClient, type HttpResponse, isSuccess, jsonBody } from '../http.ts';
import { ClockSkew, ExitCode, ListenerEnd } from './errors.ts';

const ASSERTION_LIFE_S = 5 * 60;
/** Renew this long before the token ends, so that no call leaves with a dying one. */
const RENEW_EARLY_MS = 60_000;
/** A new token service that failed is left alone for this long (runner-protocol 1.3). */
const OLD_SERVICE_MS = 60 * 60_000;
const CLOCK_SKEW_TEXT = 'Current server time is';

export class RunnerToken {
  readonly #config: JitConfig;
  readonly #http: HttpClient;
  readonly #clock: Clock;
  readonly #key: KeyObject;
  #token = '';
  #expiresAt = 0;
  /** While GitHub moves runners to another service: until when the old one is asked. */
  #oldServiceUntil = 0;
  #isOfNewService = false;

  constructor(config: JitConfig, http: HttpClient, clock: Clock) {
    this.#config = config;
    this.#http = http;
    this.#clock = clock;
    this.#key = readKey(config);
  }

  /**
   * A valid token, from the cache or fetched.
   * @throws ListenerEnd when the registration is gone; ClockSkew; OutsideError
   */
  async get(signal?: AbortSignal): Promise<string> {
    if (this.#token === '' || this.#clock.now() >= this.#expiresAt) await this.#fetch(signal);
    return this.#token;
  }

  /** The next `get` fetches a new one: after a ForceTokenRefresh message. */
  invalidate(): void {
    this.#token = '';
  }

  /** The server does not take the token: another one, and not from the service that gave this one, if there are two. */
  refused(): void {
    if (this.#isOfNewService) this.#leaveNewService();
    this.invalidate();
  }

  async #fetch(signal?: AbortSignal): Promise<void> {
    const { authorizationUrl, authorizationUrlV2 } = this.#config.credentials.Data;
    if (authorizationUrlV2 !== undefined && this.#clock.now() >= this.#oldServiceUntil) {
      try {
        await this.#fetchFrom(authorizationUrlV2, signal);
        this.#isOfNewService = true;
        return;
      } catch {
        signal?.throwIfAborted();
        this.#leaveNewService();
      }
    }
    await this.#fetchFrom(authorizationUrl, signal);
    this.#isOfNewService = false;
  }

  #leaveNewService(): void {
    this.#oldServiceUntil = this.#clock.now() + OLD_SERVICE_MS;
  }

  /** @param audience what the assertion is for; asked there too, unless the credentials name another place */
  async #fetchFrom(audience: string, signal?: AbortSignal): Promise<void> {
    const url = this.#config.credentials.Data.oauthEndpointUrl ?? audience;
    const response = await this.#http.request('POST', url, {
      headers: { 'Content-Type': 'application/x-www-form-urlencoded', Accept: 'application/json' },
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: this.#assertion(audience),
      }).toString(),
      signal,
    });
    if (!isSuccess(response)) throw refusal(response);
    const body = jsonBody(response) as { access_token?: unknown; expires_in?: unknown } | undefined;
    if (typeof body?.access_token !== 'string') throw badAnswer('The token request', response);
    const lifeMs = Number(body.expires_in ?? 3600) * 1000;
    this.#token = body.access_token;
    // A short-lived token is used for half its life rather than fetched before every call.
    this.#expiresAt = this.#clock.now() + Math.max(lifeMs - RENEW_EARLY_MS, lifeMs / 2);
  }

  #assertion(audience: string): string {
    const { clientId, requireFipsCryptography } = this.#config.credentials.Data;
    const isPss = requireFipsCryptography === 'True';
    const now = Math.floor(this.#clock.now() / 1000);
    const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const header = { typ: 'JWT', alg: isPss ? 'PS256' : 'RS256' };
    const claims = {
      sub: clientId,
      iss: clientId,
      aud: audience,
      jti: newGuid(),
      nbf: now,
      exp: now + ASSERTION_LIFE_S,
    };
    const signed = `${part(header)}.${part(claims)}`;
    const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
    const signature = sign('sha256', Buffer.from(signed), { key: this.#key, ...(isPss ? pss : {}) });
    return `${signed}.${signature.toString('base64url')}`;
  }
}

function readKey({ key }: JitConfig): KeyObject {
  try {
    return createPrivateKey({ key: { kty: 'RSA', ...key }, format: 'jwk' });
  } catch {
    throw new ListenerEnd(ExitCode.usage, 'The JIT config cannot be used: its private key is not a valid RSA key.');
  }
}

function refusal(response: HttpResponse): Error {
  const body = (jsonBody(response) ?? {}) as { error?: string; error_description?: string };
  if (`${body.error_description ?? ''}${response.text}`.includes(CLOCK_SKEW_TEXT)) {
    return new ClockSkew(body.error_description ?? response.text);
  }
  if (response.status === 400 && body.error === 'invalid_client') {
    return new ListenerEnd(
      ExitCode.terminated,
      "This runner's registration has been deleted from the server; register it again.",
    );
  }
  return badAnswer('The token request', response);
}
