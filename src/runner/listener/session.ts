/** Calls to the broker: session, poll, acknowledge. Source: runner-protocol 4.1 to 4.4, 4.9. */
import { hostname, release, type as systemName } from 'node:os';
import { OutsideError } from '../../common/errors.ts';
import type {
  BrokerError,
  BrokerMessage,
  JobRequestBody,
  RunnerStatus,
  SessionResponse,
} from '../../protocol/runner/broker.ts';
import { BROKER_ERROR_SOURCE } from '../../protocol/runner/constants.ts';
import type { JitConfig } from '../../protocol/runner/jit-config.ts';
import {
  badAnswer,
  type HttpClient,
  type HttpRequest,
  type HttpResponse,
  isSuccess,
  jsonBody,
  withSlash,
} from '../http.ts';
import { runnerArch, runnerOs } from '../platform.ts';
import type { RunnerToken } from './credentials.ts';
import { ExitCode, ListenerEnd, RegistrationGone, SessionConflict, SessionLost } from './errors.ts';

const ACKNOWLEDGE_TIMEOUT_MS = 5_000;
/** For the token too, if it needs a new one: nobody waits long for a runner that was told to end. */
const DELETE_MS = 1_000;

export class BrokerSession {
  readonly #config: JitConfig;
  readonly #http: HttpClient;
  readonly #token: RunnerToken;
  readonly #version: string;
  #base: string;
  #sessionId = '';

  constructor(config: JitConfig, http: HttpClient, token: RunnerToken, version: string) {
    this.#config = config;
    this.#http = http;
    this.#token = token;
    this.#version = version;
    this.#base = withSlash(config.runner.ServerUrlV2);
  }

  /** Goes on at another broker, with the same session (runner-protocol 4.3). Anything but a URL changes nothing. */
  moveTo(base: string | undefined): void {
    if (base !== undefined && /^https?:/.test(base) && URL.canParse(base)) this.#base = withSlash(base);
  }

  /** @throws ListenerEnd, SessionConflict, ClockSkew; OutsideError for anything that may pass */
  async open(signal: AbortSignal): Promise<void> {
    const { AgentId, AgentName } = this.#config.runner;
    const response = await this.#call('POST', 'session', {
      body: JSON.stringify({
        sessionId: '00000000-0000-0000-0000-000000000000',
        ownerName: `${hostname()} (PID: ${process.pid})`,
        agent: {
          id: Number(AgentId),
          name: AgentName,
          version: this.#version,
          osDescription: `${systemName()} ${release()}`,
        },
      }),
      signal,
    });
    if (response.status === 409) throw new SessionConflict('Another session of this runner is still open.');
    this.#refuse('Opening a session', response);
    const session = jsonBody(response) as Partial<SessionResponse> | undefined;
    if (typeof session?.sessionId !== 'string') throw badAnswer('Opening a session', response);
    this.#sessionId = session.sessionId;
  }

  /**
   * Waits for the next message, up to about 50 s.
   * @returns undefined when there was none
   * @throws ListenerEnd, SessionLost; OutsideError for anything that may pass; the signal's reason
   */
  async poll(status: RunnerStatus, signal: AbortSignal): Promise<BrokerMessage | undefined> {
    const response = await this.#call('GET', `message?${this.#query(status)}&disableUpdate=true`, { signal });
    this.#refuse('The poll for messages', response);
    const message = jsonBody(response) as Partial<BrokerMessage> | undefined;
    if (typeof message?.messageType !== 'string' || typeof message.body !== 'string') return undefined;
    return message as BrokerMessage;
  }

  /** Tells the server that the job has arrived. Best effort; false only if the server says it is no longer ours. */
  async acknowledge({ runner_request_id }: JobRequestBody, signal: AbortSignal): Promise<boolean> {
    try {
      const response = await this.#call('POST', `acknowledge?${this.#query('Busy')}`, {
        body: JSON.stringify({ runnerRequestId: runner_request_id }),
        timeoutMs: ACKNOWLEDGE_TIMEOUT_MS,
        signal,
      });
      return brokerError(response)?.errorKind !== 'AcknowledgeJobNotFound';
    } catch {
      return true;
    }
  }

  /** Best effort: the server ends sessions that nobody polls anyway. */
  async delete(): Promise<void> {
    if (this.#sessionId === '') return;
    await this.#call('DELETE', 'session', { signal: AbortSignal.timeout(DELETE_MS) }).catch(() => undefined);
  }

  /** A call with the runner's token to any of its services; after a 401 once more with a fresh token. */
  async authorized(method: string, url: string, request: HttpRequest): Promise<HttpResponse> {
    for (let attempt = 0; ; attempt++) {
      const token = await this.#token.get(request.signal);
      const headers: Record<string, string> = { Authorization: `Bearer ${token}`, Accept: 'application/json' };
      if (request.body !== undefined) headers['Content-Type'] = 'application/json';
      const response = await this.#http.request(method, url, { ...request, headers });
      if (response.status !== 401) return response;
      this.#token.refused();
      if (attempt > 0) return response;
    }
  }

  #call(method: string, path: string, request: HttpRequest): Promise<HttpResponse> {
    return this.authorized(method, new URL(path, this.#base).href, request);
  }

  #query(status: RunnerStatus): string {
    return new URLSearchParams({
      sessionId: this.#sessionId,
      status,
      runnerVersion: this.#version,
      os: runnerOs,
      architecture: runnerArch,
    }).toString();
  }

  /** The reaction table of runner-protocol 4.2. */
  #refuse(what: string, response: HttpResponse): void {
    if (isSuccess(response)) return;
    const error = brokerError(response);
    if (error?.errorKind === 'RunnerNotFound') {
      throw new RegistrationGone(
        ExitCode.normal,
        'The server no longer knows this runner; its registration has ended.',
      );
    }
    if (error?.errorKind === 'RunnerVersionTooOld') throw new ListenerEnd(ExitCode.terminated, error.errorMessage);
    if (error?.errorKind === 'RunnerSessionInvalid') throw new SessionLost(error.errorMessage);
    if (response.status === 401 || response.status === 403) {
      throw new ListenerEnd(ExitCode.terminated, `${what} was refused: this runner may not use the server.`);
    }
    // Every other answer may be a passing state of the server: the table retries it for ever.
    throw new OutsideError(badAnswer(what, response).message, { retryable: true, status: response.status });
  }
}

function brokerError(response: HttpResponse): BrokerError | undefined {
  if (isSuccess(response)) return undefined;
  const body = jsonBody(response) as Partial<BrokerError> | undefined;
  return body?.source === BROKER_ERROR_SOURCE ? (body as BrokerError) : undefined;
}
