import { Readable } from 'node:stream';
import type { LogPage } from '../../protocol/dashboard/index.ts';
import type { BlobStore } from '../../store/blobs.ts';
import type { JobRow } from '../../store/jobs.ts';
import { type StepRow, stepsOfJobs } from '../../store/steps.ts';
import type { ServerContext } from '../context.ts';
import { BlobLines } from './blob-lines.ts';
import { jobLogName, stepLogName } from './log-names.ts';

type LogContext = Pick<ServerContext, 'db' | 'blobs' | 'liveLogs'>;

/** Lines in one answer, at most. */
export const MAX_PAGE_LINES = 10_000;

/** Indexes of the blobs read lately, per store. */
const indexes = new WeakMap<BlobStore, BlobLines>();

/** Lines of a step from line number `from`: from its blob once that is complete, before from what came over the feed. */
export async function readLog(
  context: LogContext,
  job: Pick<JobRow, 'id' | 'phase'>,
  step: StepRow,
  from: number,
  limit: number,
): Promise<LogPage> {
  const count = Math.min(limit, MAX_PAGE_LINES);
  const first = Math.max(1, from);
  if (step.log_complete) {
    const page = await linesOf(context.blobs).read(stepLogName(job.id, step.external_id), first, count);
    if (page) return { from: first, ...page, complete: true };
  }
  const page = context.liveLogs.read(job.id, step.external_id, first, count);
  // A job that was lost leaves what came over the feed.
  return { from: first, ...page, complete: job.phase === 'completed' };
}

/**
 * The whole log of a job as text: the one that the worker uploaded, or, for a job that was lost, what its steps left.
 * @returns undefined when there is nothing at all
 */
export async function readJobLog(
  context: LogContext,
  job: Pick<JobRow, 'id' | 'phase'>,
): Promise<Readable | undefined> {
  const whole = await context.blobs.read(jobLogName(job.id));
  if (whole && job.phase === 'completed') return whole.stream;
  const steps = await stepsOfJobs(context.db, [job.id]);
  const hasLines = steps.some((step) => step.log_complete || context.liveLogs.total(job.id, step.external_id) > 0);
  return hasLines ? Readable.from(joinSteps(context, job, steps)) : undefined;
}

async function* joinSteps(
  context: LogContext,
  job: Pick<JobRow, 'id' | 'phase'>,
  steps: StepRow[],
): AsyncGenerator<string> {
  for (const step of steps) {
    for (let from = 1; ; ) {
      const { lines } = await readLog(context, job, step, from, MAX_PAGE_LINES);
      if (lines.length === 0) break;
      yield `${lines.join('\n')}\n`;
      from += lines.length;
    }
  }
}

function linesOf(blobs: BlobStore): BlobLines {
  const known = indexes.get(blobs) ?? new BlobLines(blobs);
  indexes.set(blobs, known);
  return known;
}
