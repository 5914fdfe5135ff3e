import type { JobRow } from '../../store/jobs.ts';
import { describeSkip } from '../../workflow/expressions/index.ts';
import { type JobCondition, transitiveNeeds } from '../../workflow/index.ts';
import { resultOf } from './contexts.ts';
import type { Level } from './run-bundle.ts';

/** Why a job was skipped: its condition, the values it saw, and what went wrong before it. */
export function describeJobSkip(level: Level, job: JobRow, { condition, values }: JobCondition): string {
  const troubles = transitiveNeeds(level.workflow, job.key).flatMap((key) => {
    const result = resultOf(level.jobs, key);
    return result && result !== 'success' ? [`${key} ended with ${result}`] : [];
  });
  return describeSkip({ condition, values, troubles });
}
