import { isoTime } from '../../common/clock.ts';
import type {
  Annotation,
  Conclusion,
  Job,
  PendingDeployment,
  RunAttempt,
  RunDetail,
  RunSummary,
  Step,
} from '../../protocol/dashboard/index.ts';
import type { Queries } from '../../store/database.ts';
import { type JobRow, jobsOfAttempt } from '../../store/jobs.ts';
import { earlierAttempts, runAtAttempt } from '../../store/run-attempts.ts';
import { type ShownStatus, shownStatus } from '../../store/run-status.ts';
import { type StepRow, stepsOfJobs } from '../../store/steps.ts';
import { isVisible, type Visible } from '../../store/visibility.ts';
import type { JobEnvironment } from '../../workflow/index.ts';
import type { ServerContext } from '../context.ts';
import { whyPending } from '../engine/concurrency.ts';
import { statusOf } from '../engine/explain.ts';
import { pendingEnvironments } from '../engine/pending-deployments.ts';

/** Rows as the page and the CLI see them. Each view costs a fixed number of queries, however many rows it has. */

export interface RunFilter {
  repositoryId?: number;
  /** Default: all. */
  visible?: Visible;
  ids?: number[];
  /** A status or a conclusion, as in GitHub's `status` parameter. */
  status?: string;
  /** Only runs older than this one. */
  before?: number;
  limit?: number;
}

/** Newest first. */
export async function runSummaries(db: Queries, filter: RunFilter): Promise<RunSummary[]> {
  let query = selectRuns(db).orderBy('runs.id', 'desc');
  const { repositoryId, visible = 'all', ids, status, before, limit } = filter;
  if (repositoryId !== undefined) query = query.where('runs.repository_id', '=', repositoryId);
  if (visible !== 'all') query = query.where((builder) => isVisible(builder, visible));
  if (ids) query = query.where('runs.id', 'in', ids);
  if (before !== undefined) query = query.where('runs.id', '<', before);
  if (limit !== undefined) query = query.limit(limit);
  if (status)
    query = query.where((builder) =>
      builder.or([builder(shownStatus(builder), '=', status as ShownStatus), builder('runs.conclusion', '=', status)]),
    );
  return Promise.all((await query.execute()).map((row) => summary(db, row)));
}

/** @param attempt without it the newest. @returns undefined when there is no such run or attempt */
export async function runDetail(context: ServerContext, id: number, attempt?: number): Promise<RunDetail | undefined> {
  const newest = await selectRuns(context.db).where('runs.id', '=', id).executeTakeFirst();
  if (!newest) return undefined;
  const rows = [...(await earlierAttempts(context.db, id)).map((earlier) => runAtAttempt(newest, earlier)), newest];
  const row = rows.find((one) => one.attempt === (attempt ?? newest.attempt));
  if (!row) return undefined;
  const jobs = await jobsOfAttempt(context.db, id, row.attempt);
  const warnings = await context.engine.views.warningsOf(row.text_hash, row.path);
  return {
    ...(await summary(context.db, row)),
    attempts: rows.map(attemptView),
    pendingDeployments: row === newest ? await pendingViews(context, id, row.repository_id) : [],
    errors: JSON.parse(row.errors),
    warnings,
    jobs: await viewJobs(context, jobs),
  };
}

async function pendingViews(
  { db, clock }: ServerContext,
  id: number,
  repository_id: number,
): Promise<PendingDeployment[]> {
  const pending = await pendingEnvironments(db, { id, repository_id }, clock.now());
  return pending.map(({ environment, jobs, reviewers, timerUntilMs }) => ({
    environment: environment.name,
    jobs: jobs.map(({ name }) => name),
    reviewers,
    waitUntil: timerUntilMs === null ? null : isoTime(timerUntilMs),
  }));
}

export async function jobViews(context: ServerContext, ids: number[]): Promise<Job[]> {
  if (ids.length === 0) return [];
  return viewJobs(context, await context.db.selectFrom('jobs').selectAll().where('id', 'in', ids).execute());
}

