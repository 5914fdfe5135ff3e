import { type Kysely, type Migration, sql } from 'kysely';
import { cascade, table } from './columns.ts';

/** Events, attempts, called workflows, concurrency, environments, owners of settings, and walls. */
export const wholeLanguage: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await events(db);
    await runs(db);
    await jobs(db);
    await concurrency(db);
    await environments(db);
    await settings(db);
    await db.schema
      .alterTable('runners')
      .addColumn('wall', 'text', (c) => c.notNull().defaultTo('null'))
      .execute();
    await db.schema
      .alterTable('runner_groups')
      .addColumn('wall', 'text', (c) => c.notNull().defaultTo('null'))
      .execute();
    await db.schema
      .alterTable('steps')
      .addColumn('summary_bytes', 'integer', (c) => c.notNull().defaultTo(0))
      .execute();
  },
};

async function events(db: Kysely<unknown>): Promise<void> {
  await table(db, 'events')
    .addColumn('key', 'text', (c) => c.notNull().unique())
    .addColumn('repository_id', 'integer', (c) => c.notNull())
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('activity', 'text')
    .addColumn('ref', 'text', (c) => c.notNull())
    .addColumn('sha', 'text', (c) => c.notNull())
    .addColumn('actor', 'text', (c) => c.notNull())
    .addColumn('not_started', 'text', (c) => c.notNull())
    .addColumn('accepted_at', 'text', (c) => c.notNull())
    .execute();
  // What the old table knew of an event: that it was taken in.
  await sql`insert into events (key, repository_id, name, ref, sha, actor, not_started, accepted_at)
    select key, 0, '', '', '', '', '[]', accepted_at from accepted_events`.execute(db);
  await db.schema.dropTable('accepted_events').execute();
  await db.schema.createIndex('events_by_repository').on('events').columns(['repository_id', 'id']).execute();

  await table(db, 'run_events')
    .addColumn('run_id', 'integer', cascade('runs.id'))
    .addColumn('attempt', 'integer', (c) => c.notNull())
    .addColumn('activity', 'text', (c) => c.notNull())
    .addColumn('conclusion', 'text')
    .addColumn('created_at', 'text', (c) => c.notNull())
    .execute();

  await table(db, 'schedules')
    .addColumn('repository_id', 'integer', cascade('repositories.id'))
    .addColumn('path', 'text', (c) => c.notNull())
    .addColumn('cron', 'text', (c) => c.notNull())
    .addColumn('timezone', 'text', (c) => c.notNull())
    .addColumn('actor', 'text', (c) => c.notNull())
    .addColumn('next_at', 'text', (c) => c.notNull())
    .addUniqueConstraint('schedules_entry', ['repository_id', 'path', 'cron', 'timezone'])
    .execute();
  await db.schema.createIndex('schedules_by_time').on('schedules').columns(['next_at']).execute();

  await table(db, 'pulls')
    .addColumn('repository_id', 'integer', cascade('repositories.id'))
    .addColumn('number', 'integer', (c) => c.notNull())
    .addColumn('title', 'text', (c) => c.notNull())
    .addColumn('body', 'text', (c) => c.notNull())
    .addColumn('author', 'text', (c) => c.notNull())
    .addColumn('state', 'text', (c) => c.notNull())
    .addColumn('draft', 'integer', (c) => c.notNull())
    .addColumn('head_ref', 'text', (c) => c.notNull())
    .addColumn('base_ref', 'text', (c) => c.notNull())
    .addColumn('head_sha', 'text', (c) => c.notNull())
    .addColumn('base_sha', 'text', (c) => c.notNull())
    .addColumn('merge_sha', 'text')
    .addColumn('labels', 'text', (c) => c.notNull())
    .addColumn('merged_at', 'text')
    .addColumn('merged_by', 'text')
    .addColumn('closed_at', 'text')
    .addColumn('created_at', 'text', (c) => c.notNull())
    .addColumn('updated_at', 'text', (c) => c.notNull())
    .addUniqueConstraint('pulls_number', ['repository_id', 'number'])
    .execute();
}

