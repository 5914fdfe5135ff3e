/** Secrets and variables. */

export interface SettingTables {
  secrets: SecretsTable;
  variables: VariablesTable;
}

/**
 * Whom a secret or variable belongs to: `organization:name` (in lower case), `repository:id` or `environment:id`. A
 * narrower one wins (SEM-12.4, 22.5).
 */
export type SettingOwner = `organization:${string}` | `repository:${number}` | `environment:${number}`;

export interface SecretsTable {
  owner: SettingOwner;
  /** Upper case: names ignore case (SEM-22.5). */
  name: string;
  /** Sealed with the server's key, which is not in the database. */
  sealed: string;
  /** Of an organization's; every repository here is private, so that `private` means the same as `all`. */
  visibility: 'all' | 'private' | 'selected' | null;
  /** Of a selected one: JSON number[] of the repositories that may use it; null for all of them. */
  repositories: string | null;
  created_at: string;
  updated_at: string;
}

export interface VariablesTable {
  owner: SettingOwner;
  /** Upper case. */
  name: string;
  value: string;
  /** As in `SecretsTable`. */
  visibility: 'all' | 'private' | 'selected' | null;
  repositories: string | null;
  created_at: string;
  updated_at: string;
}
