/** Which jobs a pool of equal runners could take, by the one matcher of jobs and runners (D-5). */
import type { RunnerScope } from '../../protocol/github/runner-scope.ts';
import { type JobRequirement, mayTake, type RunnerFacts, same } from '../../workflow/routing.ts';
import type { DemandedJob } from '../demand/types.ts';

/** What all runners of a RunnerDeployment or RunnerSet have in common. */
export interface Pool {
  scope: RunnerScope;
  /** Left out: the default group. */
  group?: string;
  /** With those that the backend adds: `self-hosted`, operating system, architecture. */
  labels: string[];
}

/** TOT-5: a job without any label is nobody's. Walls are the server's: a pool behind one may count too many. */
export function jobsOfPool<Job extends DemandedJob>(pool: Pool, jobs: readonly Job[]): Job[] {
  const runner = runnerOfPool(pool);
  return jobs.filter((job) => job.labels.length > 0 && mayTake(requirementOf(job), runner));
}

/** Any of its runners, as the matcher sees it. */
export const runnerOfPool = ({ scope, group, labels }: Pool): RunnerFacts => ({
  id: 0,
  name: '',
  labels,
  group: group || DEFAULT_GROUP,
  scope,
  online: true,
  busy: false,
  wall: null,
  groupWall: null,
});

/** The group's name on github.com, GHES and our server. */
const DEFAULT_GROUP = 'Default';

export const isDefaultGroup = (group: string | undefined): boolean => !group || same(group, DEFAULT_GROUP);

/** The matcher remembers label lists by identity, and a job is asked about at every change of any other. */
const requirements = new WeakMap<DemandedJob, JobRequirement>();

function requirementOf(job: DemandedJob): JobRequirement {
  const known = requirements.get(job);
  if (known) return known;
  const [owner = '', name = ''] = job.repository.split('/');
  const requirement: JobRequirement = {
    labels: [...job.labels],
    group: job.group ?? null,
    repository: { owner, name },
    environment: null,
    ref: '',
    workflow: { repository: job.repository, path: '', ref: '' },
  };
  requirements.set(job, requirement);
  return requirement;
}
