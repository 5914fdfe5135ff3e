/** What one message or listing says about one job. Source: on-demand-runners 4.2 and 4.4. */
import { z } from 'zod';
import type { DemandedJob, Heard } from './types.ts';

const time = z.iso.datetime({ offset: true }).nullish();

/** A job as `workflow_job` webhooks and REST show it: the same fields in both. */
export const WorkflowJob = z.object({
  id: z.number().int().positive(),
  run_attempt: z.number().int().positive().nullish(),
  status: z.string().max(100),
  conclusion: z.string().max(100).nullish(),
  labels: z.array(z.string().max(500)).max(200).default([]),
  created_at: time,
  started_at: time,
  completed_at: time,
  runner_name: z.string().max(200).nullish(),
});
export type WorkflowJob = z.infer<typeof WorkflowJob>;

export type JobStatus = 'waiting' | DemandedJob['status'] | 'completed';

export interface JobFact extends Omit<DemandedJob, 'status'> {
  status: JobStatus;
  /** When the status began, as far as the sender says; epoch ms. */
  changedAtMs: number;
  conclusion?: string;
}

/** A status never goes back within one job. Words that GitHub may invent are no demand yet. */
const RANK: Record<JobStatus, number> = { waiting: 0, queued: 1, in_progress: 2, completed: 3 };

/** @param repository OWNER/NAME */
export function factOf(repository: string, job: WorkflowJob, nowMs: number, by: Heard['by'] = 'comparison'): JobFact {
  const status = Object.hasOwn(RANK, job.status) ? (job.status as JobStatus) : 'waiting';
  const queuedAtMs = millis(job.created_at) ?? nowMs;
  const changed = status === 'completed' ? (job.completed_at ?? job.started_at) : job.started_at;
  return {
    repository,
    id: job.id,
    attempt: job.run_attempt ?? 1,
    labels: job.labels,
    status,
    queuedAtMs,
    changedAtMs: millis(changed) ?? queuedAtMs,
    heard: { by, atMs: nowMs },
    ...(job.runner_name ? { runnerName: job.runner_name } : {}),
    ...(job.conclusion ? { conclusion: job.conclusion } : {}),
  };
}

/** Whether `next` says more than `known`: messages come late, twice and in any order. */
export function supersedes(next: JobFact, known: JobFact | undefined): boolean {
  if (!known) return true;
  const rise = RANK[next.status] - RANK[known.status];
  return rise > 0 || (rise === 0 && next.changedAtMs > known.changedAtMs);
}

const millis = (text: string | null | undefined): number | undefined => (text ? Date.parse(text) : undefined);
