import { describe, expect, it } from 'vitest';
import type { RunnerScope } from '../../protocol/github/runner-scope.ts';
import type { DemandedJob } from '../demand/types.ts';
import { countingProblem, suggestByJobs } from './jobs-counted.ts';
import { jobsOfPool, type Pool } from './pool-jobs.ts';

const SYSTEM = ['self-hosted', 'Linux', 'X64'];
const ORGANIZATION: RunnerScope = { kind: 'organization', name: 'octo' };
const pool = (labels: string[], over: Partial<Pool> = {}): Pool => ({
  scope: ORGANIZATION,
  labels: [...SYSTEM, ...labels],
  ...over,
});

let lastId = 0;
const job = (labels: string[], over: Partial<DemandedJob> = {}): DemandedJob => ({
  repository: 'octo/app',
  id: ++lastId,
  attempt: 1,
  labels,
  status: 'queued',
  queuedAtMs: 0,
  ...over,
});
const takes = (one: Pool, other: DemandedJob): boolean => jobsOfPool(one, [other]).length === 1;

describe('jobs of a pool', () => {
  it('D-5: compares labels without case, with those that every runner has by itself', () => {
    expect(takes(pool(['t3a.large']), job(['self-hosted', 'linux', 'x64', 'T3A.Large']))).toBe(true);
    expect(takes(pool(['t3a.large']), job(['t3a.small']))).toBe(false);
    expect(takes(pool([]), job(['self-hosted']))).toBe(true);
  });

  it('TOT-5: a job without labels is nobody’s', () => {
    expect(takes(pool([]), job([]))).toBe(false);
  });

  it('asks for scope and runner group too', () => {
    expect(takes(pool(['gpu']), job(['gpu'], { repository: 'other/app' }))).toBe(false);
    expect(takes(pool(['gpu'], { scope: { kind: 'enterprise', name: 'all' } }), job(['gpu']))).toBe(true);
    expect(takes(pool(['gpu']), job(['gpu'], { group: 'builders' }))).toBe(false);
    expect(takes(pool(['gpu'], { group: 'Builders' }), job(['gpu'], { group: 'builders' }))).toBe(true);
    expect(takes(pool(['gpu'], { group: '' }), job(['gpu'], { group: 'default' }))).toBe(true);
  });
});

describe('TotalNumberOfQueuedAndInProgressWorkflowRuns', () => {
  const metric = (repositoryNames?: string[]) => ({
    type: 'TotalNumberOfQueuedAndInProgressWorkflowRuns' as const,
    repositoryNames,
  });
  const jobs = [job(['gpu']), job(['gpu'], { status: 'in_progress' }), job(['gpu'], { repository: 'Octo/Web' })];

  it('TOT-7: suggests queued and running jobs together, of the named repositories', () => {
    expect(suggestByJobs(metric(['app']), ORGANIZATION, jobs)).toEqual({
      suggestion: 2,
      reason: { code: 'jobs-counted', text: '1 queued job and 1 in progress match the labels of this pool.' },
    });
    expect(suggestByJobs(metric(['app', 'web']), ORGANIZATION, jobs).suggestion).toBe(3);
    expect(suggestByJobs(metric(['other']), ORGANIZATION, jobs).suggestion).toBe(0);
  });

  it('TOT-1: runners of a repository need no names', () => {
    expect(suggestByJobs(metric(), { kind: 'repository', owner: 'octo', name: 'app' }, jobs).suggestion).toBe(3);
  });

  it('TOT-1: an organization without names and an enterprise are refused', () => {
    expect(countingProblem(metric(), ORGANIZATION)).toBe(
      'validating autoscaling metrics: spec.autoscaling.metrics[].repositoryNames is required and must have one more more entries for organizational runner deployment',
    );
    expect(countingProblem(metric(['app']), { kind: 'enterprise', name: 'all' })).toContain('enterprise');
    expect(countingProblem(metric(['app']), ORGANIZATION)).toBeUndefined();
    expect(countingProblem(metric(), { kind: 'repository', owner: 'octo', name: 'app' })).toBeUndefined();
  });
});
