/** Repositories, their workflow files and their pull requests. */
import type { Generated } from 'kysely';

export interface RepositoryTables {
  repositories: RepositoriesTable;
  workflows: WorkflowsTable;
  workflow_texts: WorkflowTextsTable;
  pulls: PullsTable;
}

export interface RepositoriesTable {
  id: Generated<number>;
  owner: string;
  name: string;
  /** `owner/name` in lower case: GitHub's names ignore case. Unique. */
  key: string;
  default_branch: string;
  /** What a job's token may do where no workflow says (SEM-6.3): GitHub's "restricted" or "permissive". */
  default_permissions: Generated<'read' | 'write'>;
  created_at: string;
}

export interface WorkflowsTable {
  id: Generated<number>;
  repository_id: number;
  path: string;
  name: string;
  /** Number of the newest run; SEM-5.1. */
  last_run_number: number;
  /** Of a disabled one no event starts a run. */
  state: Generated<'active' | 'disabled_manually'>;
  created_at: string;
}

/** Texts of workflow files by SHA-256, so that a run keeps the text it started with (SEM-5.4). */
export interface WorkflowTextsTable {
  hash: string;
  text: string;
}

/** A pull request whose head and base are branches of this server. */
export interface PullsTable {
  id: Generated<number>;
  repository_id: number;
  /** Counts per repository from 1. */
  number: number;
  title: string;
  body: string;
  author: string;
  state: 'open' | 'closed';
  draft: number;
  /** Short names of branches. */
  head_ref: string;
  base_ref: string;
  head_sha: string;
  base_sha: string;
  /** Test merge of head into base, of a merged one the merge; null while they conflict (SEM-2.9). */
  merge_sha: string | null;
  /** JSON: string[]. */
  labels: string;
  merged_at: string | null;
  merged_by: string | null;
  closed_at: string | null;
  created_at: string;
  updated_at: string;
}
