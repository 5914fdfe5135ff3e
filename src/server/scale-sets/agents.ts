/** Runners as the clients of scale sets look for them and remove them (runner-protocol 10.2). */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { UserError } from '../../common/errors.ts';
import { SERVICE_PATH } from '../../protocol/github/scale-sets.ts';
import type { RunnerRow } from '../../store/runners.ts';
import type { ServerContext } from '../context.ts';
import { runnersIn } from '../github-rest/runner-object.ts';
import { ADMIN, listOf, scopeOfAdmin } from './requests.ts';

const AgentQuery = z.looseObject({ agentName: z.string().optional() });
const AgentParams = z.object({ id: z.coerce.number().int().positive() });

export function agentRoutes(app: FastifyInstance, context: ServerContext): void {
  const path = `${SERVICE_PATH}/distributedtask/pools/0/agents`;
  app.get(path, ADMIN, async (request) => {
    const { agentName } = AgentQuery.parse(request.query);
    const rows = await runnersIn(context, scopeOfAdmin(request).scope);
    return listOf(rows.filter(({ name }) => agentName === undefined || name === agentName).map(agentObject));
  });
  app.get(`${path}/:id`, ADMIN, async (request) => agentObject(await agentOf(context, request)));
  app.delete(`${path}/:id`, ADMIN, async (request, reply) => {
    const row = await agentOf(context, request);
    const outcome = await context.engine.registrations.remove(row.id);
    if (outcome === 'removed') return reply.code(204).send();
    if (outcome === 'missing') throw notFound(row.id);
    throw new UserError('runner-busy', `The runner ${row.name} is running a job and cannot be removed.`, {
      status: 400,
    });
  });
}

const agentObject = ({ id, name, scale_set_id }: RunnerRow) => ({ id, name, runnerScaleSetId: scale_set_id ?? 0 });

async function agentOf(context: ServerContext, request: FastifyRequest): Promise<RunnerRow> {
  const { data } = AgentParams.safeParse(request.params);
  const rows = await runnersIn(context, scopeOfAdmin(request).scope);
  const row = rows.find(({ id }) => id === data?.id);
  if (!row) throw notFound(data?.id ?? 0);
  return row;
}

const notFound = (id: number): UserError =>
  new UserError('no-such-runner', `There is no runner with the id ${id}.`, { status: 404 });
