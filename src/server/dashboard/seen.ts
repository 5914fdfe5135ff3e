/** Rows by their ids, for whoever may see their repositories: of others it is not said that they exist. */
import { z } from 'zod';
import { notFound } from '../../common/errors.ts';
import { findJob, type JobRow } from '../../store/jobs.ts';
import { findRepositoryById } from '../../store/repositories.ts';
import { findRun, type RunRow } from '../../store/runs.ts';
import { assertAccess, sees } from '../auth/authorize.ts';
import type { Caller, UserScope } from '../auth/callers.ts';
import { repositoryPlace } from '../auth/places.ts';
import type { ServerContext } from '../context.ts';

const IdParams = z.object({ id: z.coerce.number().int().positive() });

/**
 * The run whose id is in the path.
 * @throws UserError 404; 403 for somebody who may see it, and not do what is asked
 */
export async function runInPath(
  context: ServerContext,
  { params, caller }: { params: unknown; caller: Caller },
  access: UserScope = 'read',
): Promise<RunRow> {
  const { id } = IdParams.parse(params);
  return seen(context, caller, access, await findRun(context.db, id), `Run ${id}`);
}

/** @throws UserError as `runInPath` */
export async function jobInPath(
  context: ServerContext,
  { params, caller }: { params: unknown; caller: Caller },
): Promise<JobRow> {
  const { id } = IdParams.parse(params);
  return seen(context, caller, 'read', await findJob(context.db, id), `Job ${id}`);
}

async function seen<Row extends { repository_id: number }>(
  { db }: ServerContext,
  caller: Caller,
  access: UserScope,
  row: Row | undefined,
  what: string,
): Promise<Row> {
  const repository = row && (await findRepositoryById(db, row.repository_id));
  const place = repository && repositoryPlace(repository);
  if (!row || place === undefined || !sees(caller, place)) throw notFound(what);
  assertAccess(caller, access, place);
  return row;
}
