/** The metric TotalNumberOfQueuedAndInProgressWorkflowRuns: fleet-semantics 3.5, counted from what is known (D-4). */
import type { RunnerScope } from '../../protocol/github/runner-scope.ts';
import type { DemandedJob } from '../demand/types.ts';
import type { Metric } from '../resources/autoscaler-spec.ts';
import { counted, type Reason } from './reason.ts';

/** TOT-1: why the metric cannot be used for runners of this scope, in ARC's words where it has some. */
export function countingProblem({ repositoryNames = [] }: Metric, scope: RunnerScope): string | undefined {
  if (scope.kind === 'enterprise') {
    return 'TotalNumberOfQueuedAndInProgressWorkflowRuns is not supported for runners of an enterprise';
  }
  if (scope.kind === 'repository' || repositoryNames.length > 0) return undefined;
  return 'validating autoscaling metrics: spec.autoscaling.metrics[].repositoryNames is required and must have one more more entries for organizational runner deployment';
}

/** @param jobs those that runners of the pool could take (`jobsOfPool`) */
export function suggestByJobs(
  { repositoryNames = [] }: Metric,
  scope: RunnerScope,
  jobs: readonly DemandedJob[],
): { suggestion: number; reason: Reason } {
  const names = new Set(repositoryNames.map((name) => `${scope.name}/${name}`.toLowerCase()));
  const counts = { queued: 0, in_progress: 0 };
  for (const { repository, status } of jobs) {
    if (scope.kind !== 'organization' || names.has(repository.toLowerCase())) counts[status]++;
  }
  const suggestion = counts.queued + counts.in_progress;
  const text = `${counted(counts.queued, 'queued job')} and ${counts.in_progress} in progress match the labels of this pool.`;
  return { suggestion, reason: { code: 'jobs-counted', text } };
}
