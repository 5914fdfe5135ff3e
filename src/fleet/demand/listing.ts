/** What a repository's server says about its unfinished jobs: TOT-2 and TOT-3 of fleet-semantics 3.5, by conditional reads. */
import { z } from 'zod';
import { OutsideError } from '../../common/errors.ts';
import type { ConditionalReads } from '../../github/index.ts';
import { factOf, type JobFact, WorkflowJob } from './job-fact.ts';
import type { EmptyRuns } from './types.ts';

const Runs = z.object({ total_count: z.number(), workflow_runs: z.array(z.object({ id: z.number().int() })) });
const Jobs = z.object({ total_count: z.number(), jobs: z.array(WorkflowJob) });
const runsOf = (page: z.infer<typeof Runs>) => ({ total: page.total_count, entries: page.workflow_runs });
const jobsOf = (page: z.infer<typeof Jobs>) => ({ total: page.total_count, entries: page.jobs });

const STATUSES = ['queued', 'in_progress'] as const;

export interface Listed {
  /** Jobs of every run that is queued or in progress. */
  jobs: JobFact[];
  /** Runs that have none, by their own status. */
  emptyRuns: EmptyRuns;
}

/**
 * What is under way. A run that changes between the two listings is read once (TOT-7a).
 * @throws OutsideError when any part cannot be read: half a list would look like jobs that have ended
 */
export async function unfinishedJobs(
  reads: ConditionalReads,
  repository: string,
  nowMs: number,
  signal?: AbortSignal,
): Promise<Listed> {
  const base = `/repos/${repository}/actions/runs`;
  const runs = new Map<number, (typeof STATUSES)[number]>();
  for (const status of STATUSES) {
    const listed = await reads.pages(Runs, `${base}?status=${status}`, runsOf, signal);
    for (const { id } of listed) runs.set(id, status);
  }
  const listed: Listed = { jobs: [], emptyRuns: { repository, queued: 0, in_progress: 0 } };
  for (const [id, status] of runs) {
    const jobs = await reads.pages(Jobs, `${base}/${id}/jobs?filter=latest`, jobsOf, signal);
    if (jobs.length === 0) listed.emptyRuns[status]++;
    listed.jobs.push(...jobs.map((job) => factOf(repository, job, nowMs)));
  }
  return listed;
}

/** The job as it is now; undefined when its server does not know it. */
export async function jobNow(
  reads: ConditionalReads,
  repository: string,
  id: number,
  nowMs: number,
  signal?: AbortSignal,
): Promise<JobFact | undefined> {
  try {
    const job = await reads.read(WorkflowJob, `/repos/${repository}/actions/jobs/${id}`, signal);
    return factOf(repository, job, nowMs);
  } catch (error) {
    if (error instanceof OutsideError && error.status === 404) return undefined;
    throw error;
  }
}
