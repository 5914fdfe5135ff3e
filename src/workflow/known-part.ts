/** What is certain of a job before a run: what an expression decides whose values are not known yet is left out. */
import { withoutUrl } from './evaluate-job.ts';
import type { WorkflowJob } from './model.ts';
import { type Reference, referencesIn } from './references.ts';

/** Keys of a job that the server evaluates for each configuration, by their names in the file. */
const FIELDS = {
  name: 'name',
  'runs-on': 'runsOn',
  'timeout-minutes': 'timeoutMinutes',
  'cancel-timeout-minutes': 'cancelTimeoutMinutes',
  'continue-on-error': 'continueOnError',
  environment: 'environment',
  concurrency: 'concurrency',
} as const satisfies Record<string, keyof WorkflowJob>;

export type JobField = keyof typeof FIELDS;

export interface KnownPart {
  /** The job without the unknown fields; a literal stands for an unknown `runs-on`, which must not be absent. */
  job: WorkflowJob;
  unknown: JobField[];
}

/** @param isKnown whether the value that a reference looks at is known */
export function knownPart(job: WorkflowJob, isKnown: (reference: Reference) => boolean): KnownPart {
  const unknown: JobField[] = [];
  const known = { ...job };
  for (const [field, property] of Object.entries(FIELDS) as [JobField, (typeof FIELDS)[JobField]][]) {
    const token = property === 'environment' ? withoutUrl(job.environment) : job[property];
    if (referencesIn(token).every(isKnown)) continue;
    unknown.push(field);
    known[property] = field === 'runs-on' ? 'unknown' : null;
  }
  return { job: known, unknown };
}
