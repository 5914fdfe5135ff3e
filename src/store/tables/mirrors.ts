/** Repositories whose original is on another GitHub. */
import type { Generated } from 'kysely';

export interface MirrorTables {
  mirrors: MirrorsTable;
  mirror_deliveries: MirrorDeliveriesTable;
  mirror_statuses: MirrorStatusesTable;
}

export interface MirrorsTable {
  repository_id: number;
  /** Of the original, without `.git`: `https://github.com/owner/name`. */
  url: string;
  /** Sealed with the server's key; null for a public original that is told nothing. */
  token: string | null;
  fetched_at: string | null;
  /** Why the last try to fetch, or to tell of a run, failed. */
  problem: string | null;
  created_at: string;
}

/** A webhook of the original that waits until the mirror has what it tells of. */
export interface MirrorDeliveriesTable {
  id: Generated<number>;
  repository_id: number;
  /** `X-GitHub-Delivery`: each counts once. */
  delivery: string;
  event: string;
  actor: string;
  /** JSON. */
  payload: string;
  tries: Generated<number>;
  next_at: string;
}

/** What the original is to show beside a commit: only the newest of each context counts. */
export interface MirrorStatusesTable {
  repository_id: number;
  sha: string;
  context: string;
  state: 'pending' | 'success' | 'failure' | 'error';
  description: string;
  target_url: string;
  /** 0 until the original has taken it. */
  is_told: number;
  tries: number;
  next_at: string;
}
