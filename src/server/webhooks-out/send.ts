/** One POST to a receiver. */
import { createHmac } from 'node:crypto';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { errorText } from '../../common/errors.ts';
import { version } from '../../common/package.ts';
import type { HookMessageRow, HookRow } from '../../store/hooks.ts';

/** As GitHub: a receiver that takes longer has failed. */
const TIMEOUT_MS = 10_000;
/** What is kept of an answer, for people who look for a fault. */
const MAX_ANSWER_BYTES = 64 * 1024;

export interface Sent {
  /** `OK`, or what went wrong. */
  status: string;
  /** 0 without an answer. */
  statusCode: number;
  durationMs: number;
  requestHeaders: Record<string, string>;
  responseHeaders: Record<string, string>;
  responseBody: string;
}

/** @param secret opened; undefined for a hook without one */
export async function send(
  hook: HookRow,
  message: HookMessageRow,
  secret: string | undefined,
  signal: AbortSignal,
): Promise<Sent> {
  const isForm = hook.content_type === 'form';
  const body = isForm ? new URLSearchParams({ payload: message.payload }).toString() : message.payload;
  const requestHeaders = headersOf(hook, message, body, secret);
  const startedAt = performance.now();
  const answer = await post(hook, requestHeaders, body, signal).catch((error: unknown) => ({
    status: `No answer: ${errorText(error)}`,
    statusCode: 0,
    responseHeaders: {},
    responseBody: '',
  }));
  return { ...answer, requestHeaders, durationMs: Math.round(performance.now() - startedAt) };
}

/** A receiver tells tries of one message apart by the last of them; its id stays. */
function headersOf(hook: HookRow, message: HookMessageRow, body: string, secret: string | undefined) {
  const [kind = '', id = ''] = hook.place.split(':');
  const sign = (algorithm: string): string =>
    createHmac(algorithm, secret ?? '')
      .update(body)
      .digest('hex');
  return {
    'content-type': hook.content_type === 'form' ? 'application/x-www-form-urlencoded' : 'application/json',
    accept: '*/*',
    'user-agent': `GitHub-Hookshot/switchyard-${version}`,
    'x-github-event': message.event,
    'x-github-delivery': message.guid,
    'x-github-hook-id': String(hook.id),
    'x-github-hook-installation-target-type': kind === 'enterprise' ? 'business' : kind,
    'x-github-hook-installation-target-id': id || '1',
    'x-switchyard-delivery-attempt': String(message.tries + 1),
    ...(secret && { 'x-hub-signature-256': `sha256=${sign('sha256')}`, 'x-hub-signature': `sha1=${sign('sha1')}` }),
  };
}

type Answer = Omit<Sent, 'durationMs' | 'requestHeaders'>;

/** Redirects are not followed: where a secret-signed message goes is the hook's owner's to say. */
function post(hook: HookRow, headers: Record<string, string>, body: string, signal: AbortSignal): Promise<Answer> {
  const url = new URL(hook.url);
  const request = url.protocol === 'https:' ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const call = request(url, {
      method: 'POST',
      headers: { ...headers, 'content-length': String(Buffer.byteLength(body)) },
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
      rejectUnauthorized: hook.insecure_ssl !== 1,
      // A connection kept for later would keep the server from closing.
      agent: false,
    });
    call.on('error', reject);
    call.on('response', (response) => {
      const pieces: Buffer[] = [];
      let size = 0;
      response.on('error', reject);
      response.on('data', (piece: Buffer) => {
        size += piece.length;
        if (size <= MAX_ANSWER_BYTES) pieces.push(piece);
      });
      response.on('end', () => {
        const statusCode = response.statusCode ?? 0;
        const isTaken = statusCode >= 200 && statusCode < 300;
        resolve({
          status: isTaken ? 'OK' : (response.statusMessage ?? '') || `HTTP ${statusCode}`,
          statusCode,
          responseHeaders: Object.fromEntries(
            Object.entries(response.headers).map(([name, value]) => [name, [value].flat().join(', ')]),
          ),
          responseBody: Buffer.concat(pieces).toString('utf8'),
        });
      });
    });
    call.end(body);
  });
}
