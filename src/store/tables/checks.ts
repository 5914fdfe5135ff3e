/** What others say of commits: statuses, and check runs beside those that the server's own jobs are. */
import type { Generated } from 'kysely';

export interface CheckTables {
  commit_statuses: CommitStatusesTable;
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
