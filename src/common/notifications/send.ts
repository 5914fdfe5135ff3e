/** One message to one receiver. URLs and tokens are in no error, and so in no log. */
import { createHmac } from 'node:crypto';
import { OutsideError } from '../errors.ts';
import { version } from '../package.ts';
import type { Receiver } from './config.ts';
import type { Message } from './decide.ts';
import type { Notice } from './notice.ts';

const TIMEOUT_MS = 10_000;
const MAX_ANSWER_BYTES = 64 * 1024;

/** Where a message is that may be changed; undefined where that cannot be done. */
export interface Posted {
  channel: string;
  ts: string;
}

/**
 * @param before of the message with the same key
 * @throws OutsideError
 */
export async function send(
  { slack, webhook }: Receiver,
  message: Message,
  before: Posted | undefined,
  signal: AbortSignal,
): Promise<Posted | undefined> {
  if (webhook) {
    await post(webhook.url, plainBody(message), signatureOf(webhook.secret), signal);
    return undefined;
  }
  if (slack?.url !== undefined) {
    await post(slack.url, slackBody(message), () => ({}), signal);
    return undefined;
  }
  const { api, token = '', channel = '' } = slack ?? { api: '' };
  const call = (method: string, where: object): Promise<string> => {
    const body = { ...slackBody(message), ...where };
    return post(`${api}/${method}`, body, () => ({ authorization: `Bearer ${token}` }), signal);
  };
  const changed = before && (await call('chat.update', before));
  if (changed !== undefined && !CANNOT_CHANGE.includes(jsonOf(changed).error)) return postedOf(changed);
  return postedOf(await call('chat.postMessage', { channel }));
}

/** The message is gone, too old, or another bot's: a new one says the rest. */
const CANNOT_CHANGE: unknown[] = [
  'message_not_found',
  'channel_not_found',
  'cant_update_message',
  'edit_window_closed',
  'is_inactive',
];

/** Slack says with status 200 that it refuses. */
function postedOf(answer: string): Posted {
  const { ok, error, channel, ts } = jsonOf(answer);
  if (ok === true && typeof channel === 'string' && typeof ts === 'string') return { channel, ts };
  const retryable = error === 'ratelimited' || error === 'service_unavailable' || error === 'internal_error';
  throw new OutsideError(`Slack refuses the message: ${typeof error === 'string' ? error : 'no reason given'}`, {
    retryable,
  });
}

function jsonOf(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

/** The form that Slack's incoming webhooks and their likes take. */
function slackBody({ title, notices }: Message) {
  const lines = notices.length === 1 ? detailLines(notices[0]) : notices.map((notice) => `• ${slackLink(notice)}`);
  const isGood = notices.every((notice) => notice.isGood);
  return {
    text: escaped(title),
    attachments: [
      {
        color: isGood ? '#2da44e' : '#cf222e',
        mrkdwn_in: ['text'],
        text: [`*${escaped(title)}*`, ...lines].join('\n'),
      },
    ],
  };
}

function detailLines(notice: Notice | undefined): string[] {
  if (!notice) return [];
  const where = [notice.repository, notice.workflow, notice.environment, notice.branch, notice.pool];
  const facts = where.filter((one) => one !== undefined).map(escaped);
  return [
    ...(facts.length > 0 ? [facts.join(' · ')] : []),
    ...(notice.text === '' ? [] : [escaped(notice.text)]),
    ...(notice.url === undefined ? [] : [link(notice.url, 'Details')]),
  ];
}

const slackLink = ({ title, url }: Notice): string => (url === undefined ? escaped(title) : link(url, title));

/** Addresses may be others' words, too: whoever reports a deployment chooses one. */
const link = (url: string, text: string): string =>
  `<${escaped(url).replaceAll('|', '%7C')}|${escaped(text).replaceAll('|', '¦')}>`;

/** Slack's three; else text of others could mention everybody in a channel. */
const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

const plainBody = ({ key, title, notices }: Message) => ({ ...(key !== undefined && { key }), title, notices });

/** As on GitHub's webhooks, so that receivers can check it with what they have. */
const signatureOf =
  (secret: string | undefined) =>
  (body: string): Record<string, string> =>
    secret === undefined
      ? {}
      : { 'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}` };

async function post(
  url: string,
  value: unknown,
  headersOf: (body: string) => Record<string, string>,
  signal: AbortSignal,
): Promise<string> {
  const body = JSON.stringify(value);
  const headers = {
    'content-type': 'application/json; charset=utf-8',
    'user-agent': `switchyard-${version}`,
    ...headersOf(body),
  };
  const limits = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
  const response = await fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal: limits }).catch(() => {
    // The cause names the address, which is a secret.
    throw new OutsideError('The receiver gave no answer.', { retryable: true });
  });
  const text = await textOf(response);
  if (response.ok) return text;
  const retryable = response.status === 429 || response.status >= 500;
  throw new OutsideError(`The receiver answered ${response.status}.`, { retryable, status: response.status });
}

/** A receiver's answer is short; the rest of a long one is not waited for. */
async function textOf(response: Response): Promise<string> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const piece of response.body ?? []) {
      pieces.push(piece);
      size += piece.length;
      if (size > MAX_ANSWER_BYTES) break;
    }
  } catch {
    throw new OutsideError('The receiver broke off its answer.', { retryable: true });
  }
  return Buffer.concat(pieces).toString('utf8');
}
