import { type Kysely, sql } from 'kysely';
import { cascade, table } from './columns.ts';

/** Users with what they were given, GitHub Apps with their keys and installations, and who did what. */
export async function people(db: Kysely<unknown>): Promise<void> {
  await users(db);
  await tokens(db);
  await apps(db);
  await table(db, 'audit_log')
    .addColumn('at', 'text', (c) => c.notNull())
    .addColumn('action', 'text', (c) => c.notNull())
    .addColumn('actor', 'text', (c) => c.notNull())
    .addColumn('token_id', 'integer')
    .addColumn('place', 'text', (c) => c.notNull())
    .addColumn('path', 'text', (c) => c.notNull())
    .addColumn('details', 'text', (c) => c.notNull())
    .addColumn('address', 'text', (c) => c.notNull())
    .addColumn('status', 'integer')
    .execute();
  await db.schema.createIndex('audit_log_by_place').on('audit_log').columns(['place', 'id']).execute();
  await db.schema.createIndex('audit_log_by_time').on('audit_log').columns(['at']).execute();
}

async function users(db: Kysely<unknown>): Promise<void> {
  await table(db, 'users')
    .addColumn('login', 'text', (c) => c.notNull())
    .addColumn('key', 'text', (c) => c.notNull().unique())
    .addColumn('created_at', 'text', (c) => c.notNull())
    .addColumn('suspended_at', 'text')
    .execute();
  await table(db, 'grants')
    .addColumn('user_id', 'integer', cascade('users.id'))
    .addColumn('place', 'text', (c) => c.notNull())
    .addColumn('access', 'text', (c) => c.notNull())
    .addColumn('created_at', 'text', (c) => c.notNull())
    .addUniqueConstraint('grants_place', ['user_id', 'place'])
    .execute();
}

/** Whoever had a token could do everywhere what the token could: so it stays. */
async function tokens(db: Kysely<unknown>): Promise<void> {
  const alter = () => db.schema.alterTable('tokens');
  await alter()
    .addColumn('note', 'text', (c) => c.notNull().defaultTo(''))
    .execute();
  await alter()
    .addColumn('places', 'text', (c) => c.notNull().defaultTo('null'))
    .execute();
  await alter().addColumn('last_used_at', 'text').execute();
  await sql`insert into users (login, key, created_at)
    select min(subject), lower(subject), min(created_at) from tokens where kind = 'user' group by lower(subject)`.execute(
    db,
  );
  await sql`insert into grants (user_id, place, access, created_at)
    select id, '*', 'admin', created_at from users`.execute(db);
  await sql`update tokens set subject = lower(subject) where kind = 'user'`.execute(db);
  await db.schema.createIndex('tokens_by_subject').on('tokens').columns(['kind', 'subject']).execute();
}

async function apps(db: Kysely<unknown>): Promise<void> {
  await table(db, 'apps')
    .addColumn('slug', 'text', (c) => c.notNull().unique())
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('client_id', 'text', (c) => c.notNull().unique())
    .addColumn('permissions', 'text', (c) => c.notNull())
    .addColumn('created_at', 'text', (c) => c.notNull())
    .addColumn('updated_at', 'text', (c) => c.notNull())
    .execute();
  await table(db, 'app_keys')
    .addColumn('app_id', 'integer', cascade('apps.id'))
    .addColumn('public_key', 'text', (c) => c.notNull())
    .addColumn('fingerprint', 'text', (c) => c.notNull())
    .addColumn('created_at', 'text', (c) => c.notNull())
    .addUniqueConstraint('app_keys_fingerprint', ['app_id', 'fingerprint'])
    .execute();
  await table(db, 'installations')
    .addColumn('app_id', 'integer', cascade('apps.id'))
    .addColumn('account', 'text', (c) => c.notNull())
    .addColumn('account_key', 'text', (c) => c.notNull())
    .addColumn('repositories', 'text', (c) => c.notNull())
    .addColumn('created_at', 'text', (c) => c.notNull())
    .addColumn('updated_at', 'text', (c) => c.notNull())
    .addColumn('suspended_at', 'text')
    .addUniqueConstraint('installations_account', ['app_id', 'account_key'])
    .execute();
}
