import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { notFound, UserError } from '../../common/errors.ts';
import type { Wall, WallState } from '../../protocol/dashboard/index.ts';
import { findGroup, findRunner, type RunnerRow } from '../../store/runners.ts';
import { wallProblems } from '../../workflow/routing.ts';
import { needs } from '../auth/access.ts';
import type { ServerContext } from '../context.ts';

const RunnerParams = z.object({ id: z.coerce.number().int().positive() });
const GroupParams = z.object({ name: z.string() });
const Names = z.array(z.string().trim().min(1).max(1_000)).max(100).default([]);
/** Strict: a misspelt list would leave the runner open to everybody. */
const WallBody = z.strictObject({ labels: Names, environments: Names, refs: Names, workflows: Names });

const PAGE = { config: { access: 'page' } } as const;
const ADMIN = needs('admin', 'people');

/** Walls of runners and of runner groups (SEM-13.4). */
export function addWalls(app: FastifyInstance, context: ServerContext): void {
  app.get('/runners/:id/wall', PAGE, async ({ params }): Promise<WallState> => {
    const { wall } = await runnerOf(context, params);
    return { wall: JSON.parse(wall) };
  });
  app.put('/runners/:id/wall', ADMIN, async ({ params, body }): Promise<WallState> => {
    const runner = await runnerOf(context, params);
    const wall = checkedWall(body);
    checkLabels(wall, runner);
    await context.engine.walls.setOfRunner(runner.id, wall);
    return { wall };
  });
  app.delete('/runners/:id/wall', ADMIN, async ({ params }, reply) => {
    await context.engine.walls.setOfRunner(RunnerParams.parse(params).id, null);
    return reply.code(204).send();
  });
  app.get('/runner-groups/:name/wall', PAGE, async ({ params }): Promise<WallState> => {
    const { name } = GroupParams.parse(params);
    const group = await findGroup(context.db, name);
    if (!group) throw notFound(`Runner group ${name}`);
    return { wall: JSON.parse(group.wall) };
  });
  app.put('/runner-groups/:name/wall', ADMIN, async ({ params, body }): Promise<WallState> => {
    const wall = checkedWall(body);
    await context.engine.walls.setOfGroup(GroupParams.parse(params).name, wall);
    return { wall };
  });
  app.delete('/runner-groups/:name/wall', ADMIN, async ({ params }, reply) => {
    await context.engine.walls.setOfGroup(GroupParams.parse(params).name, null);
    return reply.code(204).send();
  });
}

async function runnerOf(context: ServerContext, params: unknown): Promise<RunnerRow> {
  const { id } = RunnerParams.parse(params);
  const runner = await findRunner(context.db, id);
  if (!runner) throw notFound(`Runner ${id}`);
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
