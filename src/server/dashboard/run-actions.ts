import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { notFound } from '../../common/errors.ts';
import type { RunSummary } from '../../protocol/dashboard/index.ts';
import { findRun } from '../../store/runs.ts';
import { callerName, needs, reviewerOf } from '../auth/access.ts';
import type { ServerContext } from '../context.ts';
import { runSummaries } from './views.ts';

const Id = z.number().int().positive();
const IdParams = z.object({ id: z.coerce.number().int().positive() });
const RerunBody = z.object({ jobs: z.union([z.enum(['all', 'failed']), Id]), debug: z.boolean().default(false) });

const ReviewBody = z.object({
  environments: z.array(z.string().min(1).max(255)).min(1).max(100),
  state: z.enum(['approved', 'rejected']),
  comment: z.string().max(10_000).default(''),
});

const WRITE = needs('write', 'people');

/** What people do with a run: cancel it, run it again, or answer for its environments. */
export function addRunActions(app: FastifyInstance, context: ServerContext): void {
  app.post('/runs/:id/cancel', WRITE, async ({ params, caller }, reply) => {
    await context.engine.cancelRun(await knownRun(context, params), callerName(caller));
    return reply.code(202).send({});
  });
  app.post('/runs/:id/force-cancel', WRITE, async ({ params, caller }, reply) => {
    await context.engine.forceCancelRun(await knownRun(context, params), callerName(caller));
    return reply.code(202).send({});
  });
  app.post('/runs/:id/rerun', WRITE, async ({ params, body, caller }, reply): Promise<RunSummary> => {
    const id = await knownRun(context, params);
    await context.engine.rerunRun(id, { ...RerunBody.parse(body), by: callerName(caller) });
    const [run] = await runSummaries(context.db, { ids: [id] });
    if (!run) throw notFound(`Run ${id}`);
    reply.code(201);
    return run;
  });
  // Whoever can read may be a reviewer; the names decide (SEM-12.3).
  app.post('/runs/:id/reviews', needs('read', 'people'), async ({ params, body, caller }, reply) => {
    const { id: runId } = IdParams.parse(params);
    const reviewer = reviewerOf(caller);
    await context.engine.environments.review({ runId, ...ReviewBody.parse(body), reviewer });
    return reply.code(201).send({});
  });
}

/** @throws UserError 404 */
async function knownRun(context: ServerContext, params: unknown): Promise<number> {
  const { id } = IdParams.parse(params);
  if (!(await findRun(context.db, id))) throw notFound(`Run ${id}`);
  return id;
}
