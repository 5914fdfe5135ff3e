/** Demand as it was: the jobs that a server ran, read by REST. */
import { z } from 'zod';
import { GitHubClient } from '../../github/index.ts';
import { inOrder, type TraceJob } from './trace.ts';

const time = z.iso.datetime({ offset: true }).nullish();
const Job = z.object({
  labels: z.array(z.string()).default([]),
  conclusion: z.string().nullish(),
  created_at: time,
  started_at: time,
  completed_at: time,
});
const Runs = z.object({ total_count: z.number(), workflow_runs: z.array(z.object({ id: z.number().int() })) });
const Jobs = z.object({ total_count: z.number(), jobs: z.array(Job) });
const Repositories = z.array(z.object({ full_name: z.string() }));

const PER_PAGE = 100;
/** GitHub gives no more than 1,000 runs for one filter. */
const MAX_PAGES = 10;

/** Names (OWNER/NAME) of the repositories that the token's user sees. */
async function visibleRepositories(client: GitHubClient, signal?: AbortSignal): Promise<string[]> {
  const names: string[] = [];
  for (let page = 1; page <= MAX_PAGES; page++) {
    const path = `/user/repos?per_page=${PER_PAGE}&page=${page}`;
    const repositories = await client.request(Repositories, { path }, signal);
    names.push(...repositories.map((repository) => repository.full_name));
    if (repositories.length < PER_PAGE) break;
  }
  return names;
}

export interface Recording {
  /** The server, as people know it, and a token that may read its repositories. */
  server: { url: string; token: string };
  /** OWNER/NAME; none means all that the token's user sees. */
  repositories: readonly string[];
  sinceMs: number;
  /** Called when a repository was read. */
  onRead: (repository: string, jobs: number) => void;
}

/**
 * Every job that ran on a runner since then; skipped ones asked for none.
 * @throws OutsideError when the server refuses or does not answer
 */
export async function recordTrace(recording: Recording, signal?: AbortSignal): Promise<TraceJob[]> {
  const { server, repositories, sinceMs, onRead } = recording;
  const client = new GitHubClient(server);
  const names = repositories.length > 0 ? repositories : await visibleRepositories(client, signal);
  const all: TraceJob[] = [];
  for (const name of names) {
    const jobs = await jobsOf(client, name, sinceMs, signal);
    onRead(name, jobs.length);
    all.push(...jobs);
  }
  return inOrder(all);
}

async function jobsOf(
  client: GitHubClient,
  repository: string,
  sinceMs: number,
  signal?: AbortSignal,
): Promise<TraceJob[]> {
  const base = `/repos/${repository}/actions/runs`;
  const created = encodeURIComponent(`>=${new Date(sinceMs).toISOString()}`);
  const jobs: TraceJob[] = [];
  for (let page = 1; page <= MAX_PAGES; page++) {
    const path = `${base}?created=${created}&per_page=${PER_PAGE}&page=${page}`;
    const { workflow_runs: runs } = await client.request(Runs, { path }, signal);
    for (const { id } of runs) {
      const listed = await client.pages(Jobs, `${base}/${id}/jobs?filter=all`, entriesOf, signal);
      jobs.push(...listed.flatMap((job) => traceJob(job, repository)));
    }
    if (runs.length < PER_PAGE) break;
  }
  return jobs;
}

const entriesOf = (page: z.infer<typeof Jobs>) => ({ total: page.total_count, entries: page.jobs });

function traceJob(job: z.infer<typeof Job>, repository: string): TraceJob[] {
  const { created_at: queued, started_at: started, completed_at: completed, labels, conclusion } = job;
  if (!queued || !started || !completed || conclusion === 'skipped' || labels.length === 0) return [];
  const runMs = Math.max(0, Date.parse(completed) - Date.parse(started));
  return [{ queuedAtMs: Date.parse(queued), runMs, labels, repository }];
}
