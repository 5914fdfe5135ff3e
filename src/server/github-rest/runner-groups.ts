import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { UserError } from '../../common/errors.ts';
import type { Wall } from '../../protocol/dashboard/index.ts';
import { type RunnerGroupRow, runnerGroups } from '../../store/runners.ts';
import { wallProblems } from '../../workflow/routing.ts';
import { needs } from '../auth/access.ts';
import type { ServerContext } from '../context.ts';
import { notFoundOnGitHub } from './errors.ts';
import { idOf } from './requests.ts';
import { runnerNeeds, SCOPES, scopeOfRequest } from './runner-scopes.ts';

const NewGroup = z.looseObject({
  name: z.string().trim().min(1).max(256),
  visibility: z.string().default('all'),
  restricted_to_workflows: z.boolean().default(false),
  selected_workflows: z.array(z.string().min(1).max(1_000)).max(100).default([]),
});

/**
 * https://docs.github.com/rest/actions/self-hosted-runner-groups. Groups belong to the server as a whole, so that every
 * place shows the same ones.
 */
export function runnerGroupRoutes(app: FastifyInstance, context: ServerContext): void {
  const groupObject = groupObjects(context);
  // A group is everybody's, whoever's path it is called by.
  const admin = needs('admin', 'people', { place: 'server' });
  for (const prefix of SCOPES) {
    app.get(`${prefix}/actions/runner-groups`, runnerNeeds(prefix, 'read', ['registration']), async (request) => {
      await scopeOfRequest(context, request);
      const groups = await runnerGroups(context.db);
      return { total_count: groups.length, runner_groups: groups.map(groupObject) };
    });
  }
  for (const prefix of SCOPES.filter((scope) => !scope.startsWith('/repos'))) {
    const base = `${prefix}/actions/runner-groups`;
    app.post(base, admin, async (request, reply) => {
      await scopeOfRequest(context, request);
      reply.code(201);
      return groupObject(await createGroup(context, NewGroup.parse(request.body)));
    });
    app.get(`${base}/:id`, runnerNeeds(prefix, 'read'), async (request) =>
      groupObject(await groupOf(context, request)),
    );
    app.delete(`${base}/:id`, admin, async (request, reply) => {
      await removeGroup(context, await groupOf(context, request));
      return reply.code(204).send();
    });
  }
}

function groupObjects({ settings: { publicUrl, enterprise } }: ServerContext) {
  return ({ id, name, is_default, wall }: RunnerGroupRow) => {
    const workflows = onlyWorkflows(JSON.parse(wall));
    return {
      id,
      name,
      visibility: 'all',
      default: is_default === 1,
      is_hosted: false,
      inherited: false,
      allows_public_repositories: true,
      restricted_to_workflows: workflows.length > 0,
      selected_workflows: workflows,
      workflow_restrictions_read_only: false,
      runners_url: `${publicUrl}/api/v3/enterprises/${enterprise}/actions/runner-groups/${id}/runners`,
    };
  };
}

/** GitHub has words for a wall that lets nothing else in. */
function onlyWorkflows(wall: Wall | null): string[] {
  if (wall === null) return [];
  const { labels, environments, refs, workflows } = wall;
  return labels.length + environments.length + refs.length > 0 ? [] : workflows;
}

/** Workflows that a group is restricted to are a wall of the group (SEM-13.4). */
async function createGroup(context: ServerContext, request: z.infer<typeof NewGroup>): Promise<RunnerGroupRow> {
  const { name, visibility, restricted_to_workflows: isRestricted, selected_workflows: workflows } = request;
  if (visibility === 'selected') {
    throw new UserError('bad-group', 'A group cannot be kept to some repositories here.', {
      hint: 'Register its runners for the repository or owner that they are for, or put a wall around the group.',
    });
  }
  const wall = isRestricted ? { labels: [], environments: [], refs: [], workflows } : null;
  const problems = wall ? wallProblems(wall) : [];
  if (problems.length > 0) throw new UserError('bad-wall', problems.join(' '));
  return context.engine.walls.addGroup(name, wall);
}

async function groupOf(context: ServerContext, request: FastifyRequest): Promise<RunnerGroupRow> {
  await scopeOfRequest(context, request);
  const id = idOf(request);
  const group = (await runnerGroups(context.db)).find((one) => one.id === id);
  if (!group) throw notFoundOnGitHub();
  return group;
}

/** GitHub moves the runners of a deleted group to Default: with them a wall would be gone without a word. */
async function removeGroup(context: ServerContext, group: RunnerGroupRow): Promise<void> {
  if (group.is_default === 1) throw new UserError('bad-group', 'The default group cannot be deleted.');
  if (await context.engine.walls.removeGroup(group)) return;
  throw new UserError('group-in-use', `Runners belong to the group ${group.name}.`, {
    hint: 'Delete them first: in another group they would take other jobs.',
    status: 409,
  });
}
