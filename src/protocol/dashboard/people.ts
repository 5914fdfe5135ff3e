/** People, their tokens, GitHub Apps, and who did what, as our own API tells of them. */

/** Each includes the one before. */
export type AccessLevel = 'read' | 'write' | 'admin';

/** `GET /viewer`: whose token the page sends. */
export interface Viewer {
  /** Null without a token, where the page asks for none. */
  login: string | null;
  /** Of the whole server. */
  isAdmin: boolean;
}

/** What somebody may do at `*` (everywhere), `owner` or `owner/name`. */
export interface Grant {
  place: string;
  access: AccessLevel;
}

export interface User {
  login: string;
  suspendedAt: string | null;
  createdAt: string;
  grants: Grant[];
}

/** `GET /users` */
export interface UserList {
  users: User[];
}

/** What is told of a token; the token itself only once, when it is made. */
export interface Token {
  id: number;
  user: string;
  note: string;
  /** The most that it may do anywhere. */
  scope: AccessLevel;
  /** Where it may do anything; null for everywhere. */
  places: string[] | null;
  expiresAt: string | null;
  /** To the hour. */
  lastUsedAt: string | null;
  createdAt: string;
}

/** `GET /tokens` */
export interface TokenList {
  tokens: Token[];
}

/** Body of `POST /tokens`. */
export interface TokenRequest {
  user: string;
  scope: AccessLevel;
  note?: string;
  places?: string[] | null;
  expiresAt?: string | null;
}

/** Answer of `POST /tokens`. */
export interface NewToken extends Token {
  token: string;
}

export interface Installation {
  id: number;
  account: string;
  /** `owner/name`; null for all of the account. */
  repositories: string[] | null;
  createdAt: string;
}

export interface App {
  id: number;
  slug: string;
  name: string;
  clientId: string;
  /** By GitHub's names. */
  permissions: Record<string, string>;
  keys: { id: number; fingerprint: string; createdAt: string }[];
  installations: Installation[];
  createdAt: string;
}

/** `GET /apps` */
export interface AppList {
  apps: App[];
}

/** An administrative act. */
export interface Act {
  id: number;
  at: string;
  /** Such as `repo.update_secret`. */
  action: string;
  actor: string;
  /** Of the token that it was done with. */
  tokenId: number | null;
  /** `*`, `owner` or `owner/name`. */
  place: string;
  path: string;
  details: Record<string, unknown>;
  /** IP address. */
  address: string;
  /** HTTP status of the answer; null when the server stopped in the middle. */
  status: number | null;
}

/** `GET /audit`: newest first. */
export interface ActList {
  acts: Act[];
}

/** `GET /repositories`: those that the caller may see. */
export interface RepositoryList {
  repositories: { name: string; defaultBranch: string; createdAt: string }[];
}
