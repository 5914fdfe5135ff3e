import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { notFound } from '../../common/errors.ts';
import type { RunSummary } from '../../protocol/dashboard/index.ts';
import { findRepositoryById } from '../../store/repositories.ts';
import { callerName, needs, reviewerOf } from '../auth/access.ts';
import { repositoryPlace } from '../auth/places.ts';
import type { ServerContext } from '../context.ts';
import { runInPath } from './seen.ts';
import { runSummaries } from './views.ts';

const Id = z.number().int().positive();
const RerunBody = z.object({ jobs: z.union([z.enum(['all', 'failed']), Id]), debug: z.boolean().default(false) });

const ReviewBody = z.object({
  environments: z.array(z.string().min(1).max(255)).min(1).max(100),
  state: z.enum(['approved', 'rejected']),
  comment: z.string().max(10_000).default(''),
});

const WRITE = needs('write', 'people', { place: 'checked-by-handler' });
const READ = needs('read', 'people', { place: 'checked-by-handler' });

/** What people do with a run: cancel it, run it again, or answer for its environments. */
export function addRunActions(app: FastifyInstance, context: ServerContext): void {
  app.post('/runs/:id/cancel', WRITE, async (request, reply) => {
    const { id } = await runInPath(context, request, 'write');
    await context.engine.cancelRun(id, callerName(request.caller));
    return reply.code(202).send({});
  });
  app.post('/runs/:id/force-cancel', WRITE, async (request, reply) => {
    const { id } = await runInPath(context, request, 'write');
    await context.engine.forceCancelRun(id, callerName(request.caller));
    return reply.code(202).send({});
  });
  app.post('/runs/:id/rerun', WRITE, async (request, reply): Promise<RunSummary> => {
    const { id } = await runInPath(context, request, 'write');
    await context.engine.rerunRun(id, { ...RerunBody.parse(request.body), by: callerName(request.caller) });
    const [run] = await runSummaries(context.db, { ids: [id] });
    if (!run) throw notFound(`Run ${id}`);
    reply.code(201);
    return run;
  });
  // Whoever can read may be a reviewer; the names decide (SEM-12.3).
  app.post('/runs/:id/reviews', READ, async (request, reply) => {
    const run = await runInPath(context, request);
    const repository = await findRepositoryById(context.db, run.repository_id);
    if (!repository) throw notFound(`Run ${run.id}`);
    const reviewer = reviewerOf(request.caller, repositoryPlace(repository));
    await context.engine.environments.review({ runId: run.id, ...ReviewBody.parse(request.body), reviewer });
    return reply.code(201).send({});
  });
}
