import type { Kysely, Migration } from 'kysely';
import { cascade, table } from './columns.ts';

export const first: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await table(db, 'repositories')
      .addColumn('owner', 'text', (c) => c.notNull())
      .addColumn('name', 'text', (c) => c.notNull())
      .addColumn('key', 'text', (c) => c.notNull().unique())
      .addColumn('default_branch', 'text', (c) => c.notNull())
      .addColumn('created_at', 'text', (c) => c.notNull())
      .execute();

    await table(db, 'workflows')
      .addColumn('repository_id', 'integer', cascade('repositories.id'))
      .addColumn('path', 'text', (c) => c.notNull())
      .addColumn('name', 'text', (c) => c.notNull())
      .addColumn('last_run_number', 'integer', (c) => c.notNull())
      .addColumn('created_at', 'text', (c) => c.notNull())
      .addUniqueConstraint('workflows_path', ['repository_id', 'path'])
      .execute();

    await db.schema
      .createTable('workflow_texts')
      .addColumn('hash', 'text', (c) => c.primaryKey())
      .addColumn('text', 'text', (c) => c.notNull())
      .execute();

    await db.schema
      .createTable('accepted_events')
      .addColumn('key', 'text', (c) => c.primaryKey())
      .addColumn('accepted_at', 'text', (c) => c.notNull())
      .execute();

    await table(db, 'runs')
      .addColumn('repository_id', 'integer', cascade('repositories.id'))
      .addColumn('workflow_id', 'integer', (c) => c.notNull().references('workflows.id'))
      .addColumn('run_number', 'integer', (c) => c.notNull())
      .addColumn('attempt', 'integer', (c) => c.notNull())
      .addColumn('plan_id', 'text', (c) => c.notNull().unique())
      .addColumn('event', 'text', (c) => c.notNull())
      .addColumn('ref', 'text', (c) => c.notNull())
      .addColumn('sha', 'text', (c) => c.notNull())
      .addColumn('title', 'text', (c) => c.notNull())
      .addColumn('actor', 'text', (c) => c.notNull())
      .addColumn('payload', 'text', (c) => c.notNull())
      .addColumn('inputs', 'text', (c) => c.notNull())
      .addColumn('text_hash', 'text', (c) => c.notNull())
      .addColumn('only_job', 'text')
      .addColumn('status', 'text', (c) => c.notNull())
      .addColumn('conclusion', 'text')
      .addColumn('errors', 'text', (c) => c.notNull())
      .addColumn('cancel_requested_at', 'text')
      .addColumn('created_at', 'text', (c) => c.notNull())
      .addColumn('started_at', 'text')
      .addColumn('completed_at', 'text')
      .execute();
    await db.schema.createIndex('runs_by_repository').on('runs').columns(['repository_id', 'id']).execute();

    await table(db, 'jobs')
      .addColumn('run_id', 'integer', cascade('runs.id'))
      .addColumn('repository_id', 'integer', cascade('repositories.id'))
      .addColumn('attempt', 'integer', (c) => c.notNull())
      .addColumn('key', 'text', (c) => c.notNull())
      .addColumn('name', 'text', (c) => c.notNull())
      .addColumn('needs', 'text', (c) => c.notNull())
      .addColumn('phase', 'text', (c) => c.notNull())
      .addColumn('conclusion', 'text')
      .addColumn('matrix', 'text', (c) => c.notNull())
      .addColumn('strategy', 'text', (c) => c.notNull())
      .addColumn('labels', 'text', (c) => c.notNull())
      .addColumn('runner_group', 'text')
      .addColumn('timeout_minutes', 'real', (c) => c.notNull())
      .addColumn('cancel_timeout_minutes', 'real', (c) => c.notNull())
      .addColumn('continue_on_error', 'integer', (c) => c.notNull())
      .addColumn('job_guid', 'text', (c) => c.notNull().unique())
      .addColumn('request_guid', 'text', (c) => c.unique())
      .addColumn('runner_id', 'integer')
      .addColumn('runner_name', 'text')
      .addColumn('lease_until', 'text')
      .addColumn('cancel_requested_at', 'text')
      .addColumn('outputs', 'text', (c) => c.notNull())
      .addColumn('annotations', 'text', (c) => c.notNull())
      .addColumn('reason', 'text')
      .addColumn('log_lines', 'integer', (c) => c.notNull())
      .addColumn('created_at', 'text', (c) => c.notNull())
      .addColumn('queued_at', 'text')
      .addColumn('started_at', 'text')
      .addColumn('completed_at', 'text')
      .execute();
    await db.schema.createIndex('jobs_by_run').on('jobs').columns(['run_id', 'id']).execute();
    await db.schema.createIndex('jobs_by_run_and_phase').on('jobs').columns(['run_id', 'phase']).execute();
    await db.schema.createIndex('jobs_by_runner').on('jobs').columns(['runner_id', 'phase']).execute();
    await db.schema.createIndex('jobs_by_phase').on('jobs').columns(['phase']).execute();

    await table(db, 'job_reasons')
      .addColumn('job_id', 'integer', cascade('jobs.id'))
      .addColumn('at', 'text', (c) => c.notNull())
      .addColumn('text', 'text', (c) => c.notNull())
      .execute();
    await db.schema.createIndex('job_reasons_by_job').on('job_reasons').columns(['job_id', 'id']).execute();

    await db.schema
      .createTable('steps')
      .addColumn('job_id', 'integer', cascade('jobs.id'))
      .addColumn('external_id', 'text', (c) => c.notNull())
      .addColumn('number', 'integer', (c) => c.notNull())
      .addColumn('name', 'text', (c) => c.notNull())
      .addColumn('status', 'text', (c) => c.notNull())
      .addColumn('conclusion', 'text')
      .addColumn('started_at', 'text')
      .addColumn('completed_at', 'text')
      .addColumn('change_order', 'integer', (c) => c.notNull())
      .addColumn('log_lines', 'integer', (c) => c.notNull())
      .addColumn('log_complete', 'integer', (c) => c.notNull())
      .addPrimaryKeyConstraint('steps_key', ['job_id', 'external_id'])
      .execute();

    await table(db, 'runner_groups')
      .addColumn('name', 'text', (c) => c.notNull().unique())
      .addColumn('is_default', 'integer', (c) => c.notNull())
      .execute();

    await table(db, 'runners')
      .addColumn('name', 'text', (c) => c.notNull())
      .addColumn('scope_kind', 'text', (c) => c.notNull())
      .addColumn('scope_name', 'text', (c) => c.notNull())
      .addColumn('group_id', 'integer', (c) => c.notNull().references('runner_groups.id'))
      .addColumn('labels', 'text', (c) => c.notNull())
      .addColumn('os', 'text', (c) => c.notNull())
      .addColumn('version', 'text', (c) => c.notNull())
      .addColumn('ephemeral', 'integer', (c) => c.notNull())
      .addColumn('client_id', 'text', (c) => c.notNull().unique())
      .addColumn('public_key', 'text', (c) => c.notNull())
      .addColumn('last_seen_at', 'text')
      .addColumn('created_at', 'text', (c) => c.notNull())
      .addUniqueConstraint('runners_name', ['scope_kind', 'scope_name', 'name'])
      .execute();

    await db.schema
      .createTable('sessions')
      .addColumn('runner_id', 'integer', (c) => c.primaryKey().references('runners.id').onDelete('cascade'))
      .addColumn('session_id', 'text', (c) => c.notNull())
      .addColumn('owner_name', 'text', (c) => c.notNull())
      .addColumn('created_at', 'text', (c) => c.notNull())
      .execute();

    await table(db, 'tokens')
      .addColumn('kind', 'text', (c) => c.notNull())
      .addColumn('hash', 'text', (c) => c.notNull().unique())
      .addColumn('subject', 'text', (c) => c.notNull())
      .addColumn('scopes', 'text', (c) => c.notNull())
      .addColumn('expires_at', 'text')
      .addColumn('created_at', 'text', (c) => c.notNull())
      .execute();

    await db.schema
      .createTable('secrets')
      .addColumn('repository_id', 'integer', cascade('repositories.id'))
      .addColumn('name', 'text', (c) => c.notNull())
      .addColumn('sealed', 'text', (c) => c.notNull())
      .addColumn('updated_at', 'text', (c) => c.notNull())
      .addPrimaryKeyConstraint('secrets_key', ['repository_id', 'name'])
      .execute();

    await db.schema
      .createTable('variables')
      .addColumn('repository_id', 'integer', cascade('repositories.id'))
      .addColumn('name', 'text', (c) => c.notNull())
      .addColumn('value', 'text', (c) => c.notNull())
      .addColumn('updated_at', 'text', (c) => c.notNull())
      .addPrimaryKeyConstraint('variables_key', ['repository_id', 'name'])
      .execute();
  },
};
