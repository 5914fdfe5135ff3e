import type { Queries } from '../../store/database.ts';
import type { JobRow } from '../../store/jobs.ts';
import type { RepositoryRow } from '../../store/repositories.ts';
import type { RunWithWorkflow } from '../../store/runs-read.ts';
import { type StepRow, stepsOfJobs } from '../../store/steps.ts';
import { statusOf } from '../engine/explain.ts';
import { nodeId } from './shapes.ts';

/** GitHub's `workflow_job`s, as REST and webhooks have them. */
export async function jobObjects(
  db: Queries,
  publicUrl: string,
  repository: RepositoryRow,
  run: RunWithWorkflow,
  jobs: JobRow[],
) {
  const steps = new Map<number, StepRow[]>(jobs.map(({ id }) => [id, []]));
  for (const step of await stepsOfJobs(db, [...steps.keys()])) steps.get(step.job_id)?.push(step);
  return jobs.map((job) => ({
    ...jobObject(publicUrl, repository, run, job, steps.get(job.id) ?? []),
    head_branch: run.head_branch,
    head_sha: run.head_sha,
  }));
}

function jobObject(
  publicUrl: string,
  { owner, name }: RepositoryRow,
  run: RunWithWorkflow,
  job: JobRow,
  steps: StepRow[],
) {
  const api = `${publicUrl}/api/v3/repos/${owner}/${name}`;
  return {
    id: job.id,
    run_id: run.id,
    node_id: nodeId('WorkflowJob', job.id),
    workflow_name: run.workflow_name,
    run_url: `${api}/actions/runs/${run.id}`,
    run_attempt: job.attempt,
    url: `${api}/actions/jobs/${job.id}`,
    html_url: `${publicUrl}/runs/${run.id}/jobs/${job.id}`,
    check_run_url: `${api}/check-runs/${job.id}`,
    status: statusOf(job.phase),
    conclusion: job.conclusion,
    created_at: job.created_at,
    started_at: job.started_at ?? job.created_at,
    completed_at: job.completed_at,
    name: job.name,
    steps: steps.map(stepObject),
    labels: JSON.parse(job.labels),
    runner_id: job.runner_id,
    runner_name: job.runner_name,
    runner_group_id: null,
    runner_group_name: job.runner_group,
  };
}

function stepObject({ name, status, conclusion, number, started_at, completed_at }: StepRow) {
  return { name, status, conclusion, number, started_at, completed_at };
}

/** GitHub lists the jobs of a called workflow in the place of the one that calls it, unless that never got so far. */
export function withoutCalls(jobs: JobRow[]): JobRow[] {
  const callers = new Set(jobs.map(({ parent_id }) => parent_id));
  return jobs.filter(
    ({ id, called_file, history_of, phase }) =>
      called_file === null || (phase === 'completed' && history_of === null && !callers.has(id)),
  );
}
