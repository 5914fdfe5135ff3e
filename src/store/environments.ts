import type { Insertable, Selectable, Updateable } from 'kysely';
import { isoTime } from '../common/clock.ts';
import type { Queries } from './database.ts';
import { deleteSettings, environmentOwner } from './setting-owners.ts';
import type { DeploymentBranchPoliciesTable, EnvironmentsTable } from './tables/deployments.ts';

export type EnvironmentRow = Selectable<EnvironmentsTable>;
export type BranchPolicyRow = Selectable<DeploymentBranchPoliciesTable>;
/** What people decide about an environment. */
export type EnvironmentRules = Required<
  Pick<
    Updateable<EnvironmentsTable>,
    'wait_minutes' | 'prevent_self_review' | 'admin_bypass' | 'reviewers' | 'branch_policy'
  >
>;

export interface EnvironmentChange {
  repositoryId: number;
  name: string;
  /** Those that are not given stay, and are none in a new environment. */
  rules: Partial<EnvironmentRules>;
}

const NO_RULES: EnvironmentRules = {
  wait_minutes: 0,
  prevent_self_review: 0,
  admin_bypass: 1,
  reviewers: '[]',
  branch_policy: null,
};

/** Characters of a name, as on GitHub. */
export const LONGEST_ENVIRONMENT_NAME = 255;

/** Names ignore case. */
export const environmentKey = (name: string): string => name.toLowerCase();

export async function listEnvironments(db: Queries, repositoryId: number): Promise<EnvironmentRow[]> {
  return db.selectFrom('environments').selectAll().where('repository_id', '=', repositoryId).orderBy('key').execute();
}

export async function findEnvironment(
  db: Queries,
  repositoryId: number,
  name: string,
): Promise<EnvironmentRow | undefined> {
  return db
    .selectFrom('environments')
    .selectAll()
    .where('repository_id', '=', repositoryId)
    .where('key', '=', environmentKey(name))
    .executeTakeFirst();
}

/** The environment of this name, made without rules when there is none (SEM-12.2). */
export async function findOrInsertEnvironment(
  db: Queries,
  repositoryId: number,
  name: string,
  nowMs: number,
): Promise<EnvironmentRow> {
  const known = await findEnvironment(db, repositoryId, name);
  return known ?? putEnvironment(db, { repositoryId, name, rules: {} }, nowMs);
}

/** Makes the environment or changes its rules. */
export async function putEnvironment(
  db: Queries,
  { repositoryId, name, rules }: EnvironmentChange,
  nowMs: number,
): Promise<EnvironmentRow> {
  const at = isoTime(nowMs);
  const facts = { repository_id: repositoryId, name, key: environmentKey(name), created_at: at, updated_at: at };
  return db
    .insertInto('environments')
    .values({ ...facts, ...NO_RULES, ...rules })
    .onConflict((conflict) => conflict.columns(['repository_id', 'key']).doUpdateSet({ ...rules, updated_at: at }))
    .returningAll()
    .executeTakeFirstOrThrow();
}

/** Its policies, secrets and variables go with it. */
export async function deleteEnvironment(db: Queries, id: number): Promise<void> {
  await deleteSettings(db, environmentOwner(id));
  await db.deleteFrom('environments').where('id', '=', id).execute();
}

export const reviewersOf = ({ reviewers }: Pick<EnvironmentRow, 'reviewers'>): string[] =>
  JSON.parse(reviewers) as string[];

export async function branchPolicies(db: Queries, environmentId: number): Promise<BranchPolicyRow[]> {
  return db
    .selectFrom('deployment_branch_policies')
    .selectAll()
    .where('environment_id', '=', environmentId)
    .orderBy('id')
    .execute();
}

/** @returns undefined when the environment has this policy already */
export async function insertBranchPolicy(
  db: Queries,
  policy: Insertable<DeploymentBranchPoliciesTable>,
): Promise<BranchPolicyRow | undefined> {
  return db
    .insertInto('deployment_branch_policies')
    .values(policy)
    .onConflict((conflict) => conflict.doNothing())
    .returningAll()
    .executeTakeFirst();
}

export async function renameBranchPolicy(db: Queries, id: number, name: string): Promise<BranchPolicyRow> {
  return db
    .updateTable('deployment_branch_policies')
    .set({ name })
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow();
}

export async function deleteBranchPolicy(db: Queries, id: number): Promise<void> {
  await db.deleteFrom('deployment_branch_policies').where('id', '=', id).execute();
}
