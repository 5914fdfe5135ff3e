import type { Insertable } from 'kysely';
import { newGuid } from '../../src/common/ids.ts';
import type { Database } from '../../src/store/database.ts';
import { insertJobs, type JobRow } from '../../src/store/jobs.ts';
import { findOrInsertRepository, type RepositoryRow } from '../../src/store/repositories.ts';
import { insertRun, type RunRow, takeRunNumber } from '../../src/store/runs.ts';
import type { JobsTable } from '../../src/store/tables/jobs.ts';
import type { RunsTable } from '../../src/store/tables/runs.ts';

const AT = '2026-01-01T00:00:00.000Z';

/** A repository with one run of one job, as the engine would have left them. */
export async function insertRunWithJob(
  db: Database,
  change: { repository?: string; run?: Partial<Insertable<RunsTable>>; job?: Partial<Insertable<JobsTable>> } = {},
): Promise<{ repository: RepositoryRow; run: RunRow; job: JobRow }> {
  const [owner = '', name = ''] = (change.repository ?? 'me/app').split('/');
  const repository = await findOrInsertRepository(db, owner, name, Date.parse(AT));
  const workflow = await takeRunNumber(
    db,
    { repositoryId: repository.id, path: '.github/workflows/ci.yml', name: 'CI' },
    AT,
  );
  const run = await insertRun(db, {
    repository_id: repository.id,
    workflow_id: workflow.id,
    run_number: workflow.last_run_number,
    attempt: 1,
    plan_id: newGuid(),
    event: 'push',
    ref: 'refs/heads/main',
    sha: 'a'.repeat(40),
    title: 'A title',
    actor: 'alice',
    triggering_actor: 'alice',
    payload: '{}',
    inputs: '{}',
    text_hash: 'x',
    status: 'in_progress',
    errors: '[]',
    created_at: AT,
    ...change.run,
  });
  const [job] = await insertJobs(db, [
    {
      run_id: run.id,
      repository_id: repository.id,
      attempt: 1,
      key: 'build',
      name: 'Build',
      needs: '[]',
      phase: 'running',
      matrix: 'null',
      strategy: '{}',
      labels: '["self-hosted"]',
      timeout_minutes: 360,
      cancel_timeout_minutes: 5,
      continue_on_error: 0,
      job_guid: newGuid(),
      outputs: '{}',
      annotations: '[]',
      log_lines: 0,
      created_at: AT,
      ...change.job,
    },
  ]);
  if (!job) throw new Error('no job was inserted');
  return { repository, run, job };
}
