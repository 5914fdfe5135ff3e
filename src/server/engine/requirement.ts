import type { JobRow } from '../../store/jobs.ts';
import type { RepositoryRow } from '../../store/repositories.ts';
import type { JobRequirement } from '../../workflow/routing.ts';

/** What the job asks of a runner. */
export function requirementOf(job: JobRow, { owner, name }: Pick<RepositoryRow, 'owner' | 'name'>): JobRequirement {
  return { labels: JSON.parse(job.labels) as string[], group: job.runner_group, repository: { owner, name } };
}
