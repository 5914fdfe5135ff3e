/** Which runners are in a group, and what it is for. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { UserError } from '../../common/errors.ts';
import { repositoriesOf } from '../../store/repositories.ts';
import { type RunnerGroupRow, type RunnerRow, runnerGroups } from '../../store/runners.ts';
import type { ServerContext } from '../context.ts';
import { notFoundOnGitHub } from './errors.ts';
import { idOf, onPage } from './requests.ts';
import { runnersIn, viewRunner } from './runner-object.ts';
import { CHANGES_GROUPS, runnerNeeds, SCOPES, scopeOfRequest } from './runner-scopes.ts';
import { repositoryObject } from './shapes.ts';

const Id = z.number().int().positive();
const Members = z.looseObject({ runners: z.array(Id).max(10_000) });
const RunnerParams = z.object({ runner_id: z.coerce.number().int().positive() });

/**
 * A group belongs to the server; of its runners each place shows and moves its own. A runner is in one group at a time,
 * and one that is taken out of a group goes to the default group, as on GitHub.
 */
export function groupMemberRoutes(app: FastifyInstance, context: ServerContext): void {
  const { registrations } = context.engine;
  for (const prefix of SCOPES.filter((scope) => !scope.startsWith('/repos'))) {
    const base = `${prefix}/actions/runner-groups/:id/runners`;
    app.get(base, runnerNeeds(prefix, 'read'), async (request, reply) => {
      const { members } = await membersOf(context, request);
      const shown = onPage(context, request, reply, members);
      const runners = await Promise.all(shown.map((row) => viewRunner(context, row)));
      return { total_count: members.length, runners };
    });
    app.put(base, CHANGES_GROUPS, async (request, reply) => {
      const { runners: ids } = Members.parse(request.body);
      const { group, own, members } = await membersOf(context, request);
      const wanted = ids.map((id) => withId(own, id).id);
      const left = members.map(({ id }) => id).filter((id) => !wanted.includes(id));
      const home = left.length > 0 ? await defaultInsteadOf(context, group) : group;
      await registrations.moveToGroup(wanted, group);
      await registrations.moveToGroup(left, home);
      return reply.code(204).send();
    });
    app.put(`${base}/:runner_id`, CHANGES_GROUPS, async (request, reply) => {
      const { group, own } = await membersOf(context, request);
      await registrations.moveToGroup([withId(own, runnerIdOf(request)).id], group);
      return reply.code(204).send();
    });
    app.delete(`${base}/:runner_id`, CHANGES_GROUPS, async (request, reply) => {
      const { group, members } = await membersOf(context, request);
      const { id } = withId(members, runnerIdOf(request));
      await registrations.moveToGroup([id], await defaultInsteadOf(context, group));
      return reply.code(204).send();
    });
  }
  app.get('/orgs/:org/actions/runner-groups/:id/repositories', runnerNeeds('/orgs', 'read'), async (request, reply) => {
    await groupOf(context, request);
    const { org } = request.params as { org: string };
    const all = await repositoriesOf(context.db, org);
    const shown = onPage(context, request, reply, all);
    const { publicUrl } = context.settings;
    return { total_count: all.length, repositories: shown.map((row) => repositoryObject(row, publicUrl)) };
  });
}

interface Members {
  group: RunnerGroupRow;
  /** Runners of the place in the path, in whatever group. */
  own: RunnerRow[];
  /** Those of them that are in this one. */
  members: RunnerRow[];
}

async function membersOf(context: ServerContext, request: FastifyRequest): Promise<Members> {
  const group = await groupOf(context, request);
  const own = await runnersIn(context, await scopeOfRequest(context, request));
  return { group, own, members: own.filter(({ group_id }) => group_id === group.id) };
}

/** @throws UserError 404 */
export async function groupOf(context: ServerContext, request: FastifyRequest): Promise<RunnerGroupRow> {
  await scopeOfRequest(context, request);
  const id = idOf(request);
  const group = (await runnerGroups(context.db)).find((one) => one.id === id);
  if (!group) throw notFoundOnGitHub();
  return group;
}

const runnerIdOf = ({ params }: FastifyRequest): number => RunnerParams.parse(params).runner_id;

/** @throws UserError 404 for one that is not there */
function withId(runners: RunnerRow[], id: number): RunnerRow {
  const runner = runners.find((one) => one.id === id);
  if (!runner) throw notFoundOnGitHub();
  return runner;
}

/** @throws UserError 422 for the default group, which no runner can leave but for another */
async function defaultInsteadOf(context: ServerContext, group: RunnerGroupRow): Promise<RunnerGroupRow> {
  const home = (await runnerGroups(context.db)).find(({ is_default }) => is_default === 1);
  if (home && home.id !== group.id) return home;
  throw new UserError('bad-group', 'Runners leave the default group only by joining another one.');
}
