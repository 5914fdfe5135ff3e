/** How a webhook of a GitHub comes in, whoever takes it: signed over its bytes, in either of the two content types. */
import type { FastifyContextConfig, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { UserError } from './errors.ts';
import { SETTINGS } from './settings-table.ts';
import { isSignedWithAny } from './webhook-signature.ts';

export interface WebhookTaker {
  /** Who speaks in refusals. */
  name: 'server' | 'fleet';
  /** Any of them is taken, so that a secret can be changed without a gap; none lets nothing in. */
  secrets: readonly string[];
  /** Tells the taker's guard that the signature stands for a token. */
  config: FastifyContextConfig;
  /** Answers what is signed. Pings are answered without it. */
  take: (webhook: Webhook, reply: FastifyReply) => Promise<FastifyReply>;
}

export interface Webhook {
  /** Such as `push`. */
  event: string;
  /** GitHub's, the same when it is sent again. */
  id: string;
  headers: FastifyRequest['headers'];
  /** @throws UserError 400 when the body holds no JSON */
  payload: () => unknown;
}

/** GitHub sends no more. */
const MAX_BODY_BYTES = 25 * 1024 * 1024;

const Headers = z.looseObject({
  'x-github-event': z.string().regex(/^[a-z_]{1,100}$/, 'must be the name of an event'),
  'x-github-delivery': z.string().min(1).max(200),
});

/** Adds `POST /webhooks/github`. `app` must be a scope of its own: it takes every body whole from then on. */
export function takeWebhooks(app: FastifyInstance, taker: WebhookTaker): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  app.post(
    '/webhooks/github',
    {
      config: taker.config,
      bodyLimit: MAX_BODY_BYTES,
      // Before the body is read.
      onRequest: async () => assertSecrets(taker),
    },
    async (request, reply) => {
      const webhook = signedWebhook(taker, request);
      return webhook.event === 'ping' ? reply.send({ message: 'pong' }) : taker.take(webhook, reply);
    },
  );
}

/** @throws UserError 403: nothing is let in by default */
function assertSecrets({ name, secrets }: WebhookTaker): void {
  if (secrets.length > 0) return;
  throw new UserError('webhooks-off', `This ${name} takes no webhooks: it has no secret to check them with.`, {
    status: 403,
    hint: `Start it with ${SETTINGS.webhookSecret.env}, and give the webhook the same secret.`,
  });
}

/** @throws UserError 401 for what is not signed, 422 for headers that GitHub would not send */
function signedWebhook({ name, secrets }: WebhookTaker, { headers, body: read }: FastifyRequest): Webhook {
  const body = Buffer.isBuffer(read) ? read : Buffer.alloc(0);
  const signature = headers['x-hub-signature-256'];
  if (typeof signature !== 'string' || !isSignedWithAny(secrets, body, signature)) {
    throw new UserError('bad-webhook-signature', `The webhook is not signed with a secret of this ${name}.`, {
      status: 401,
      hint: `Give the webhook the secret that the ${name} has in ${SETTINGS.webhookSecret.env}.`,
    });
  }
  const { 'x-github-event': event, 'x-github-delivery': id } = readWebhook(Headers, headers, 'headers');
  return { event, id, headers, payload: () => parseJson(jsonIn(headers['content-type'], body)) };
}

/** @throws UserError 422 when `value` has another shape */
export function readWebhook<T>(shape: z.ZodType<T>, value: unknown, what: 'headers' | 'body'): T {
  const parsed = shape.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new UserError('bad-request', `The ${what} of the webhook: ${z.prettifyError(parsed.error)}`);
}

/** GitHub offers to send a form, with the JSON as its one field. */
function jsonIn(contentType: string | undefined, body: Buffer): string {
  const text = body.toString('utf8');
  const isForm = contentType?.startsWith('application/x-www-form-urlencoded');
  return isForm ? (new URLSearchParams(text).get('payload') ?? '') : text;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UserError('bad-request', 'The body of the webhook is not JSON.', { status: 400, cause: error });
  }
}
