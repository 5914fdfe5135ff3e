import type { Insertable } from 'kysely';
import { newGuid } from '../../common/ids.ts';
import type { RunRow } from '../../store/runs.ts';
import type { JobsTable } from '../../store/tables/jobs.ts';
import type { WorkflowJob, WorkflowOrigin } from '../../workflow/index.ts';
import type { WorkflowFile } from '../../workflow/routing.ts';

/** Where a job is defined. */
export interface JobPlace {
  origin: WorkflowOrigin;
  /** The job that calls its workflow. */
  caller: { id: number; name: string } | null;
}

/** A job as it is before anything about it is known. */
export function newJob(
  run: Pick<RunRow, 'id' | 'repository_id' | 'attempt' | 'ref'>,
  { key, needs }: Pick<WorkflowJob, 'key' | 'needs'>,
  at: string,
  { origin: { repository, path, ref }, caller }: JobPlace,
): Insertable<JobsTable> {
  const workflow: WorkflowFile = { repository, path, ref };
  return {
    run_id: run.id,
    repository_id: run.repository_id,
    attempt: run.attempt,
    superseded_in: null,
    parent_id: caller?.id ?? null,
    ref: run.ref,
    workflow: JSON.stringify(workflow),
    key,
    name: calledName(caller, key),
    needs: JSON.stringify(needs),
    phase: 'blocked',
    conclusion: null,
    matrix: 'null',
    strategy: '{}',
    labels: '[]',
    runner_group: null,
    concurrency: 'null',
    environment: 'null',
    environment_url: null,
    waiting_since: null,
    waiting_until: null,
    review: null,
    permissions: '{}',
    called_file: null,
    inputs: '{}',
    timeout_minutes: 360,
    cancel_timeout_minutes: 5,
    continue_on_error: 0,
    job_guid: newGuid(),
    request_guid: null,
    runner_id: null,
    runner_name: null,
    lease_until: null,
    cancel_requested_at: null,
    outputs: '{}',
    annotations: '[]',
    reason: null,
    log_lines: 0,
    created_at: at,
    queued_at: null,
    started_at: null,
    completed_at: null,
  };
}

/** SEM-11.10 */
export const calledName = (caller: { name: string } | null, name: string): string =>
  caller ? `${caller.name} / ${name}` : name;
