/** What others say of commits: statuses, and check runs beside those that the server's own jobs are. */
import type { Generated } from 'kysely';

export interface CheckTables {
  commit_statuses: CommitStatusesTable;
  check_runs: CheckRunsTable;
}

export const STATUS_STATES = ['error', 'failure', 'pending', 'success'] as const;

/** Never changed: of each context the newest counts. */
export interface CommitStatusesTable {
  id: Generated<number>;
  repository_id: number;
  sha: string;
  /** Names ignore case. */
  context: string;
  state: (typeof STATUS_STATES)[number];
  description: string | null;
  target_url: string | null;
  creator: string;
  created_at: string;
}

/** Check runs that Apps report; those that are jobs have no rows here. */
export interface CheckRunsTable {
  id: Generated<number>;
  repository_id: number;
  sha: string;
  /** Null: reported with a job's token. Else the id of the App. */
  app_id: number | null;
  name: string;
  external_id: string;
  details_url: string | null;
  status: 'queued' | 'in_progress' | 'completed';
  conclusion: string | null;
  title: string | null;
  summary: string | null;
  text: string | null;
  /** JSON: PostedAnnotation[] of server/github-rest. */
  annotations: string;
  started_at: string | null;
  completed_at: string | null;
  created_at: string;
  updated_at: string;
}
