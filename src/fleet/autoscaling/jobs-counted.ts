/** The metric TotalNumberOfQueuedAndInProgressWorkflowRuns: fleet-semantics 3.5, counted from what is known (D-4). */
import type { RunnerScope } from '../../protocol/github/runner-scope.ts';
import type { DemandedJob, EmptyRuns } from '../demand/types.ts';
import type { Metric } from '../resources/autoscaler-spec.ts';
import { type CountingRules, EMPTY_RUNS_ANNOTATION, MATCHING_ANNOTATION } from './counting-rules.ts';
import { counted, type Reason } from './reason.ts';

/** TOT-1: why the metric cannot be used for runners of this scope, in ARC's words where it has some. */
export function countingProblem({ repositoryNames = [] }: Metric, scope: RunnerScope): string | undefined {
  if (scope.kind === 'enterprise') {
    return 'TotalNumberOfQueuedAndInProgressWorkflowRuns is not supported for runners of an enterprise';
  }
  if (scope.kind === 'repository' || repositoryNames.length > 0) return undefined;
  return 'validating autoscaling metrics: spec.autoscaling.metrics[].repositoryNames is required and must have one more more entries for organizational runner deployment';
}

/** What is counted, and by which rules. */
export interface Countable {
  scope: RunnerScope;
  /** That the target itself is given, without those that every runner of the backend has. */
  labels?: readonly string[];
  /** Those that runners of the pool could take (`jobsOfPool`). */
  jobs: readonly DemandedJob[];
  /** Of the scope. */
  emptyRuns?: readonly EmptyRuns[];
  /** Left out: as the server gives jobs to runners, and jobs alone. */
  rules?: CountingRules;
}

export function suggestByJobs(metric: Metric, countable: Countable): { suggestion: number; reason: Reason } {
  const { scope, jobs, emptyRuns = [], rules } = countable;
  const names = new Set((metric.repositoryNames ?? []).map((name) => `${scope.name}/${name}`.toLowerCase()));
  const isNamed = ({ repository }: { repository: string }): boolean =>
    scope.kind !== 'organization' || names.has(repository.toLowerCase());
  const named = jobs.filter(isNamed);
  const exact = rules?.isExact ? named.filter((job) => isExactly(job, countable.labels)) : named;
  const counts = { queued: 0, in_progress: 0 };
  for (const { status } of exact) counts[status]++;
  const runs = rules?.countsEmptyRuns ? emptyRuns.filter(isNamed) : [];
  const empty = runs.reduce((sum, { queued, in_progress }) => sum + queued + in_progress, 0);
  const how = rules?.isExact ? ` exactly (${MATCHING_ANNOTATION})` : '';
  const texts = [
    `${counted(counts.queued, 'queued job')} and ${counts.in_progress} in progress match the labels of this pool${how}.`,
    ...(named.length > exact.length ? [notCounted(named.length - exact.length)] : []),
    ...(empty > 0
      ? [`${counted(empty, 'run')} without jobs ${isAre(empty)} counted too (${EMPTY_RUNS_ANNOTATION}).`]
      : []),
  ];
  const suggestion = counts.queued + counts.in_progress + empty;
  return { suggestion, reason: { code: 'jobs-counted', text: texts.join(' ') } };
}

const isAre = (count: number): string => (count === 1 ? 'is' : 'are');

const notCounted = (count: number): string =>
  `${count} more, which its runners could take by labels in another case or of every runner, ${isAre(count)} not counted.`;

/** TOT-5. */
const isExactly = (job: DemandedJob, labels: readonly string[] = []): boolean =>
  job.labels.every((label) => label === 'self-hosted' || labels.includes(label));
