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
}
