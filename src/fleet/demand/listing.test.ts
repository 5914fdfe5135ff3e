import { expect, it } from 'vitest';
import type { z } from 'zod';
import { ConditionalReads, type GitHubClient } from '../../github/index.ts';
import { unfinishedJobs } from './listing.ts';

/** A server of three runs: one without jobs in each status, and one that has begun between the two listings. */
const ANSWERS: Record<string, unknown> = {
  '?status=queued': { total_count: 2, workflow_runs: [{ id: 1 }, { id: 2 }] },
  '?status=in_progress': { total_count: 2, workflow_runs: [{ id: 2 }, { id: 3 }] },
  '/1/jobs?filter=latest': { total_count: 0, jobs: [] },
  '/2/jobs?filter=latest': { total_count: 1, jobs: [{ id: 7, status: 'in_progress', labels: ['gpu'] }] },
  '/3/jobs?filter=latest': { total_count: 0, jobs: [] },
};

const client = {
  requestChanged: async (shape: z.ZodType, { path }: { path: string }) => {
    const asked = path.replace('/repos/octo/app/actions/runs', '').replace('&per_page=100&page=1', '');
    return { body: shape.parse(ANSWERS[asked]), etag: undefined };
  },
} as unknown as GitHubClient;

it('TOT-4, TOT-7a: reads each run once, and tells which have no job', async () => {
  const { jobs, emptyRuns } = await unfinishedJobs(new ConditionalReads(client), 'octo/app', 0);
  expect(jobs.map(({ id, status }) => `${id} ${status}`)).toEqual(['7 in_progress']);
  expect(emptyRuns).toEqual({ repository: 'octo/app', queued: 1, in_progress: 1 });
});
