import type { ScaleSetJob } from '../../protocol/github/scale-sets.ts';
import type { Queries } from '../../store/database.ts';
import type { JobRow } from '../../store/jobs.ts';
import type { WorkflowFile } from '../../workflow/routing.ts';

/** What a listener is told of a job, whatever has happened to it (runner-protocol 10.3). */
export async function scaleSetJob(db: Queries, job: JobRow): Promise<Omit<ScaleSetJob, 'messageType'>> {
  const run = await db
    .selectFrom('runs')
    .innerJoin('repositories', 'repositories.id', 'runs.repository_id')
    .select(['runs.event', 'owner', 'repositories.name'])
    .where('runs.id', '=', job.run_id)
    .executeTakeFirstOrThrow();
  const { repository, path, ref } = JSON.parse(job.workflow) as WorkflowFile;
  return {
    runnerRequestId: job.id,
    repositoryName: run.name,
    ownerName: run.owner,
    jobId: job.job_guid,
    jobWorkflowRef: `${repository}/${path}@${ref}`,
    jobDisplayName: job.name,
    workflowRunId: job.run_id,
    eventName: run.event,
    requestLabels: JSON.parse(job.labels) as string[],
    queueTime: job.queued_at ?? job.created_at,
    scaleSetAssignTime: job.queued_at ?? job.created_at,
    runnerAssignTime: job.started_at ?? NEVER,
    finishTime: job.completed_at ?? NEVER,
  };
}

/** .NET's zero, which clients read as no time. */
const NEVER = '0001-01-01T00:00:00Z';
