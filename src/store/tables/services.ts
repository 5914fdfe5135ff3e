/** What jobs keep on the server with the toolkit's clients, and the keys that sign their OIDC tokens (runner-protocol 9). */
import type { Generated } from 'kysely';

export interface ServiceTables {
  artifacts: ArtifactsTable;
  caches: CachesTable;
  oidc_keys: OidcKeysTable;
  oidc_subjects: OidcSubjectsTable;
}

/** One name per attempt of a run; another attempt may use it again. */
export interface ArtifactsTable {
  id: Generated<number>;
  repository_id: number;
  run_id: number;
  attempt: number;
  /** The job that made it. */
  job_id: number;
  name: string;
  mime_type: string;
  /** 0 until it is finalized. */
  size_bytes: number;
  /** In hex; null until it is finalized. */
  sha256: string | null;
  /** Only a `ready` one is shown. Of an `expired` one the content is gone. */
  state: 'uploading' | 'ready' | 'expired';
  created_at: string;
  updated_at: string;
  expires_at: string;
}

/** Never changed once it is ready; one per repository, ref, key and version. */
export interface CachesTable {
  id: Generated<number>;
  repository_id: number;
  /** Full ref whose runs wrote it: the scope. */
  ref: string;
  key: string;
  /** The client's digest of paths and compression: another version is another cache. */
  version: string;
  size_bytes: number;
  state: 'reserved' | 'ready';
  /** The job that writes it. */
  job_id: number;
  /** JSON: CachePart[] that came so far, of one that is uploaded in ranges (cache v1). */
  parts: Generated<string>;
  created_at: string;
  last_accessed_at: string;
}

/** A range of bytes that arrived. */
export interface CachePart {
  start: number;
  sizeBytes: number;
}

/** Two are published at any time: the one that signs, and the one that will. A retired one while its tokens are valid. */
export interface OidcKeysTable {
  /** The `kid`. */
  id: string;
  /** JSON: public RSA JWK. */
  public_key: string;
  /** Private RSA JWK, sealed with the server's key. */
  sealed: string;
  state: 'announced' | 'signing' | 'retired';
  /** When it came into this state. */
  since: string;
}

/** What the `sub` of OIDC tokens is made of, where that is not the default. */
export interface OidcSubjectsTable {
  /** `organization:name` (in lower case) or `repository:id`. */
  owner: string;
  /** Of a repository: 1 keeps to GitHub's default, whatever its organization says. */
  use_default: number;
  /** JSON: string[], names of claims; null where none were given. */
  claim_keys: string | null;
}
