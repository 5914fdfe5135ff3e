import type { Kysely } from 'kysely';
import { cascade, table } from './columns.ts';

/** What others say of commits. */
export async function checks(db: Kysely<unknown>): Promise<void> {
  await table(db, 'commit_statuses')
    .addColumn('repository_id', 'integer', cascade('repositories.id'))
    .addColumn('sha', 'text', (c) => c.notNull())
    .addColumn('context', 'text', (c) => c.notNull())
    .addColumn('state', 'text', (c) => c.notNull())
    .addColumn('description', 'text')
    .addColumn('target_url', 'text')
    .addColumn('creator', 'text', (c) => c.notNull())
    .addColumn('created_at', 'text', (c) => c.notNull())
    .execute();
  await db.schema
    .createIndex('statuses_by_commit')
    .on('commit_statuses')
    .columns(['repository_id', 'sha', 'id'])
    .execute();
  await table(db, 'check_runs')
    .addColumn('repository_id', 'integer', cascade('repositories.id'))
    .addColumn('sha', 'text', (c) => c.notNull())
    .addColumn('app_id', 'integer')
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('external_id', 'text', (c) => c.notNull())
    .addColumn('details_url', 'text')
    .addColumn('status', 'text', (c) => c.notNull())
    .addColumn('conclusion', 'text')
    .addColumn('title', 'text')
    .addColumn('summary', 'text')
    .addColumn('text', 'text')
    .addColumn('annotations', 'text', (c) => c.notNull())
    .addColumn('started_at', 'text')
    .addColumn('completed_at', 'text')
    .addColumn('created_at', 'text', (c) => c.notNull())
    .addColumn('updated_at', 'text', (c) => c.notNull())
    .execute();
  await db.schema.createIndex('checks_by_commit').on('check_runs').columns(['repository_id', 'sha', 'id']).execute();
}
