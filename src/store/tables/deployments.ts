/** Environments, and what jobs and others deploy to them. */
import type { Generated } from 'kysely';

export interface DeploymentTables {
  environments: EnvironmentsTable;
  deployment_branch_policies: DeploymentBranchPoliciesTable;
  deployments: DeploymentsTable;
  deployment_statuses: DeploymentStatusesTable;
  deployment_reviews: DeploymentReviewsTable;
  posted_messages: PostedMessagesTable;
}

/** Where people's messages about deployments are, as long as they may change. */
export interface PostedMessagesTable {
  /** Name in notifications.yaml. */
  receiver: string;
  key: string;
  /** Of Slack; `ts` is the message's id there. */
  channel: string;
  ts: string;
  posted_at: string;
}

export interface EnvironmentsTable {
  id: Generated<number>;
  repository_id: number;
  name: string;
  /** In lower case; unique in the repository. */
  key: string;
  wait_minutes: number;
  prevent_self_review: number;
  /** 1: who administers the server may let jobs pass all rules. */
  admin_bypass: Generated<number>;
  /** JSON: string[], user names; one approval is enough. */
  reviewers: string;
  /** Null: any ref; `protected`: the default branch; `custom`: `deployment_branch_policies`. */
  branch_policy: 'protected' | 'custom' | null;
  created_at: string;
  updated_at: string;
}

export interface DeploymentBranchPoliciesTable {
  id: Generated<number>;
  environment_id: number;
  /** A pattern where `*` does not cross `/`. */
  name: string;
  type: 'branch' | 'tag';
}

export interface DeploymentsTable {
  id: Generated<number>;
  repository_id: number;
  environment: string;
  /** As it was at first: a status may move the deployment to another. */
  original_environment: string;
  /** Of its newest status. */
  state: string;
  /** Null for those that were made by REST. */
  run_id: number | null;
  job_id: number | null;
  /** Short name, or as REST was given it. */
  ref: string;
  sha: string;
  task: string;
  /** JSON. */
  payload: string;
  description: string;
  /** What REST said of the environment; nothing here acts on it. */
  transient: number;
  production: number;
  creator: string;
  created_at: string;
  updated_at: string;
}

export interface DeploymentStatusesTable {
  id: Generated<number>;
  deployment_id: number;
  state: string;
  description: string;
  environment_url: string;
  log_url: string;
  creator: string;
  created_at: string;
}

/** Answers of reviewers about the environment of waiting jobs. */
export interface DeploymentReviewsTable {
  id: Generated<number>;
  run_id: number;
  attempt: number;
  environment_id: number;
  state: 'approved' | 'rejected';
  comment: string;
  reviewer: string;
  created_at: string;
}
