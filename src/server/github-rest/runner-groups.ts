import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { UserError } from '../../common/errors.ts';
import type { Wall } from '../../protocol/dashboard/index.ts';
import { type RunnerGroupRow, runnerGroups } from '../../store/runners.ts';
import { wallProblems } from '../../workflow/routing.ts';
import type { ServerContext } from '../context.ts';
import { groupMemberRoutes, groupOf } from './runner-group-members.ts';
import { CHANGES_GROUPS, runnerNeeds, SCOPES, scopeOfRequest } from './runner-scopes.ts';

const NewGroup = z.looseObject({
  name: z.string().trim().min(1).max(256),
  visibility: z.string().default('all'),
  restricted_to_workflows: z.boolean().default(false),
  selected_workflows: z.array(z.string().min(1).max(1_000)).max(100).default([]),
});

/** What a request says nothing of stays. */
const GroupChange = z.looseObject({
  name: z.string().trim().min(1).max(256).optional(),
  visibility: z.string().optional(),
  restricted_to_workflows: z.boolean().optional(),
  selected_workflows: z.array(z.string().min(1).max(1_000)).max(100).optional(),
});

/**
 * https://docs.github.com/rest/actions/self-hosted-runner-groups. Groups belong to the server as a whole, so that every
 * place shows the same ones.
 */
export function runnerGroupRoutes(app: FastifyInstance, context: ServerContext): void {
  groupMemberRoutes(app, context);
  const groupObject = groupObjects(context);
  for (const prefix of SCOPES) {
    app.get(`${prefix}/actions/runner-groups`, runnerNeeds(prefix, 'read', ['registration']), async (request) => {
      await scopeOfRequest(context, request);
      const groups = await runnerGroups(context.db);
      return { total_count: groups.length, runner_groups: groups.map(groupObject) };
    });
  }
  for (const prefix of SCOPES.filter((scope) => !scope.startsWith('/repos'))) {
    const base = `${prefix}/actions/runner-groups`;
    app.post(base, CHANGES_GROUPS, async (request, reply) => {
      await scopeOfRequest(context, request);
      reply.code(201);
      return groupObject(await createGroup(context, NewGroup.parse(request.body)));
    });
    app.get(`${base}/:id`, runnerNeeds(prefix, 'read'), async (request) =>
      groupObject(await groupOf(context, request)),
    );
    app.patch(`${base}/:id`, CHANGES_GROUPS, async (request) => {
      const group = await groupOf(context, request);
      return groupObject(await changeGroup(context, group, GroupChange.parse(request.body)));
    });
    app.delete(`${base}/:id`, CHANGES_GROUPS, async (request, reply) => {
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
  assertForAll(visibility);
  return context.engine.walls.addGroup(name, isRestricted ? wallOfWorkflows(workflows) : null);
}

async function changeGroup(
  context: ServerContext,
  group: RunnerGroupRow,
  { name = group.name, visibility, ...change }: z.infer<typeof GroupChange>,
): Promise<RunnerGroupRow> {
  assertForAll(visibility);
  if (group.is_default === 1 && name !== group.name) {
    throw new UserError('bad-group', 'The default group keeps its name.');
  }
  return context.engine.walls.changeGroup(group, name, changedWall(JSON.parse(group.wall), change));
}

/** @throws UserError 409 for a wall that lets in more than workflows: GitHub has no words for what would become of it */
function changedWall(wall: Wall | null, change: z.infer<typeof GroupChange>): Wall | null {
  const known = onlyWorkflows(wall);
  const { restricted_to_workflows: isRestricted = known.length > 0, selected_workflows: workflows = known } = change;
  // "Not restricted" is how such a wall is shown, so that saying so again leaves it.
  if (!isRestricted) return known.length > 0 ? null : wall;
  if (wall === null || known.length > 0) return wallOfWorkflows(workflows);
  throw new UserError('bad-wall', 'The group stands behind a wall that also lets in others than workflows.', {
    hint: 'Change it with switchyard wall, or take it away there first.',
    status: 409,
  });
}

function assertForAll(visibility: string | undefined): void {
  if (visibility !== 'selected') return;
  throw new UserError('bad-group', 'A group cannot be kept to some repositories here.', {
    hint: 'Register its runners for the repository or owner that they are for, or put a wall around the group.',
  });
}

function wallOfWorkflows(workflows: string[]): Wall {
  const wall = { labels: [], environments: [], refs: [], workflows };
  const problems = wallProblems(wall);
  if (problems.length > 0) throw new UserError('bad-wall', problems.join(' '));
  return wall;
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