async function runs(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .alterTable('repositories')
    .addColumn('default_permissions', 'text', (c) => c.notNull().defaultTo('read'))
    .execute();
  const alter = () => db.schema.alterTable('runs');
  await alter()
    .addColumn('triggering_actor', 'text', (c) => c.notNull().defaultTo(''))
    .execute();
  await alter().addColumn('event_id', 'integer').execute();
  await alter()
    .addColumn('depth', 'integer', (c) => c.notNull().defaultTo(0))
    .execute();
  await alter()
    .addColumn('debug', 'integer', (c) => c.notNull().defaultTo(0))
    .execute();
  await alter()
    .addColumn('called_files', 'text', (c) => c.notNull().defaultTo('{}'))
    .execute();
  await sql`update runs set triggering_actor = actor`.execute(db);
  await db.schema.createIndex('runs_by_event').on('runs').columns(['event_id']).execute();

  await db.schema
    .createTable('run_attempts')
    .addColumn('run_id', 'integer', cascade('runs.id'))
    .addColumn('attempt', 'integer', (c) => c.notNull())
    .addColumn('triggering_actor', 'text', (c) => c.notNull())
    .addColumn('conclusion', 'text', (c) => c.notNull())
    .addColumn('created_at', 'text', (c) => c.notNull())
    .addColumn('started_at', 'text')
    .addColumn('completed_at', 'text', (c) => c.notNull())
    .addPrimaryKeyConstraint('run_attempts_key', ['run_id', 'attempt'])
    .execute();
}

async function jobs(db: Kysely<unknown>): Promise<void> {
  const alter = () => db.schema.alterTable('jobs');
  await alter().addColumn('superseded_in', 'integer').execute();
  await alter().addColumn('parent_id', 'integer').execute();
  await alter().addColumn('history_of', 'integer').execute();
  await alter()
    .addColumn('ref', 'text', (c) => c.notNull().defaultTo(''))
    .execute();
  await alter()
    .addColumn('workflow', 'text', (c) => c.notNull().defaultTo('{"repository":"","path":"","ref":""}'))
    .execute();
  await sql`update jobs set ref = (select ref from runs where runs.id = jobs.run_id)`.execute(db);
  await alter()
    .addColumn('concurrency', 'text', (c) => c.notNull().defaultTo('null'))
    .execute();
  await alter()
    .addColumn('environment', 'text', (c) => c.notNull().defaultTo('null'))
    .execute();
  await alter().addColumn('environment_url', 'text').execute();
  await alter().addColumn('waiting_since', 'text').execute();
  await alter().addColumn('waiting_until', 'text').execute();
  await alter().addColumn('review', 'text').execute();
  await alter()
    .addColumn('permissions', 'text', (c) => c.notNull().defaultTo('{}'))
    .execute();
  await alter().addColumn('called_file', 'text').execute();
  await alter()
    .addColumn('inputs', 'text', (c) => c.notNull().defaultTo('{}'))
    .execute();
  await db.schema.createIndex('jobs_by_caller').on('jobs').columns(['parent_id']).execute();
}

async function concurrency(db: Kysely<unknown>): Promise<void> {
  await table(db, 'concurrency_claims')
    .addColumn('repository_id', 'integer', cascade('repositories.id'))
    .addColumn('group_key', 'text', (c) => c.notNull())
    .addColumn('group_name', 'text', (c) => c.notNull())
    .addColumn('run_id', 'integer', cascade('runs.id'))
    .addColumn('job_id', 'integer')
    .addColumn('state', 'text', (c) => c.notNull())
    .addColumn('created_at', 'text', (c) => c.notNull())
    .execute();
  // At most one holder per group, whoever writes (SEM-8.2).
  await db.schema
    .createIndex('concurrency_holder')
    .on('concurrency_claims')
    .columns(['repository_id', 'group_key'])
    .unique()
    .where(sql.ref('state'), '=', 'holding')
    .execute();
  await db.schema.createIndex('concurrency_by_run').on('concurrency_claims').columns(['run_id', 'job_id']).execute();
}

