/** Check runs that Apps report, and their suites: what an App says of one commit. */
import { findAppById, installationsOf } from '../../store/apps.ts';
import { type CheckRunRow, checkRunsOfCommit } from '../../store/check-runs.ts';
import type { RepositoryRow } from '../../store/repositories.ts';
import type { ServerContext } from '../context.ts';
import { appObject } from './apps.ts';
import { actionsApp, apiOf } from './check-run-object.ts';
import { nodeId } from './shapes.ts';

/** Added to their ids: the numbers below are jobs and runs, which are check runs and suites too. */
const FIRST_ID = 1_000_000_000_000;

export const shownId = (id: number): number => FIRST_ID + id;
/** @returns undefined for the number of a job or run */
export const postedId = (shown: number): number | undefined => (shown > FIRST_ID ? shown - FIRST_ID : undefined);

/** What a check run points out in a file. */
export interface PostedAnnotation {
  path: string;
  start_line: number;
  end_line: number;
  start_column: number | null;
  end_column: number | null;
  annotation_level: 'notice' | 'warning' | 'failure';
  message: string;
  title: string | null;
  raw_details: string | null;
}

export interface PostedSuite {
  /** Of its first check run. */
  id: number;
  rows: CheckRunRow[];
}

/** One for each App that reported on the commit. */
export async function postedSuites(
  { db }: Pick<ServerContext, 'db'>,
  repository: RepositoryRow,
  sha: string,
): Promise<PostedSuite[]> {
  const suites = new Map<number | null, PostedSuite>();
  for (const row of await checkRunsOfCommit(db, repository.id, sha)) {
    const suite = suites.get(row.app_id) ?? { id: row.id, rows: [] };
    suite.rows.push(row);
    suites.set(row.app_id, suite);
  }
  return [...suites.values()];
}

/** @returns undefined when nothing of this suite is kept */
export async function suiteOf(
  context: ServerContext,
  repository: RepositoryRow,
  row: CheckRunRow,
): Promise<PostedSuite | undefined> {
  const suites = await postedSuites(context, repository, row.sha);
  return suites.find(({ rows }) => rows.some(({ id }) => id === row.id));
}

export async function postedCheckObject(context: ServerContext, repository: RepositoryRow, row: CheckRunRow) {
  const { publicUrl } = context.settings;
  const id = shownId(row.id);
  const url = `${apiOf(publicUrl, repository)}/check-runs/${id}`;
  const suite = await suiteOf(context, repository, row);
  return {
    id,
    node_id: nodeId('CheckRun', id),
    name: row.name,
    head_sha: row.sha,
    external_id: row.external_id,
    url,
    // There is no page of ours about it.
    html_url: row.details_url ?? url,
    details_url: row.details_url ?? url,
    status: row.status,
    conclusion: row.conclusion,
    started_at: row.started_at,
    completed_at: row.completed_at,
    output: {
      title: row.title,
      summary: row.summary,
      text: row.text,
      annotations_count: (JSON.parse(row.annotations) as PostedAnnotation[]).length,
      annotations_url: `${url}/annotations`,
    },
    check_suite: { id: shownId(suite?.id ?? row.id) },
    app: await reporterOf(context, row),
    pull_requests: [],
  };
}

export async function postedSuiteObject(context: ServerContext, repository: RepositoryRow, { id, rows }: PostedSuite) {
  const [first] = rows;
  if (!first) throw new Error('a suite has a check run');
  const isCompleted = rows.every(({ status }) => status === 'completed');
  const isQueued = rows.every(({ status }) => status === 'queued');
  return {
    id: shownId(id),
    node_id: nodeId('CheckSuite', shownId(id)),
    head_branch: null,
    head_sha: first.sha,
    status: isCompleted ? 'completed' : isQueued ? 'queued' : 'in_progress',
    conclusion: isCompleted ? worstOf(rows) : null,
    url: `${apiOf(context.settings.publicUrl, repository)}/check-suites/${shownId(id)}`,
    before: null,
    after: first.sha,
    pull_requests: [],
    app: await reporterOf(context, first),
    created_at: first.created_at,
    updated_at: rows.reduce((newest, { updated_at }) => (updated_at > newest ? updated_at : newest), first.updated_at),
  };
}

export const CONCLUSIONS = [
  ...(['action_required', 'cancelled', 'failure', 'timed_out', 'stale'] as const),
  ...(['neutral', 'skipped', 'success'] as const),
];
const BY_WEIGHT = ['failure', 'timed_out', 'action_required', 'cancelled', 'stale', 'success', 'neutral', 'skipped'];

const worstOf = (rows: CheckRunRow[]): string =>
  BY_WEIGHT.find((one) => rows.some(({ conclusion }) => conclusion === one)) ?? 'neutral';

/** The App that reported; one that is gone, and a job, as GitHub Actions. */
async function reporterOf(context: ServerContext, { app_id }: CheckRunRow) {
  const own = app_id === null ? undefined : await findAppById(context.db, app_id);
  if (!own) return actionsApp(context.settings.publicUrl);
  return appObject(context, own, (await installationsOf(context.db, own.id)).length);
}
