/** Conditions of jobs before the jobs that they look at have ended: true, false, or not to be told yet. */
import type { Json } from '../../protocol/runner/tokens.ts';
import { evaluateJobCondition, type JobCondition } from '../evaluate-job.ts';
import type { JobResult, Workflow, WorkflowJob } from '../model.ts';
import { type Reference, referencesOf } from '../references.ts';
import type { PlannedCondition } from './model.ts';

export interface Foresight {
  contexts: Record<string, Json>;
  isKnown: (reference: Reference) => boolean;
  /** Of every job in the closure of its needs; `null`: not known. */
  ancestors: Map<string, JobResult | null>;
}

export interface ForeseenCondition {
  condition: PlannedCondition;
  /** It cannot be evaluated. */
  error?: string;
}

/** What ancestors without a result can all have ended with; mixtures make no other difference to status functions. */
const POSSIBLE: JobResult[] = ['success', 'failure', 'skipped'];

export function foreseeCondition(workflow: Workflow, job: WorkflowJob, foresight: Foresight): ForeseenCondition {
  const { contexts, ancestors, isKnown } = foresight;
  const seen = NAMES_JOBS.test(job.condition) ? [...ancestors] : distinctResults(ancestors);
  const isOpen = seen.some(([, result]) => result === null);
  const outcomes = (isOpen ? POSSIBLE : POSSIBLE.slice(0, 1)).map((possible) => {
    const ancestorResults = Object.fromEntries(seen.map(([key, result]) => [key, result ?? possible]));
    return evaluateJobCondition(workflow, job.key, { contexts, ancestorResults, cancelled: false });
  });
  const [first] = outcomes;
  const references = referencesOf(job.condition);
  const isCertain = references.every(isKnown) && !(isOpen && NAMES_JOBS.test(job.condition));
  const agree = isCertain && outcomes.every(({ run, error }) => run === first?.run && error === first?.error);
  const condition = {
    expression: job.condition,
    result: agree && first && !first.error ? first.run : null,
    values: first ? knownValues(first, references.filter(isKnown)) : [],
  };
  return { condition, ...(agree && first?.error && { error: first.error }) };
}

/** One ancestor for each result: who does not name jobs sees no more of them, and there can be thousands. */
function distinctResults(ancestors: Foresight['ancestors']): [string, JobResult | null][] {
  const byResult = new Map([...ancestors].map(([key, result]) => [result, key]));
  return [...byResult].map(([result, key]) => [key, result]);
}

/** `success('build')` looks at one job, so that mixtures of results count. */
const NAMES_JOBS = /\b(?:success|failure)\s*\(\s*[^)\s]/i;

function knownValues({ values }: JobCondition, known: Reference[]): JobCondition['values'] {
  const names = new Set(known.map(({ context, members }) => [context, ...members].join('.').toLowerCase()));
  return values.filter(({ name }) => names.has(name.replace(/\['([^']*)'\]|\[(\d+)\]/g, '.$1$2').toLowerCase()));
}
