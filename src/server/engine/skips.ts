import type { JobRow } from '../../store/jobs.ts';
import { type JobCondition, transitiveNeeds } from '../../workflow/index.ts';
import { resultOf } from './contexts.ts';
import type { Level } from './run-bundle.ts';

/** Why a job was skipped: its condition, the values it saw, and what went wrong before it. */
export function describeSkip(level: Level, job: JobRow, { condition, values }: JobCondition): string {
  const unsuccessful = transitiveNeeds(level.workflow, job.key).flatMap((key) => {
    const result = resultOf(level.jobs, key);
    return result && result !== 'success' ? [`${key} ended with ${result}`] : [];
  });
  const seen = [...values.map(({ name, value }) => `${name} is ${JSON.stringify(value)}`), ...unsuccessful];
  const because = seen.length > 0 ? `: ${seen.join(', ')}` : '';
  return `Skipped because its condition \`${condition}\` was false${because}.`;
}
