/** Runners, their groups and their sessions. */
import type { Generated } from 'kysely';

export interface RunnerTables {
  runner_groups: RunnerGroupsTable;
  runners: RunnersTable;
  sessions: SessionsTable;
}

export interface RunnerGroupsTable {
  id: Generated<number>;
  name: string;
  is_default: number;
  /** JSON: Wall of workflow/routing, or null (SEM-13.4). */
  wall: Generated<string>;
}

export interface RunnersTable {
  id: Generated<number>;
  name: string;
  scope_kind: 'repository' | 'organization' | 'enterprise';
  /** `owner/repo`, organization or enterprise; as written. */
  scope_name: string;
  group_id: number;
  /** JSON: `{name, type: 'read-only' | 'custom'}[]`. */
  labels: string;
  os: string;
  version: string;
  ephemeral: number;
  /** The scale set that it was made for. */
  scale_set_id: Generated<number | null>;
  /** JSON: Wall of workflow/routing, or null (SEM-13.4). */
  wall: Generated<string>;
  /** GUID of the OAuth client. Unique. */
  client_id: string;
  /** JSON: public RSA JWK. */
  public_key: string;
  last_seen_at: string | null;
  created_at: string;
}

/** One per runner; a new one supersedes the old (runner-protocol 4.1). */
export interface SessionsTable {
  runner_id: number;
  session_id: string;
  owner_name: string;
  created_at: string;
}
