import type { FastifyInstance } from 'fastify';
import { notFound } from '../../common/errors.ts';
import type { Runner, RunnerList } from '../../protocol/dashboard/index.ts';
import { findRunner, type RunnerRow } from '../../store/runners.ts';
import { sees } from '../auth/authorize.ts';
import { type Caller, visibleRepositories } from '../auth/callers.ts';
import { covers, EVERYWHERE, type Place } from '../auth/places.ts';
import type { ServerContext } from '../context.ts';

export function addRunners(app: FastifyInstance, context: ServerContext): void {
  app.get(
    '/runners',
    { config: { access: 'page', place: 'checked-by-handler' } },
    async ({ caller }): Promise<RunnerList> => {
      const runners = await context.engine.views.runners();
      return { runners: runners.flatMap((runner) => shownRunner(caller, runner) ?? []) };
    },
  );
}

/** Where a runner belongs. */
export const runnerPlace = ({ kind, name }: Runner['scope']): Place =>
  kind === 'enterprise' ? EVERYWHERE : name.toLowerCase();

/** Whether runners that are registered there could take a job of the caller's. */
export function servesCaller(caller: Caller, scope: Runner['scope']): boolean {
  const visible = visibleRepositories(caller);
  const place = runnerPlace(scope);
  return visible === 'all' || visible.some((one) => covers(place, one) || covers(one, place));
}

/**
 * A runner as the caller may see it: one that could take a job of theirs, and what it does only where that is theirs too.
 * @returns undefined when it serves none of their repositories
 */
export function shownRunner(caller: Caller, runner: Runner): Runner | undefined {
  if (!servesCaller(caller, runner.scope)) return undefined;
  return runner.job === null || sees(caller, runner.job.repository.toLowerCase()) ? runner : { ...runner, job: null };
}

/** @throws UserError 404 for a runner that does not exist, or that the caller does not see */
export async function runnerFor(context: ServerContext, caller: Caller, id: number): Promise<RunnerRow> {
  const row = await findRunner(context.db, id);
  const runner = row && (await context.engine.views.runner(id));
  if (!row || (runner && !shownRunner(caller, runner))) throw notFound(`Runner ${id}`);
  return row;
}
