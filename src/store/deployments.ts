import type { Insertable, Selectable } from 'kysely';
import type { Queries } from './database.ts';
import type { DeploymentReviewsTable, DeploymentStatusesTable, DeploymentsTable } from './tables/deployments.ts';

export type DeploymentRow = Selectable<DeploymentsTable>;
export type DeploymentStatusRow = Selectable<DeploymentStatusesTable>;
export type DeploymentReviewRow = Selectable<DeploymentReviewsTable>;

export interface DeploymentQuery {
  repositoryId: number;
  sha?: string;
  ref?: string;
  task?: string;
  environment?: string;
}

/** Newest first, and how many there are in all. */
export async function queryDeployments(
  db: Queries,
  query: DeploymentQuery,
  page: { limit: number; offset: number },
): Promise<{ deployments: DeploymentRow[]; total: number }> {
  const [deployments, { total }] = await Promise.all([
    selectDeployments(db, query).selectAll().orderBy('id', 'desc').limit(page.limit).offset(page.offset).execute(),
    selectDeployments(db, query)
      .select(({ fn }) => fn.countAll<number>().as('total'))
      .executeTakeFirstOrThrow(),
  ]);
  return { deployments, total: Number(total) };
}

function selectDeployments(db: Queries, { repositoryId, sha, ref, task, environment }: DeploymentQuery) {
  let select = db.selectFrom('deployments').where('repository_id', '=', repositoryId);
  if (sha !== undefined) select = select.where('sha', '=', sha);
  if (ref !== undefined) select = select.where('ref', '=', ref);
  if (task !== undefined) select = select.where('task', '=', task);
  if (environment !== undefined) select = select.where('environment', '=', environment);
  return select;
}

export async function findDeployment(
  db: Queries,
  repositoryId: number,
  id: number,
): Promise<DeploymentRow | undefined> {
  return db
    .selectFrom('deployments')
    .selectAll()
    .where('repository_id', '=', repositoryId)
    .where('id', '=', id)
    .executeTakeFirst();
}

export async function deploymentOfJob(db: Queries, jobId: number): Promise<DeploymentRow | undefined> {
  return db.selectFrom('deployments').selectAll().where('job_id', '=', jobId).executeTakeFirst();
}

export async function deploymentsOfJobs(db: Queries, jobIds: number[]): Promise<DeploymentRow[]> {
  if (jobIds.length === 0) return [];
  return db.selectFrom('deployments').selectAll().where('job_id', 'in', jobIds).orderBy('id').execute();
}

export async function insertDeployment(db: Queries, deployment: Insertable<DeploymentsTable>): Promise<DeploymentRow> {
  return db.insertInto('deployments').values(deployment).returningAll().executeTakeFirstOrThrow();
}

export async function deleteDeployment(db: Queries, id: number): Promise<void> {
  await db.deleteFrom('deployments').where('id', '=', id).execute();
}

/** Adds a status, which is the deployment's state from now on. */
export async function addDeploymentStatus(
  db: Queries,
  status: Insertable<DeploymentStatusesTable>,
): Promise<DeploymentStatusRow> {
  const { deployment_id: id, state, created_at: at } = status;
  await db.updateTable('deployments').set({ state, updated_at: at }).where('id', '=', id).execute();
  return db.insertInto('deployment_statuses').values(status).returningAll().executeTakeFirstOrThrow();
}

export async function moveToEnvironment(db: Queries, id: number, environment: string): Promise<void> {
  await db.updateTable('deployments').set({ environment }).where('id', '=', id).execute();
}

/** A newer deployment of the environment has succeeded: those before it are not what is there any more (SEM-12.5). */
export async function retireOlder(db: Queries, newer: DeploymentRow, creator: string, at: string): Promise<void> {
  const older = await db
    .selectFrom('deployments')
    .select('id')
    .where('repository_id', '=', newer.repository_id)
    .where('environment', '=', newer.environment)
    .where('state', '=', 'success')
    .where('id', '<', newer.id)
    .execute();
  const facts = { state: 'inactive', description: '', environment_url: '', log_url: '', creator, created_at: at };
  for (const { id } of older) await addDeploymentStatus(db, { ...facts, deployment_id: id });
}

/** Newest first. */
export async function statusesOf(db: Queries, deploymentId: number): Promise<DeploymentStatusRow[]> {
  return db
    .selectFrom('deployment_statuses')
    .selectAll()
    .where('deployment_id', '=', deploymentId)
    .orderBy('id', 'desc')
    .execute();
}

export async function insertReview(db: Queries, review: Insertable<DeploymentReviewsTable>): Promise<void> {
  await db.insertInto('deployment_reviews').values(review).execute();
}

/** Of every attempt, oldest first. */
export async function reviewsOfRun(db: Queries, runId: number): Promise<DeploymentReviewRow[]> {
  return db.selectFrom('deployment_reviews').selectAll().where('run_id', '=', runId).orderBy('id').execute();
}
