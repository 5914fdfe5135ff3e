import type { Kysely, Migration } from 'kysely';
import { checks } from './0003-checks.ts';
import { mirrors } from './0003-mirrors.ts';
import { people } from './0003-people.ts';
import { scaleSets } from './0003-scale-sets.ts';
import { services } from './0003-services.ts';
import { cascade, table } from './columns.ts';

/** What GitHub's clients ask of a server beside runs: webhooks and their like; a function for each aggregate. */
export const githubsFace: Migration = {
  async up(db) {
    await webhooks(db);
    await mirrors(db);
    await people(db);
    await services(db);
    await scaleSets(db);
    await workflows(db);
    await checks(db);
  },
};

/** Workflows that somebody has disabled. */
async function workflows(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .alterTable('workflows')
    .addColumn('state', 'text', (c) => c.notNull().defaultTo('active'))
    .execute();
}

/** Webhooks out (SEM-31.4): who wants to know what, what is to be sent, and each try of it. */
async function webhooks(db: Kysely<unknown>): Promise<void> {
  await table(db, 'hooks')
    .addColumn('place', 'text', (c) => c.notNull())
    .addColumn('url', 'text', (c) => c.notNull())
    .addColumn('content_type', 'text', (c) => c.notNull())
    .addColumn('insecure_ssl', 'integer', (c) => c.notNull())
    .addColumn('secret', 'text')
    .addColumn('events', 'text', (c) => c.notNull())
    .addColumn('active', 'integer', (c) => c.notNull())
    .addColumn('created_at', 'text', (c) => c.notNull())
    .addColumn('updated_at', 'text', (c) => c.notNull())
    .execute();
  await table(db, 'hook_messages')
    .addColumn('hook_id', 'integer', cascade('hooks.id'))
    .addColumn('guid', 'text', (c) => c.notNull())
    .addColumn('event', 'text', (c) => c.notNull())
    .addColumn('action', 'text')
    .addColumn('repository_id', 'integer')
    .addColumn('order_key', 'text', (c) => c.notNull())
    .addColumn('payload', 'text', (c) => c.notNull())
    .addColumn('state', 'text', (c) => c.notNull())
    .addColumn('tries', 'integer', (c) => c.notNull().defaultTo(0))
    .addColumn('next_at', 'text', (c) => c.notNull())
    .addColumn('created_at', 'text', (c) => c.notNull())
    .execute();
  await db.schema.createIndex('messages_by_hook').on('hook_messages').columns(['hook_id', 'state', 'id']).execute();
  // The first of each key, without reading what a dead receiver lets pile up.
  await db.schema
    .createIndex('messages_by_order')
    .on('hook_messages')
    .columns(['hook_id', 'state', 'order_key', 'id'])
    .execute();
  await table(db, 'hook_deliveries')
    .addColumn('message_id', 'integer', cascade('hook_messages.id'))
    .addColumn('hook_id', 'integer', (c) => c.notNull())
    .addColumn('delivered_at', 'text', (c) => c.notNull())
    .addColumn('redelivery', 'integer', (c) => c.notNull())
    .addColumn('duration_ms', 'integer', (c) => c.notNull())
    .addColumn('status', 'text', (c) => c.notNull())
    .addColumn('status_code', 'integer', (c) => c.notNull())
    .addColumn('request_headers', 'text', (c) => c.notNull())
    .addColumn('response_headers', 'text', (c) => c.notNull())
    .addColumn('response_body', 'text', (c) => c.notNull())
    .execute();
  await db.schema.createIndex('deliveries_by_hook').on('hook_deliveries').columns(['hook_id', 'id']).execute();
  await db.schema.createIndex('deliveries_by_message').on('hook_deliveries').column('message_id').execute();
}
