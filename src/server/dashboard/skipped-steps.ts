import type { JobRow } from '../../store/jobs.ts';
import { type StepRow, stepsOfJobs } from '../../store/steps.ts';
import type { ServerContext } from '../context.ts';
import { readLog } from '../runner-service/step-logs.ts';

/** After a failure all later steps are skipped for the same reason; so many tell enough. */
const MAX_TOLD = 10;

/**
 * Why steps of a job were skipped, a sentence each. GitHub's protocol has no field for it, so the runner writes it as the
 * only line of the step's log; runners that write none leave the step out.
 */
export async function skippedSteps(
  context: Pick<ServerContext, 'db' | 'blobs' | 'liveLogs'>,
  job: Pick<JobRow, 'id' | 'phase'>,
): Promise<string[]> {
  const steps = (await stepsOfJobs(context.db, [job.id])).filter(({ conclusion }) => conclusion === 'skipped');
  const told = await Promise.all(steps.slice(0, MAX_TOLD).map((step) => whySkipped(context, job, step)));
  const sentences = told.filter((sentence) => sentence !== undefined);
  const more = steps.length - MAX_TOLD;
  return more > 0 ? [...sentences, `${more} more steps were skipped; their logs say why.`] : sentences;
}

async function whySkipped(
  context: Parameters<typeof readLog>[0],
  job: Pick<JobRow, 'id' | 'phase'>,
  step: StepRow,
): Promise<string | undefined> {
  const { lines } = await readLog(context, job, step, 1, 1);
  const [, because] = /^\S+ Skipped (because .*)$/.exec(lines[0] ?? '') ?? [];
  return because && `The step "${step.name}" was skipped ${because}`;
}
