import type { Kysely } from 'kysely';
import { cascade, table } from './columns.ts';

/** Artifacts, caches, and what OIDC tokens are signed with. */
export async function services(db: Kysely<unknown>): Promise<void> {
  await artifacts(db);
  await caches(db);
  await oidc(db);
}

async function artifacts(db: Kysely<unknown>): Promise<void> {
  await table(db, 'artifacts')
    .addColumn('repository_id', 'integer', cascade('repositories.id'))
    .addColumn('run_id', 'integer', cascade('runs.id'))
    .addColumn('attempt', 'integer', (c) => c.notNull())
    .addColumn('job_id', 'integer', (c) => c.notNull())
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('mime_type', 'text', (c) => c.notNull())
    .addColumn('size_bytes', 'integer', (c) => c.notNull())
    .addColumn('sha256', 'text')
    .addColumn('state', 'text', (c) => c.notNull())
    .addColumn('created_at', 'text', (c) => c.notNull())
    .addColumn('updated_at', 'text', (c) => c.notNull())
    .addColumn('expires_at', 'text', (c) => c.notNull())
    .addUniqueConstraint('artifacts_name', ['run_id', 'attempt', 'name'])
    .execute();
  await db.schema.createIndex('artifacts_by_repository').on('artifacts').columns(['repository_id', 'id']).execute();
  await db.schema.createIndex('artifacts_by_expiry').on('artifacts').columns(['state', 'expires_at']).execute();
}

async function caches(db: Kysely<unknown>): Promise<void> {
  await table(db, 'caches')
    .addColumn('repository_id', 'integer', cascade('repositories.id'))
    .addColumn('ref', 'text', (c) => c.notNull())
    .addColumn('key', 'text', (c) => c.notNull())
    .addColumn('version', 'text', (c) => c.notNull())
    .addColumn('size_bytes', 'integer', (c) => c.notNull())
    .addColumn('state', 'text', (c) => c.notNull())
    .addColumn('job_id', 'integer', (c) => c.notNull())
    .addColumn('parts', 'text', (c) => c.notNull().defaultTo('[]'))
    .addColumn('created_at', 'text', (c) => c.notNull())
    .addColumn('last_accessed_at', 'text', (c) => c.notNull())
    .addUniqueConstraint('caches_entry', ['repository_id', 'ref', 'version', 'key'])
    .execute();
  await db.schema.createIndex('caches_by_use').on('caches').columns(['state', 'last_accessed_at']).execute();
}

async function oidc(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('oidc_keys')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('public_key', 'text', (c) => c.notNull())
    .addColumn('sealed', 'text', (c) => c.notNull())
    .addColumn('state', 'text', (c) => c.notNull())
    .addColumn('since', 'text', (c) => c.notNull())
    .execute();
  await db.schema
    .createTable('oidc_subjects')
    .addColumn('owner', 'text', (c) => c.primaryKey())
    .addColumn('use_default', 'integer', (c) => c.notNull())
    .addColumn('claim_keys', 'text')
    .execute();
}
