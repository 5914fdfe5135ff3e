import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { UserError } from '../../common/errors.ts';
import { newGuid } from '../../common/ids.ts';
import type { Json } from '../../protocol/runner/tokens.ts';
import { callerName, causingJob, needs } from '../auth/access.ts';
import type { ServerContext } from '../context.ts';
import { defaultTip } from '../events/default-tip.ts';
import { repositoryOf } from './requests.ts';
import { repositoryObject, userObject } from './shapes.ts';

/** SEM-2.11 */
const MAX_TYPE_CHARACTERS = 100;
const MAX_PROPERTIES = 10;
const MAX_PAYLOAD_CHARACTERS = 65_535;

const DispatchRequest = z.looseObject({
  event_type: z.string().min(1),
  client_payload: z.record(z.string(), z.json()).nullish(),
});

/** https://docs.github.com/rest/repos/repos#create-a-repository-dispatch-event */
export function dispatchRoutes(app: FastifyInstance, context: ServerContext): void {
  app.post('/repos/:owner/:repo/dispatches', needs('write', 'contents: write'), async (request, reply) => {
    await dispatch(context, request);
    return reply.code(204).send();
  });
}

async function dispatch(context: ServerContext, request: FastifyRequest): Promise<void> {
  const repository = await repositoryOf(context, request);
  const { event_type: type, client_payload: given } = DispatchRequest.parse(request.body);
  const payload = (given ?? {}) as Record<string, Json>;
  checkLimits(type, payload);
  const { publicUrl } = context.settings;
  const actor = callerName(request.caller);
  await context.engine.acceptEvent({
    key: `dispatch:${newGuid()}`,
    repository,
    name: 'repository_dispatch',
    activity: type,
    ...(await defaultTip(context, repository)),
    actor,
    causingJob: causingJob(request.caller),
    payload: {
      action: type,
      branch: repository.default_branch,
      client_payload: payload,
      repository: { ...repositoryObject(repository, publicUrl) },
      sender: { ...userObject(actor, publicUrl) },
    },
  });
}

/** @throws UserError 422 */
function checkLimits(type: string, payload: Record<string, Json>): void {
  const properties = Object.keys(payload).length;
  if (type.length > MAX_TYPE_CHARACTERS) {
    throw tooMuch(`event_type is too long (maximum is ${MAX_TYPE_CHARACTERS} characters).`);
  }
  if (properties > MAX_PROPERTIES) {
    throw tooMuch(`No more than ${MAX_PROPERTIES} properties are allowed; ${properties} were supplied.`);
  }
  if (JSON.stringify(payload).length > MAX_PAYLOAD_CHARACTERS) {
    throw tooMuch(`client_payload is too large (maximum is ${MAX_PAYLOAD_CHARACTERS} characters).`);
  }
}

const tooMuch = (sentence: string): UserError => new UserError('bad-dispatch', sentence);