async function environments(db: Kysely<unknown>): Promise<void> {
  await table(db, 'environments')
    .addColumn('repository_id', 'integer', cascade('repositories.id'))
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('key', 'text', (c) => c.notNull())
    .addColumn('wait_minutes', 'integer', (c) => c.notNull())
    .addColumn('prevent_self_review', 'integer', (c) => c.notNull())
    .addColumn('admin_bypass', 'integer', (c) => c.notNull().defaultTo(1))
    .addColumn('reviewers', 'text', (c) => c.notNull())
    .addColumn('branch_policy', 'text')
    .addColumn('created_at', 'text', (c) => c.notNull())
    .addColumn('updated_at', 'text', (c) => c.notNull())
    .addUniqueConstraint('environments_name', ['repository_id', 'key'])
    .execute();
  await table(db, 'deployment_branch_policies')
    .addColumn('environment_id', 'integer', cascade('environments.id'))
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('type', 'text', (c) => c.notNull())
    .addUniqueConstraint('deployment_branch_policies_name', ['environment_id', 'type', 'name'])
    .execute();
  await table(db, 'deployments')
    .addColumn('repository_id', 'integer', cascade('repositories.id'))
    .addColumn('environment', 'text', (c) => c.notNull())
    .addColumn('original_environment', 'text', (c) => c.notNull())
    .addColumn('state', 'text', (c) => c.notNull())
    .addColumn('run_id', 'integer')
    .addColumn('job_id', 'integer')
    .addColumn('ref', 'text', (c) => c.notNull())
    .addColumn('sha', 'text', (c) => c.notNull())
    .addColumn('task', 'text', (c) => c.notNull())
    .addColumn('payload', 'text', (c) => c.notNull())
    .addColumn('description', 'text', (c) => c.notNull())
    .addColumn('transient', 'integer', (c) => c.notNull())
    .addColumn('production', 'integer', (c) => c.notNull())
    .addColumn('creator', 'text', (c) => c.notNull())
    .addColumn('created_at', 'text', (c) => c.notNull())
    .addColumn('updated_at', 'text', (c) => c.notNull())
    .execute();
  await db.schema.createIndex('deployments_by_repository').on('deployments').columns(['repository_id', 'id']).execute();
  await db.schema.createIndex('deployments_by_job').on('deployments').columns(['job_id']).execute();
  await db.schema
    .createIndex('deployments_by_environment')
    .on('deployments')
    .columns(['repository_id', 'environment', 'state'])
    .execute();
  await table(db, 'deployment_statuses')
    .addColumn('deployment_id', 'integer', cascade('deployments.id'))
    .addColumn('state', 'text', (c) => c.notNull())
    .addColumn('description', 'text', (c) => c.notNull())
    .addColumn('environment_url', 'text', (c) => c.notNull())
    .addColumn('log_url', 'text', (c) => c.notNull())
    .addColumn('creator', 'text', (c) => c.notNull())
    .addColumn('created_at', 'text', (c) => c.notNull())
    .execute();
  await db.schema
    .createIndex('statuses_by_deployment')
    .on('deployment_statuses')
    .columns(['deployment_id', 'id'])
    .execute();
  await table(db, 'deployment_reviews')
    .addColumn('run_id', 'integer', cascade('runs.id'))
    .addColumn('attempt', 'integer', (c) => c.notNull())
    .addColumn('environment_id', 'integer', (c) => c.notNull())
    .addColumn('state', 'text', (c) => c.notNull())
    .addColumn('comment', 'text', (c) => c.notNull())
    .addColumn('reviewer', 'text', (c) => c.notNull())
    .addColumn('created_at', 'text', (c) => c.notNull())
    .execute();
  await db.schema.createIndex('reviews_by_run').on('deployment_reviews').columns(['run_id', 'id']).execute();
}

/** Secrets and variables belonged to repositories only. */
async function settings(db: Kysely<unknown>): Promise<void> {
  for (const [name, value] of [
    ['secrets', 'sealed'],
    ['variables', 'value'],
  ] as const) {
    await db.schema
      .createTable(`owned_${name}`)
      .addColumn('owner', 'text', (c) => c.notNull())
      .addColumn('name', 'text', (c) => c.notNull())
      .addColumn(value, 'text', (c) => c.notNull())
      .addColumn('visibility', 'text')
      .addColumn('repositories', 'text')
      .addColumn('created_at', 'text', (c) => c.notNull())
      .addColumn('updated_at', 'text', (c) => c.notNull())
      .addPrimaryKeyConstraint(`owned_${name}_key`, ['owner', 'name'])
      .execute();
    await sql`insert into ${sql.table(`owned_${name}`)} (owner, name, ${sql.ref(value)}, created_at, updated_at)
      select 'repository:' || repository_id, name, ${sql.ref(value)}, updated_at, updated_at
      from ${sql.table(name)}`.execute(db);
    await db.schema.dropTable(name).execute();
    await db.schema.alterTable(`owned_${name}`).renameTo(name).execute();
  }
}
