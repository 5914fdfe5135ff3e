/** Demand to be replayed: one job a line, recorded or generated. */
import { z } from 'zod';
import { UserError } from '../../common/errors.ts';

/** One line of a trace. */
export const TraceLine = z.object({
  /** When the job was queued. */
  queuedAt: z.iso.datetime({ offset: true }),
  /** How long it runs on a runner, without its wait. */
  seconds: z.number().min(0),
  labels: z.array(z.string().min(1)).default(['self-hosted']),
  /** OWNER/NAME; left out where all pools serve it. */
  repository: z.string().optional(),
});
export type TraceLine = z.infer<typeof TraceLine>;

export interface TraceJob {
  queuedAtMs: number;
  runMs: number;
  labels: readonly string[];
  repository: string | undefined;
}

/** A trace that takes longer to read than to replay helps nobody. */
const MAX_JOBS = 1_000_000;

/**
 * JSON lines, in any order; empty ones are skipped.
 * @param file for messages
 * @throws UserError naming file and line
 */
export function parseTrace(text: string, file: string): TraceJob[] {
  const jobs: TraceJob[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    if (jobs.length === MAX_JOBS) throw badTrace(`${file} has more than ${MAX_JOBS} jobs.`);
    jobs.push(jobOf(parseLine(line, `${file}:${index + 1}`)));
  }
  if (jobs.length === 0) throw badTrace(`${file} holds no jobs.`);
  return inOrder(jobs);
}

export const inOrder = (jobs: TraceJob[]): TraceJob[] => jobs.sort((a, b) => a.queuedAtMs - b.queuedAtMs);

export const lineOf = ({ queuedAtMs, runMs, labels, repository }: TraceJob): TraceLine => ({
  queuedAt: new Date(queuedAtMs).toISOString(),
  seconds: runMs / 1_000,
  labels: [...labels],
  ...(repository === undefined ? {} : { repository }),
});

const jobOf = ({ queuedAt, seconds, labels, repository }: TraceLine): TraceJob => ({
  queuedAtMs: Date.parse(queuedAt),
  runMs: seconds * 1_000,
  labels,
  repository,
});

function parseLine(line: string, place: string): TraceLine {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw badTrace(`${place} is not JSON.`, error);
  }
  const parsed = TraceLine.safeParse(value);
  if (parsed.success) return parsed.data;
  throw badTrace(`${place}: ${z.prettifyError(parsed.error)}`);
}

const badTrace = (problem: string, cause?: unknown): UserError =>
  new UserError('bad-trace', problem, {
    hint: 'Each line is a job: {"queuedAt": "2026-01-05T09:00:00Z", "seconds": 90, "labels": ["linux"]}.',
    cause,
  });
