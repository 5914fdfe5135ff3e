import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { UserError } from '../../common/errors.ts';
import { isSignedWithAny } from '../../common/webhook-signature.ts';
import type { ApiError } from '../../protocol/dashboard/index.ts';
import type { Json } from '../../protocol/runner/tokens.ts';
import { findRepository } from '../../store/repositories.ts';
import type { ServerContext } from '../context.ts';
import type { EventOutcome } from '../engine/engine.ts';
import { failureOf } from '../failures.ts';
import { type Delivery, eventsOf } from './delivery.ts';

/** GitHub sends no more. */
const MAX_BODY_BYTES = 25 * 1024 * 1024;

const Headers = z.looseObject({
  'x-github-event': z.string().regex(/^[a-z_]{1,100}$/, 'must be the name of an event'),
  'x-github-delivery': z.string().min(1).max(200),
});
const Payload = z.record(z.string(), z.json());
const About = z.looseObject({
  repository: z.looseObject({ full_name: z.string().max(300) }).optional(),
  sender: z.looseObject({ login: z.string().max(300) }).optional(),
});

/** Webhooks of github.com or a GitHub Enterprise Server, about repositories that are on this server too. */
export function webhookRoutes(context: ServerContext): FastifyPluginAsync {
  return async (app) => {
    takeBodiesWhole(app);
    app.setErrorHandler((error, request, reply) => {
      const { status, message, code, hint } = failureOf(error, request, context.logger);
      const body: ApiError = { message, code, hint };
      return reply.code(status).send(body);
    });
    app.post(
      '/webhooks/github',
      {
        config: { access: 'signed' },
        bodyLimit: MAX_BODY_BYTES,
        // Before the body is read.
        onRequest: async () => assertSecret(context),
      },
      (request, reply) => receive(context, request, reply),
    );
  };
}

/** The signature is over the bytes as they came. */
function takeBodiesWhole(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
}

/** @throws UserError 403: nothing is let in by default */
function assertSecret({ settings }: ServerContext): void {
  if (settings.webhookSecrets.length > 0) return;
  throw new UserError('webhooks-off', 'This server takes no webhooks: it has no secret to check them with.', {
    status: 403,
    hint: 'Start it with SWITCHYARD_WEBHOOK_SECRET, and give the webhook the same secret.',
  });
}

async function receive(context: ServerContext, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
  assertSigned(context, request, body);
  const { 'x-github-event': event, 'x-github-delivery': id } = Headers.parse(request.headers);
  if (event === 'ping') return reply.send({ message: 'pong' });
  const payload = Payload.parse(parse(request, body)) as Record<string, Json>;
  const { repository: about, sender } = About.parse(payload);
  if (!about) return reply.send({ message: `The ${event} event is about no repository, so it starts nothing.` });
  const [owner = '', name = ''] = about.full_name.split('/');
  const repository = await findRepository(context.db, owner, name);
  if (!repository) throw unknownRepository(about.full_name);
  const delivery: Delivery = { id, event, payload, repository, actor: sender?.login ?? 'github' };
  if (await context.mirrors.take(delivery)) {
    return reply.code(202).send({ message: 'It counts as soon as the mirror has been brought up to date.' });
  }
  const found = await eventsOf(context, delivery);
  if ('nothing' in found) return reply.send({ message: found.nothing });
  return answer(context, reply, await context.engine.acceptEvents(found.events));
}

function assertSigned({ settings }: ServerContext, { headers }: FastifyRequest, body: Buffer): void {
  const signature = headers['x-hub-signature-256'];
  if (typeof signature === 'string' && isSignedWithAny(settings.webhookSecrets, body, signature)) return;
  throw new UserError('bad-webhook-signature', 'The webhook is not signed with the secret of this server.', {
    status: 401,
    hint: 'Give the webhook the secret that the server has in SWITCHYARD_WEBHOOK_SECRET.',
  });
}

/** GitHub offers both content types. */
function parse({ headers }: FastifyRequest, body: Buffer): unknown {
  const isForm = headers['content-type']?.startsWith('application/x-www-form-urlencoded');
  const text = isForm ? (new URLSearchParams(body.toString('utf8')).get('payload') ?? '') : body.toString('utf8');
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UserError('bad-request', 'The body of the webhook is not JSON.', { status: 400, cause: error });
  }
}

function unknownRepository(fullName: string): UserError {
  return new UserError('not-found', `There is no repository ${fullName} on this server.`, {
    status: 404,
    hint: 'Push it here under the same owner and name.',
  });
}

/** Shown in the webhook's list of deliveries on GitHub. */
function answer({ settings }: ServerContext, reply: FastifyReply, outcomes: EventOutcome[]): FastifyReply {
  if (outcomes.every(({ alreadyAccepted }) => alreadyAccepted)) {
    return reply.send({ message: 'This delivery was taken in before.' });
  }
  const runs = outcomes.flatMap((outcome) => outcome.runs);
  return reply.code(202).send({
    events: outcomes.flatMap(({ eventId }) => (eventId === undefined ? [] : [eventId])),
    runs: runs.map(({ id, workflowName }) => ({ id, workflow: workflowName, url: `${settings.publicUrl}/runs/${id}` })),
    notStarted: outcomes.flatMap(({ notStarted }) => notStarted),
  });
}
