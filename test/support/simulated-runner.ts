import { createPrivateKey, createSign, type KeyObject, randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import type { BrokerMessage, JobRequestBody, SessionResponse } from '../../src/protocol/runner/broker.ts';
import { decodeJitConfig, type JitConfig } from '../../src/protocol/runner/jit-config.ts';
import { type JobMessage, systemConnection } from '../../src/protocol/runner/job-message.ts';
import { fromContextData } from '../../src/protocol/runner/tokens.ts';

export interface Answer<T = unknown> {
  status: number;
  body: T;
}

/** One connection per runner, as a real listener has. */
export async function call<T = unknown>(
  method: string,
  url: string,
  options: {
    token?: string;
    authorization?: string;
    json?: unknown;
    form?: Record<string, string>;
    signal?: AbortSignal;
    agent?: Agent;
  } = {},
): Promise<Answer<T>> {
  const body = options.form
    ? new URLSearchParams(options.form).toString()
    : options.json === undefined
      ? undefined
      : JSON.stringify(options.json);
  const headers: Record<string, string> = {};
  const authorization = options.authorization ?? (options.token && `Bearer ${options.token}`);
  if (authorization) headers.authorization = authorization;
  if (body !== undefined) {
    headers['content-type'] = options.form ? 'application/x-www-form-urlencoded' : 'application/json';
    headers['content-length'] = String(Buffer.byteLength(body));
  }
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method, headers, agent: options.agent, signal: options.signal }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        const isJson = (response.headers['content-type'] ?? '').startsWith('application/json');
        resolve({ status: response.statusCode ?? 0, body: (isJson && text ? JSON.parse(text) : text) as T });
      });
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** Thousands of runners may share one key, which costs more to read than to sign with. */
const privateKeys = new Map<string, KeyObject>();

function privateKeyOf(key: JitConfig['key']): KeyObject {
  const known = privateKeys.get(key.n) ?? createPrivateKey({ key: { kty: 'RSA', ...key }, format: 'jwk' });
  privateKeys.set(key.n, known);
  return known;
}

/** Speaks a listener's part of the protocol step by step, so that a test can stop anywhere in the middle. */
export class SimulatedRunner {
  readonly config: JitConfig;
  readonly #agent = new Agent({ keepAlive: true });
  #token = '';
  #sessionId = '';

  constructor(encodedJitConfig: string) {
    this.config = decodeJitConfig(encodedJitConfig);
  }

  get token(): string {
    return this.#token;
  }

  get name(): string {
    return this.config.runner.AgentName;
  }

  assertion(overrides: Record<string, unknown> = {}): string {
    const { clientId, authorizationUrl } = this.config.credentials.Data;
    const now = Math.floor(Date.now() / 1000);
    const payload = {
      sub: clientId,
      iss: clientId,
      aud: authorizationUrl,
      jti: randomUUID(),
      nbf: now,
      exp: now + 300,
      ...overrides,
    };
    const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const text = `${part({ typ: 'JWT', alg: 'RS256' })}.${part(payload)}`;
    return `${text}.${createSign('sha256').update(text).sign(privateKeyOf(this.config.key), 'base64url')}`;
  }

  requestToken(
    assertion = this.assertion(),
  ): Promise<Answer<{ access_token: string; error?: string; error_description?: string }>> {
    return call('POST', this.config.credentials.Data.authorizationUrl, {
      agent: this.#agent,
      form: {
        grant_type: 'client_credentials',
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: assertion,
      },
    });
  }

  async connect(): Promise<void> {
    const { body, status } = await this.requestToken();
    if (status !== 200) throw new Error(`no token: ${status} ${JSON.stringify(body)}`);
    this.#token = body.access_token;
    const session = await this.openSession();
    if (session.status !== 200) throw new Error(`no session: ${session.status} ${JSON.stringify(session.body)}`);
    this.#sessionId = session.body.sessionId;
  }

  openSession(): Promise<Answer<SessionResponse>> {
    const json = { ownerName: 'simulated (PID: 1)', agent: { version: '9.9.9', osDescription: 'Linux' } };
    return call('POST', this.#broker('session'), { token: this.#token, json, agent: this.#agent });
  }

  poll(status: 'Online' | 'Busy' = 'Online', signal?: AbortSignal): Promise<Answer<BrokerMessage>> {
    const query = new URLSearchParams({ sessionId: this.#sessionId, status, runnerVersion: '9.9.9', os: 'Linux' });
    return call('GET', `${this.#broker('message')}?${query}`, { token: this.#token, agent: this.#agent, signal });
  }

  /** Polls until a job comes. */
  async waitForJob(): Promise<JobRequestBody> {
    for (;;) {
      const { status, body } = await this.poll();
      if (status === 200 && body.messageType === 'RunnerJobRequest') return JSON.parse(body.body) as JobRequestBody;
      if (status >= 400) throw new Error(`poll failed: ${status} ${JSON.stringify(body)}`);
    }
  }

  acknowledge(offer: JobRequestBody): Promise<Answer> {
    const query = new URLSearchParams({ sessionId: this.#sessionId, status: 'Online' });
    const json = { runnerRequestId: offer.runner_request_id };
    return call('POST', `${this.#broker('acknowledge')}?${query}`, { token: this.#token, json, agent: this.#agent });
  }

  acquire(offer: JobRequestBody): Promise<Answer<JobMessage>> {
    const json = { jobMessageId: offer.runner_request_id, runnerOS: 'Linux', billingOwnerId: '' };
    return call('POST', `${offer.run_service_url}acquirejob`, { token: this.#token, json, agent: this.#agent });
  }

  renew(message: JobMessage): Promise<Answer<{ lockedUntil: string }>> {
    const { url, token } = connectionOf(message);
    return call('POST', `${url}renewjob`, { token, json: idsOf(message), agent: this.#agent });
  }

  complete(message: JobMessage, result: Record<string, unknown> = { conclusion: 'succeeded' }): Promise<Answer> {
    const { url, token } = connectionOf(message);
    return call('POST', `${url}completejob`, { token, json: { ...idsOf(message), ...result }, agent: this.#agent });
  }

  /** Takes the next job and ends it with `conclusion`. */
  async runOne(conclusion = 'succeeded', outputs: Record<string, { value: string }> = {}): Promise<JobMessage> {
    const offer = await this.waitForJob();
    await this.acknowledge(offer);
    const { body: message } = await this.acquire(offer);
    await this.complete(message, { conclusion, outputs });
    return message;
  }

  /** Breaks every connection at once, as a killed process does. */
  die(): void {
    this.#agent.destroy();
  }

  #broker(path: string): string {
    return `${this.config.runner.ServerUrlV2}${path}`;
  }
}

export function connectionOf(message: JobMessage): { url: string; token: string } {
  const endpoint = systemConnection(message);
  return { url: endpoint.url, token: endpoint.authorization.parameters.AccessToken };
}

/** The `github` context that the job's steps see. */
export const githubOf = (message: JobMessage): Record<string, unknown> =>
  fromContextData(message.contextData.github ?? null) as Record<string, unknown>;

const idsOf = (message: JobMessage): { planId: string; jobId: string } => ({
  planId: message.plan.planId,
  jobId: message.jobId,
});
