import type { FastifyInstance, FastifyReply } from 'fastify';
import { z } from 'zod';
import { UserError } from '../../common/errors.ts';
import { callerName, needs } from '../auth/access.ts';
import { assertAccess } from '../auth/authorize.ts';
import { ownerPlace } from '../auth/places.ts';
import type { ServerContext } from '../context.ts';
import { repositoryOf } from './requests.ts';
import { repositoryObject } from './shapes.ts';

const CreateRequest = z.looseObject({ name: z.string().min(1).max(100) });

/** https://docs.github.com/rest/repos/repos */
export function repositoryRoutes(app: FastifyInstance, context: ServerContext): void {
  app.get('/repos/:owner/:repo', needs('read', 'metadata: read'), async (request) =>
    repositoryObject(await repositoryOf(context, request), context.settings.publicUrl),
  );
  app.post(
    '/user/repos',
    needs('write', 'people', { place: 'checked-by-handler', audited: true }),
    ({ caller, body }, reply) => {
      const owner = callerName(caller);
      assertAccess(caller, 'write', ownerPlace(owner));
      return create(context, owner, body, reply);
    },
  );
  app.post(
    '/orgs/:org/repos',
    needs('write', 'people', { app: 'administration: write', audited: true }),
    ({ params, body }, reply) => {
      const { org } = z.object({ org: z.string() }).parse(params);
      return create(context, org, body, reply);
    },
  );
}

async function create(
  context: ServerContext,
  owner: string,
  body: unknown,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { name } = CreateRequest.parse(body);
  if (await context.git.find(owner, name)) {
    throw new UserError('name-taken', 'Repository creation failed: name already exists on this account.');
  }
  const repository = await context.git.create(owner, name);
  return reply.code(201).send(repositoryObject(repository, context.settings.publicUrl));
}
