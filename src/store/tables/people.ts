/** Tables of people, GitHub Apps, and who did what; rules as in ../schema.ts. */
import type { Generated } from 'kysely';

export interface PeopleTables {
  users: UsersTable;
  grants: GrantsTable;
  tokens: TokensTable;
  apps: AppsTable;
  app_keys: AppKeysTable;
  installations: InstallationsTable;
  audit_log: AuditLogTable;
}

/** Each includes the one before. */
export type AccessLevel = 'read' | 'write' | 'admin';

export interface UsersTable {
  id: Generated<number>;
  login: string;
  /** In lower case: GitHub's names ignore case. Unique. */
  key: string;
  created_at: string;
  suspended_at: string | null;
}

/** What a user may do where; without one nothing. */
export interface GrantsTable {
  id: Generated<number>;
  user_id: number;
  /** `*`, `owner` or `owner/name` in lower case. */
  place: string;
  access: AccessLevel;
  created_at: string;
}

export interface TokensTable {
  id: Generated<number>;
  kind: 'user' | 'registration' | 'remove' | 'installation';
  /** SHA-256 of the token; the token itself is shown once and never stored. */
  hash: string;
  /** Who or what it is for: a user's key, a runner scope as `kind:name`, or an installation's id. */
  subject: string;
  /** The most that a user's token may do: an AccessLevel. Of an installation's JSON: AppPermissions. */
  scopes: string;
  /** JSON: string[] of places that it is limited to, or null. */
  places: Generated<string>;
  /** What it is for, in its owner's words. */
  note: Generated<string>;
  expires_at: string | null;
  /** To the hour. */
  last_used_at: string | null;
  created_at: string;
}

export interface AppsTable {
  id: Generated<number>;
  /** Unique. */
  slug: string;
  name: string;
  /** Unique. */
  client_id: string;
  /** JSON: AppPermissions of server/auth/app-permissions. */
  permissions: string;
  created_at: string;
  updated_at: string;
}

export interface AppKeysTable {
  id: Generated<number>;
  app_id: number;
  /** PEM; the private key never comes here. */
  public_key: string;
  /** SHA-256 of the key in DER, base64. */
  fingerprint: string;
  created_at: string;
}

export interface InstallationsTable {
  id: Generated<number>;
  app_id: number;
  /** Owner of repositories. */
  account: string;
  /** In lower case. */
  account_key: string;
  /** JSON: string[] of places of single repositories, or null for all of the account. */
  repositories: string;
  created_at: string;
  updated_at: string;
  suspended_at: string | null;
}

/** An administrative act; written before it is done, its outcome after. Never holds a secret. */
export interface AuditLogTable {
  id: Generated<number>;
  at: string;
  /** In GitHub's words where it has them, such as `repo.create`. */
  action: string;
  actor: string;
  /** Of the caller's token, where it has a row. */
  token_id: number | null;
  place: string;
  /** Of the request, without its query. */
  path: string;
  /** JSON: what else tells what was done. */
  details: string;
  /** IP address of the caller. */
  address: string;
  /** HTTP status of the answer; null when the server stopped in the middle. */
  status: number | null;
}
