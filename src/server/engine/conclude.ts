/** The end of a job's row, whatever brought it about. */
import type { Annotation, SourceError } from '../../protocol/dashboard/index.ts';
import { addReason, calledJobs, type JobRow, moveJob } from '../../store/jobs.ts';
import { leaveGroup } from './concurrency.ts';
import { endDeployment } from './deployments.ts';
import type { Unit } from './unit.ts';

export interface JobEnd {
  conclusion: 'success' | 'failure' | 'cancelled' | 'skipped';
  /** Why, when there is no step that tells. */
  reason: string | null;
  annotations?: Annotation[];
  outputs?: Record<string, string>;
  /** What the runner evaluated, checked (SEM-12.5). */
  environmentUrl?: string;
}

/**
 * Ends a job, whatever its phase. Its dependants are the caller's to advance.
 * @returns the row, or undefined when it had completed already
 */
export async function concludeJob(unit: Unit, job: JobRow, end: JobEnd): Promise<JobRow | undefined> {
  const annotations = [...(JSON.parse(job.annotations) as Annotation[]), ...(end.annotations ?? [])];
  const row = await moveJob(unit.db, job.id, UNFINISHED, {
    phase: 'completed',
    conclusion: end.conclusion,
    reason: end.reason,
    annotations: JSON.stringify(annotations),
    outputs: JSON.stringify(end.outputs ?? {}),
    environment_url: end.environmentUrl ?? null,
    lease_until: null,
    completed_at: unit.at,
  });
  if (!row) return undefined;
  if (end.reason) await addReason(unit.db, job.id, end.reason, unit.at);
  if (row.environment !== 'null') await endDeployment(unit, row);
  if (row.concurrency !== 'null' || row.called_file !== null) await leaveGroup(unit, row.run_id, row.id);
  if (row.called_file !== null) await concludeCalled(unit, row);
  unit.moved(row);
  unit.tell({ kind: 'job', action: 'completed', job: row });
  unit.changed('job', job.id);
  // What is left may be waiting for environments only (SEM-31.1).
  unit.changed('run', row.run_id);
  return row;
}

/** A call that is made again in part can end before it is let in (SEM-29.1): then nobody would start its jobs. */
async function concludeCalled(unit: Unit, caller: JobRow): Promise<void> {
  const reason = `Cancelled: ${caller.name}, which calls it, ended with ${caller.conclusion}.`;
  for (const job of await calledJobs(unit.db, caller.id)) {
    await concludeJob(unit, job, { conclusion: 'cancelled', reason });
  }
}

const UNFINISHED = ['blocked', 'held', 'pending', 'waiting', 'queued', 'assigned', 'running', 'calling'] as const;

/** SEM-5.7: an evaluation error fails the job with an annotation, and the run goes on by the usual rules. */
export async function failBeforeStart(unit: Unit, job: JobRow, message: string): Promise<void> {
  await concludeJob(unit, job, { conclusion: 'failure', reason: message, annotations: [failure(message)] });
}

export function failure(message: string): Annotation {
  return { level: 'failure', message, title: null, path: null, line: null, stepNumber: null };
}

export const describeErrors = (errors: SourceError[]): string => errors.map(describeError).join(' ');

/** `file (Line: L, Col: C): text`, as GitHub's own parser writes it (SEM-1.8). */
export function describeError({ file, line, column, message }: SourceError): string {
  return line === null ? `${file}: ${message}` : `${file} (Line: ${line}, Col: ${column}): ${message}`;
}
