import type { Kysely } from 'kysely';
import { cascade, table } from './columns.ts';

/** Scale sets (runner-protocol 10), and which of them a job belongs to and a runner was made for. */
export async function scaleSets(db: Kysely<unknown>): Promise<void> {
  await table(db, 'scale_sets')
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('scope_kind', 'text', (c) => c.notNull())
    .addColumn('scope_name', 'text', (c) => c.notNull())
    .addColumn('group_id', 'integer', (c) => c.notNull())
    .addColumn('labels', 'text', (c) => c.notNull())
    .addColumn('settings', 'text', (c) => c.notNull())
    .addColumn('created_at', 'text', (c) => c.notNull())
    .execute();
  await db.schema
    .createTable('scale_set_sessions')
    .addColumn('set_id', 'integer', (c) => c.primaryKey().references('scale_sets.id').onDelete('cascade'))
    .addColumn('session_id', 'text', (c) => c.notNull())
    .addColumn('owner_name', 'text', (c) => c.notNull())
    .addColumn('created_at', 'text', (c) => c.notNull())
    .execute();
  await table(db, 'scale_set_items')
    .addColumn('set_id', 'integer', cascade('scale_sets.id'))
    .addColumn('body', 'text', (c) => c.notNull())
    .execute();
  await db.schema.createIndex('items_by_set').on('scale_set_items').columns(['set_id', 'id']).execute();
  await db.schema.alterTable('jobs').addColumn('scale_set_id', 'integer').execute();
  await db.schema.createIndex('jobs_by_scale_set').on('jobs').columns(['scale_set_id', 'phase']).execute();
  await db.schema.alterTable('runners').addColumn('scale_set_id', 'integer').execute();
}
