/** What the steps of a job wrote to GITHUB_STEP_SUMMARY (SEM-24.7). */
import type { JobSummary } from '../../protocol/dashboard/index.ts';
import type { StepSummaryMetadata } from '../../protocol/runner/index.ts';
import { completeSummary, stepsOfJobs } from '../../store/steps.ts';
import type { JobClaims } from '../auth/jwt.ts';
import type { ServerContext } from '../context.ts';
import { stepSummaryName } from './log-names.ts';

/** Of one step; the runner rejects larger ones itself. */
export const SUMMARY_BYTES = 1024 * 1024;
/** Of one job. */
const SHOWN_STEPS = 20;

/** The size is that of the blob, whatever the runner says: without one there is no summary. */
export async function endSummary(
  context: Pick<ServerContext, 'db' | 'blobs' | 'changes'>,
  { jobId }: JobClaims,
  { step_backend_id: stepId }: StepSummaryMetadata,
): Promise<{ ok: true }> {
  const sizeBytes = await context.blobs.size(stepSummaryName(jobId, stepId));
  if (sizeBytes) await completeSummary(context.db, jobId, stepId.toLowerCase(), sizeBytes);
  context.changes.emit('job', jobId);
  return { ok: true };
}

export async function readSummary(
  { db, blobs }: Pick<ServerContext, 'db' | 'blobs'>,
  jobId: number,
): Promise<JobSummary> {
  const written = (await stepsOfJobs(db, [jobId])).filter(({ summary_bytes }) => summary_bytes > 0);
  const steps: JobSummary['steps'] = [];
  for (const { external_id, number, name } of written.slice(0, SHOWN_STEPS)) {
    const blob = await blobs.read(stepSummaryName(jobId, external_id), { start: 0, end: SUMMARY_BYTES - 1 });
    const pieces: Uint8Array[] = [];
    for await (const piece of blob?.stream ?? []) pieces.push(piece as Uint8Array);
    steps.push({ number, name, markdown: Buffer.concat(pieces).toString('utf8') });
  }
  return { steps, leftOut: written.length - steps.length };
}
