/** `kubectl auth can-i`: who has the fleet's token may do everything that there is. */
import type { FastifyInstance } from 'fastify';
import { bodyOf } from './requests.ts';

export function accessReviewRoute(app: FastifyInstance): void {
  app.post('/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', async (request, reply) => {
    const { spec } = bodyOf(request);
    const reason = "the fleet's token opens everything";
    reply.code(201);
    return {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      metadata: {},
      spec,
      status: { allowed: true, reason },
    };
  });
}