function selectRuns(db: Queries) {
  return db
    .selectFrom('runs')
    .innerJoin('workflows', 'workflows.id', 'runs.workflow_id')
    .innerJoin('repositories', 'repositories.id', 'runs.repository_id')
    .select([
      'runs.id',
      'run_number',
      'attempt',
      'title',
      'event',
      'ref',
      'sha',
      'actor',
      'triggering_actor',
      'status',
      'conclusion',
    ])
    .select((builder) => shownStatus(builder).as('shown_status'))
    .select(['runs.repository_id', 'runs.errors', 'text_hash', 'runs.created_at', 'started_at', 'completed_at'])
    .select(['workflows.name as workflow_name', 'workflows.path', 'owner', 'repositories.name as repository_name']);
}

type RunViewRow = Awaited<ReturnType<ReturnType<typeof selectRuns>['execute']>>[number];

async function summary(db: Queries, row: RunViewRow): Promise<RunSummary> {
  return { ...runView(row), reason: row.status === 'pending' ? await whyPending(db, row) : null };
}

function runView(row: RunViewRow): Omit<RunSummary, 'reason'> {
  return {
    id: row.id,
    repository: `${row.owner}/${row.repository_name}`,
    workflow: { name: row.workflow_name, path: row.path },
    number: row.run_number,
    attempt: row.attempt,
    title: row.title,
    event: row.event,
    ref: row.ref,
    sha: row.sha,
    actor: row.actor,
    triggeringActor: row.triggering_actor,
    // An earlier attempt is completed, whatever the newest waits for.
    status: row.status === 'completed' ? row.status : row.shown_status,
    conclusion: row.conclusion as Conclusion | null,
    createdAt: row.created_at,
    startedAt: row.started_at,
    completedAt: row.completed_at,
  };
}

function attemptView(row: RunViewRow): RunAttempt {
  const { attempt, triggeringActor, status, conclusion, createdAt, completedAt } = runView(row);
  return { attempt, triggeringActor, status, conclusion, createdAt, completedAt };
}

async function viewJobs(context: ServerContext, jobs: JobRow[]): Promise<Job[]> {
  const steps = new Map<number, StepRow[]>(jobs.map(({ id }) => [id, []]));
  for (const step of await stepsOfJobs(context.db, [...steps.keys()])) steps.get(step.job_id)?.push(step);
  // In an earlier attempt another row may stand for a calling job than the one that its jobs belong to.
  const standIns = new Map(jobs.map(({ id, history_of }) => [history_of, id]));
  return jobs.map((job) => {
    const parentId = job.parent_id === null ? null : (standIns.get(job.parent_id) ?? job.parent_id);
    return { ...jobView(context, job, steps.get(job.id) ?? []), parentId };
  });
}

function jobView(context: ServerContext, job: JobRow, steps: StepRow[]): Job {
  const annotations: Annotation[] = JSON.parse(job.annotations);
  return {
    id: job.id,
    runId: job.run_id,
    attempt: job.attempt,
    parentId: job.parent_id,
    calls: job.called_file,
    key: job.key,
    name: job.name,
    needs: JSON.parse(job.needs),
    labels: JSON.parse(job.labels),
    status: statusOf(job.phase),
    conclusion: job.conclusion as Conclusion | null,
    runner: job.runner_id === null ? null : { id: job.runner_id, name: job.runner_name ?? '' },
    createdAt: job.created_at,
    startedAt: job.started_at,
    completedAt: job.completed_at,
    steps: steps.map((step) => stepView(context, step)),
    summaries: steps.filter(({ summary_bytes }) => summary_bytes > 0).length,
    annotations,
    environment: environmentView(job),
    reason: context.engine.views.reasonOf(job),
  };
}

function environmentView(job: JobRow): Job['environment'] {
  const environment = JSON.parse(job.environment) as JobEnvironment | null;
  return environment && { name: environment.name, url: job.environment_url };
}

function stepView(context: ServerContext, step: StepRow): Step {
  return {
    number: step.number,
    name: step.name,
    status: step.status,
    conclusion: step.conclusion as Conclusion | null,
    startedAt: step.started_at,
    completedAt: step.completed_at,
    logLines: step.log_complete ? step.log_lines : context.liveLogs.total(step.job_id, step.external_id),
  };
}
