/** Runner scale sets (runner-protocol 10). */
import type { Generated } from 'kysely';
import type { RunnersTable } from './runners.ts';

export interface ScaleSetTables {
  scale_sets: ScaleSetsTable;
  scale_set_sessions: ScaleSetSessionsTable;
  scale_set_items: ScaleSetItemsTable;
}

export interface ScaleSetsTable {
  id: Generated<number>;
  name: string;
  scope_kind: RunnersTable['scope_kind'];
  scope_name: RunnersTable['scope_name'];
  group_id: number;
  /** JSON: `{ type, name }[]`. */
  labels: string;
  /** JSON: what its `RunnerSetting` says. */
  settings: string;
  created_at: string;
}

/** The one listener of a scale set. */
export interface ScaleSetSessionsTable {
  set_id: number;
  session_id: string;
  owner_name: string;
  created_at: string;
}

/** What the listener of a scale set has not acknowledged yet. Ids count up, also as ids of messages. */
export interface ScaleSetItemsTable {
  id: Generated<number>;
  set_id: number;
  /** JSON, as it is sent. */
  body: string;
}
