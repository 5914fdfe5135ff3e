import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { notFound, UserError } from '../../common/errors.ts';
import type { Wall, WallState } from '../../protocol/dashboard/index.ts';
import { findGroup, type RunnerRow } from '../../store/runners.ts';
import { wallProblems } from '../../workflow/routing.ts';
import { needs } from '../auth/access.ts';
import { assertAccess } from '../auth/authorize.ts';
import type { Caller } from '../auth/callers.ts';
import type { ServerContext } from '../context.ts';
import { runnerFor, runnerPlace } from './runners.ts';

const RunnerParams = z.object({ id: z.coerce.number().int().positive() });
const GroupParams = z.object({ name: z.string() });
const Names = z.array(z.string().trim().min(1).max(1_000)).max(100).default([]);
/** Strict: a misspelt list would leave the runner open to everybody. */
const WallBody = z.strictObject({ labels: Names, environments: Names, refs: Names, workflows: Names });

const PAGE = { config: { access: 'page', place: 'checked-by-handler' } } as const;
/** Of a runner: where it belongs. */
const RUNNER_ADMIN = needs('admin', 'people', { place: 'checked-by-handler' });
const GROUP_ADMIN = needs('admin', 'people', { place: 'server' });

/** Walls of runners and of runner groups (SEM-13.4). */
export function addWalls(app: FastifyInstance, context: ServerContext): void {
  app.get('/runners/:id/wall', PAGE, async ({ params, caller }): Promise<WallState> => {
    const { wall } = await runnerFor(context, caller, RunnerParams.parse(params).id);
    return { wall: JSON.parse(wall) };
  });
  app.put('/runners/:id/wall', RUNNER_ADMIN, async ({ params, body, caller }): Promise<WallState> => {
    const runner = await administered(context, caller, params);
    const wall = checkedWall(body);
    checkLabels(wall, runner);
    await context.engine.walls.setOfRunner(runner.id, wall);
    return { wall };
  });
  app.delete('/runners/:id/wall', RUNNER_ADMIN, async ({ params, caller }, reply) => {
    await context.engine.walls.setOfRunner((await administered(context, caller, params)).id, null);
    return reply.code(204).send();
  });
  app.get('/runner-groups/:name/wall', PAGE, async ({ params }): Promise<WallState> => {
    const { name } = GroupParams.parse(params);
    const group = await findGroup(context.db, name);
    if (!group) throw notFound(`Runner group ${name}`);
    return { wall: JSON.parse(group.wall) };
  });
  app.put('/runner-groups/:name/wall', GROUP_ADMIN, async ({ params, body }): Promise<WallState> => {
    const wall = checkedWall(body);
    await context.engine.walls.setOfGroup(GroupParams.parse(params).name, wall);
    return { wall };
  });
  app.delete('/runner-groups/:name/wall', GROUP_ADMIN, async ({ params }, reply) => {
    await context.engine.walls.setOfGroup(GroupParams.parse(params).name, null);
    return reply.code(204).send();
  });
}

/** @throws UserError 404; 403 for somebody who sees the runner and does not administer its place */
async function administered(context: ServerContext, caller: Caller, params: unknown): Promise<RunnerRow> {
  const runner = await runnerFor(context, caller, RunnerParams.parse(params).id);
  assertAccess(caller, 'admin', runnerPlace({ kind: runner.scope_kind, name: runner.scope_name }));
  return runner;
}

/** @throws UserError 422 for a wall that cannot work */
function checkedWall(body: unknown): Wall {
  const wall = WallBody.parse(body);
  const problems = wallProblems(wall);
  if (problems.length > 0) throw new UserError('bad-wall', problems.join(' '));
  return wall;
}

/** A label that the runner does not have lets nobody in: surely it is misspelt. */
function checkLabels({ labels }: Wall, runner: RunnerRow): void {
  const own = (JSON.parse(runner.labels) as { name: string }[]).map(({ name }) => name);
  const foreign = labels.filter((label) => !own.some((name) => name.toLowerCase() === label.toLowerCase()));
  if (foreign.length === 0) return;
  throw new UserError('bad-wall', `${runner.name} has no label ${foreign.join(', ')}.`, {
    hint: `It has ${own.join(', ')}.`,
  });
}
