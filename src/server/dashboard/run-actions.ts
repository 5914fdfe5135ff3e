import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { notFound } from '../../common/errors.ts';
import type { RunSummary } from '../../protocol/dashboard/index.ts';
import { findRun } from '../../store/runs.ts';
import { callerName, needs } from '../auth/access.ts';
import type { ServerContext } from '../context.ts';
import { runSummaries } from './views.ts';

const Id = z.number().int().positive();
const IdParams = z.object({ id: z.coerce.number().int().positive() });
const RerunBody = z.object({ jobs: z.union([z.enum(['all', 'failed']), Id]), debug: z.boolean().default(false) });

const WRITE = needs('write', 'people');

/** What people do with a run: cancel it, or run it again. */
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
}

/** @throws UserError 404 */
async function knownRun(context: ServerContext, params: unknown): Promise<number> {
  const { id } = IdParams.parse(params);
  if (!(await findRun(context.db, id))) throw notFound(`Run ${id}`);
  return id;
}
