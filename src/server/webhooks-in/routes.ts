import type { FastifyPluginAsync, FastifyReply } from 'fastify';
import { z } from 'zod';
import { UserError } from '../../common/errors.ts';
import { readWebhook, takeWebhooks, type Webhook } from '../../common/webhook-request.ts';
import type { ApiError } from '../../protocol/dashboard/index.ts';
import type { Json } from '../../protocol/runner/tokens.ts';
import { findRepository } from '../../store/repositories.ts';
import type { ServerContext } from '../context.ts';
import type { EventOutcome } from '../engine/engine.ts';
import { failureOf } from '../failures.ts';
import { type Delivery, eventsOf } from './delivery.ts';

const Payload = z.record(z.string(), z.json());
const About = z.looseObject({
  repository: z.looseObject({ full_name: z.string().max(300) }).optional(),
  sender: z.looseObject({ login: z.string().max(300) }).optional(),
});

/** Webhooks of github.com or a GitHub Enterprise Server, about repositories that are on this server too. */
export function webhookRoutes(context: ServerContext): FastifyPluginAsync {
  return async (app) => {
    app.setErrorHandler((error, request, reply) => {
      const { status, message, code, hint } = failureOf(error, request, context.logger);
      const body: ApiError = { message, code, hint };
      return reply.code(status).send(body);
    });
    const take = (webhook: Webhook, reply: FastifyReply) => receive(context, webhook, reply);
    takeWebhooks(app, { name: 'server', secrets: context.settings.webhookSecrets, config: { access: 'signed' }, take });
  };
}

async function receive(context: ServerContext, webhook: Webhook, reply: FastifyReply): Promise<FastifyReply> {
  const { id, event } = webhook;
  const payload = readWebhook(Payload, webhook.payload(), 'body') as Record<string, Json>;
  const { repository: about, sender } = readWebhook(About, payload, 'body');
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
