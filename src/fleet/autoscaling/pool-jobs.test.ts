import { describe, expect, it } from 'vitest';
import type { RunnerScope } from '../../protocol/github/runner-scope.ts';
import type { DemandedJob } from '../demand/types.ts';
import { EMPTY_RUNS_ANNOTATION, MATCHING_ANNOTATION, countingRules as rules } from './counting-rules.ts';
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
  const APP: RunnerScope = { kind: 'repository', owner: 'octo', name: 'app' };
  const jobs = [job(['gpu']), job(['gpu'], { status: 'in_progress' }), job(['gpu'], { repository: 'Octo/Web' })];

  it('TOT-7: suggests queued and running jobs together, of the named repositories', () => {
    expect(suggestByJobs(metric(['app']), { scope: ORGANIZATION, jobs })).toEqual({
      suggestion: 2,
      reason: { code: 'jobs-counted', text: '1 queued job and 1 in progress match the labels of this pool.' },
    });
    expect(suggestByJobs(metric(['app', 'web']), { scope: ORGANIZATION, jobs }).suggestion).toBe(3);
    expect(suggestByJobs(metric(['other']), { scope: ORGANIZATION, jobs }).suggestion).toBe(0);
  });

  it.each([
    [['gpu'], 1],
    [['self-hosted', 'gpu'], 1],
    [['GPU'], 0],
    [['Self-Hosted', 'gpu'], 0],
    [['self-hosted', 'linux', 'gpu'], 0],
    [['self-hosted'], 1],
  ])('TOT-5: counts %j as %i where label-matching is exact-case, as ARC does', (labels, suggestion) => {
    const jobsOf = jobsOfPool(pool(['gpu', 'big']), [job(labels)]);
    const exact = { scope: APP, labels: ['gpu', 'big'], jobs: jobsOf };
    expect(
      suggestByJobs(metric(), { ...exact, rules: rules({ [MATCHING_ANNOTATION]: 'exact-case' }) }).suggestion,
    ).toBe(suggestion);
    expect(suggestByJobs(metric(), { ...exact, rules: rules({}) }).suggestion).toBe(1);
  });

  it('TOT-5: says which rule counted, and what it left out', () => {
    const exact = { scope: APP, labels: ['gpu'], jobs: [job(['gpu']), job(['GPU']), job(['X64'])] };
    const { reason } = suggestByJobs(metric(), { ...exact, rules: rules({ [MATCHING_ANNOTATION]: 'exact-case' }) });
    expect(reason.text).toBe(
      '1 queued job and 0 in progress match the labels of this pool exactly (switchyard/label-matching). ' +
        '2 more, which its runners could take by labels in another case or of every runner, are not counted.',
    );
  });

  it('TOT-4: counts runs without jobs where that is asked for, as ARC 0.27 did, of the named repositories', () => {
    const emptyRuns = [
      { repository: 'octo/app', queued: 2, in_progress: 1 },
      { repository: 'octo/web', queued: 4, in_progress: 0 },
    ];
    const countable = { scope: ORGANIZATION, jobs: [job(['gpu'])], emptyRuns };
    expect(suggestByJobs(metric(['app']), countable).suggestion).toBe(1);
    const { suggestion, reason } = suggestByJobs(metric(['app']), {
      ...countable,
      rules: rules({ [EMPTY_RUNS_ANNOTATION]: 'count' }),
    });
    expect(suggestion).toBe(4);
    expect(reason.text).toContain('3 runs without jobs are counted too (switchyard/empty-runs).');
  });

  it('TOT-1: runners of a repository need no names', () => {
    expect(suggestByJobs(metric(), { scope: APP, jobs }).suggestion).toBe(3);
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
