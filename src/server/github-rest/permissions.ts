import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { UserError } from '../../common/errors.ts';
import { setDefaultPermissions } from '../../store/repositories.ts';
import { needs } from '../auth/access.ts';
import type { ServerContext } from '../context.ts';
import { repositoryOf } from './requests.ts';

const PutRequest = z.looseObject({
  default_workflow_permissions: z.enum(['read', 'write']).optional(),
  can_approve_pull_request_reviews: z.boolean().optional(),
});

/** https://docs.github.com/rest/actions/permissions: what jobs' tokens may do where no workflow says (SEM-6.3) */
export function permissionRoutes(app: FastifyInstance, context: ServerContext): void {
  const path = '/repos/:owner/:repo/actions/permissions/workflow';
  const admin = (level: 'read' | 'write') => needs('admin', 'people', { app: `administration: ${level}` });
  app.get(path, admin('read'), async (request) => {
    const { default_permissions } = await repositoryOf(context, request);
    return { default_workflow_permissions: default_permissions, can_approve_pull_request_reviews: false };
  });
  app.put(path, admin('write'), async (request, reply) => {
    const { id } = await repositoryOf(context, request);
    const asked = PutRequest.parse(request.body);
    if (asked.can_approve_pull_request_reviews) {
      throw new UserError('no-pull-reviews', 'Pull requests are not reviewed here, so no workflow can approve one.');
    }
    const policy = asked.default_workflow_permissions;
    if (policy !== undefined) await setDefaultPermissions(context.db, id, policy);
    return reply.code(204).send();
  });
}
