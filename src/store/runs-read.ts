import type { ExpressionBuilder } from 'kysely';
import type { Queries } from './database.ts';
import { prepared } from './prepared.ts';
import { type ShownStatus, shownStatus } from './run-status.ts';
import type { Tables } from './schema.ts';

export interface RunQuery {
  repositoryId: number;
  id?: number;
  workflowId?: number;
  event?: string;
  /** A status or a conclusion, as in GitHub's parameter of that name. */
  status?: string;
  actor?: string;
  headBranch?: string;
  headSha?: string;
  /** ISO 8601: when the first attempt was made. */
  createdFrom?: string;
  createdTo?: string;
}

export interface Page {
  limit: number;
  offset: number;
}

/** Runs with the name and path of their workflow, newest first, and how many there are in all. */
export async function queryRuns(db: Queries, query: RunQuery, { limit, offset }: Page) {
  const [runs, [count]] = await Promise.all([pageOfRuns(db, { ...query, limit, offset }), countRuns(db, query)]);
  return { runs, total: Number(count?.total) };
}

export async function findRunWithWorkflow(
  db: Queries,
  repositoryId: number,
  id: number,
): Promise<RunWithWorkflow | undefined> {
  return (await oneRun(db, { repositoryId, id }))[0];
}

const oneRun = prepared(selectRunsWithWorkflow);

const pageOfRuns = prepared((db, { limit, offset, ...query }: RunQuery & Page) =>
  selectRunsWithWorkflow(db, query).orderBy('runs.id', 'desc').limit(limit).offset(offset),
);

const countRuns = prepared((db, query: RunQuery) =>
  selectRuns(db, query).select(({ fn }) => fn.countAll<number>().as('total')),
);

export type RunWithWorkflow = Awaited<ReturnType<typeof pageOfRuns>>[number];

/** Full names by the ids of runs. */
export async function repositoriesOfRuns(db: Queries, ids: number[]): Promise<Map<number, string>> {
  if (ids.length === 0) return new Map();
  const rows = await db
    .selectFrom('runs')
    .innerJoin('repositories', 'repositories.id', 'runs.repository_id')
    .select(['runs.id', 'repositories.key'])
    .where('runs.id', 'in', ids)
    .execute();
  return new Map(rows.map(({ id, key }) => [id, key]));
}

function selectRunsWithWorkflow(db: Queries, query: RunQuery) {
  return selectRuns(db, query)
    .innerJoin('workflows', 'workflows.id', 'runs.workflow_id')
    .selectAll('runs')
    .select(['workflows.name as workflow_name', 'workflows.path as workflow_path'])
    .select(firstCreatedAt)
    .select((builder) => shownStatus(builder).as('shown_status'));
}

function selectRuns(db: Queries, query: RunQuery) {
  const { id, workflowId, event, status, actor, headBranch, headSha, createdFrom, createdTo } = query;
  let select = db.selectFrom('runs').where('runs.repository_id', '=', query.repositoryId);
  if (id !== undefined) select = select.where('runs.id', '=', id);
  if (workflowId !== undefined) select = select.where('runs.workflow_id', '=', workflowId);
  if (event !== undefined) select = select.where('runs.event', '=', event);
  if (actor !== undefined) select = select.where('runs.actor', '=', actor);
  if (headBranch !== undefined) select = select.where('runs.head_branch', '=', headBranch);
  if (headSha !== undefined) select = select.where('runs.head_sha', '=', headSha);
  if (createdFrom !== undefined) select = select.where((builder) => builder(firstCreated(builder), '>=', createdFrom));
  if (createdTo !== undefined) select = select.where((builder) => builder(firstCreated(builder), '<=', createdTo));
  if (status === undefined) return select;
  return select.where((builder) =>
    builder.or([builder(shownStatus(builder), '=', status as ShownStatus), builder('runs.conclusion', '=', status)]),
  );
}

/** When the first attempt was made: on GitHub a run's `created_at` stays that, whatever runs again. */
const firstCreatedAt = (builder: ExpressionBuilder<Tables, 'runs'>) => firstCreated(builder).as('first_created_at');

function firstCreated({ selectFrom, fn, ref }: ExpressionBuilder<Tables, 'runs'>) {
  const first = selectFrom('run_attempts')
    .select('run_attempts.created_at')
    .whereRef('run_attempts.run_id', '=', 'runs.id')
    .where('run_attempts.attempt', '=', 1);
  return fn.coalesce(first, ref('runs.created_at'));
}
