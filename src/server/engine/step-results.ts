import type { TaskResult, WireStepResult } from '../../protocol/runner/run-service.ts';
import type { Queries } from '../../store/database.ts';
import { applyStep, stepsOfJobs } from '../../store/steps.ts';

/** Comes after every update of a worker's. */
const FINAL_ORDER = Number.MAX_SAFE_INTEGER;

/** Results of jobs and steps in the words of GitHub's REST. */
export const CONCLUSIONS: Record<TaskResult, 'success' | 'failure' | 'cancelled' | 'skipped'> = {
  succeeded: 'success',
  succeededWithIssues: 'success',
  failed: 'failure',
  canceled: 'cancelled',
  skipped: 'skipped',
  abandoned: 'failure',
};

/**
 * The steps as the end of the job reports them. The official worker sends updates of steps only once, also when the
 * server is away, so that the last ones may be missing; the report of the end it repeats (runner-protocol 4.7, 8.1).
 */
export async function recordStepResults(db: Queries, jobId: number, results: WireStepResult[]): Promise<void> {
  const steps = await stepsOfJobs(db, [jobId]);
  const ended = new Set(steps.filter(({ status }) => status === 'completed').map((step) => step.external_id));
  for (const result of results) {
    const externalId = result.external_id.toLowerCase();
    if (ended.has(externalId) || !result.number || result.status !== 'completed') continue;
    const change = {
      externalId,
      number: result.number,
      name: result.name ?? '',
      status: result.status,
      conclusion: result.conclusion ? CONCLUSIONS[result.conclusion] : null,
      startedAt: wireTime(result.started_at),
      completedAt: wireTime(result.completed_at),
    };
    await applyStep(db, jobId, change, FINAL_ORDER);
  }
}

/** .NET writes up to seven digits of a second; ours are three. */
export function wireTime(text: string | null | undefined): string | null {
  const time = Date.parse(text ?? '');
  // The year 1 is .NET's "not set".
  return Number.isNaN(time) || time < 0 ? null : new Date(time).toISOString();
}
