import type { JobRow } from '../../store/jobs.ts';
import type { RepositoryRow } from '../../store/repositories.ts';
import type { JobEnvironment } from '../../workflow/index.ts';
import type { JobRequirement, WorkflowFile } from '../../workflow/routing.ts';

/** What the job asks of a runner. */
export function requirementOf(job: JobRow, { owner, name }: Pick<RepositoryRow, 'owner' | 'name'>): JobRequirement {
  const environment = JSON.parse(job.environment) as JobEnvironment | null;
  return {
    labels: JSON.parse(job.labels) as string[],
    group: job.runner_group,
    repository: { owner, name },
    environment: environment?.name ?? null,
    ref: job.ref,
    workflow: JSON.parse(job.workflow) as WorkflowFile,
    scaleSet: job.scale_set_id,
  };
}
