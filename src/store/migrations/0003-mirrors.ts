import type { Kysely } from 'kysely';
import { cascade, table } from './columns.ts';

/** Repositories whose original is on another GitHub: where it is, what it told, and what it is to be told. */
export async function mirrors(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('mirrors')
    .addColumn('repository_id', 'integer', (c) => c.primaryKey().references('repositories.id').onDelete('cascade'))
    .addColumn('url', 'text', (c) => c.notNull())
    .addColumn('token', 'text')
    .addColumn('fetched_at', 'text')
    .addColumn('problem', 'text')
    .addColumn('created_at', 'text', (c) => c.notNull())
    .execute();
  await table(db, 'mirror_deliveries')
    .addColumn('repository_id', 'integer', cascade('mirrors.repository_id'))
    .addColumn('delivery', 'text', (c) => c.notNull().unique())
    .addColumn('event', 'text', (c) => c.notNull())
    .addColumn('actor', 'text', (c) => c.notNull())
    .addColumn('payload', 'text', (c) => c.notNull())
    .addColumn('tries', 'integer', (c) => c.notNull().defaultTo(0))
    .addColumn('next_at', 'text', (c) => c.notNull())
    .execute();
  await db.schema
    .createTable('mirror_statuses')
    .addColumn('repository_id', 'integer', cascade('mirrors.repository_id'))
    .addColumn('sha', 'text', (c) => c.notNull())
    .addColumn('context', 'text', (c) => c.notNull())
    .addColumn('state', 'text', (c) => c.notNull())
    .addColumn('description', 'text', (c) => c.notNull())
    .addColumn('target_url', 'text', (c) => c.notNull())
    .addColumn('is_told', 'integer', (c) => c.notNull())
    .addColumn('tries', 'integer', (c) => c.notNull())
    .addColumn('next_at', 'text', (c) => c.notNull())
    .addPrimaryKeyConstraint('mirror_statuses_key', ['repository_id', 'sha', 'context'])
    .execute();
  await db.schema.createIndex('mirror_statuses_untold').on('mirror_statuses').columns(['is_told', 'next_at']).execute();
}
