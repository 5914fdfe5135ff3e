import type { Reference } from '../../references.ts';
import { same } from '../../routing.ts';
import { literalTexts, member } from '../../tokens.ts';
import type { Found, Rule } from '../finding.ts';
import { type LintFile, placeOfReference, type WrittenExpression } from '../lint-file.ts';
import { textOf } from './untrusted-input.ts';

/** SEM-9.8: only direct needs are in the context; anything else in it is null. */
export const needsContext: Rule = {
  id: 'needs-context',
  severity: 'error',
  summary:
    'An expression looks at a job that its own job does not need, or that does not exist, so the value is always null.',
  hint: 'Add the job to `needs`: only jobs named there, not the jobs those need, are in the context.',
  check: (file) =>
    file.expressions.flatMap((expression) =>
      expression.references.flatMap((reference) => ofReference(file, expression, reference)),
    ),
};

function ofReference(file: LintFile, expression: WrittenExpression, reference: Reference): Found[] {
  const problem = problemOf(file, expression, reference);
  if (problem === undefined) return [];
  return [
    {
      place: placeOfReference(file, expression, reference),
      message: `${textOf(reference)} is always null: ${problem}.`,
    },
  ];
}

function problemOf(file: LintFile, { job }: WrittenExpression, { context, members }: Reference): string | undefined {
  const [key, part] = members;
  if ((context !== 'needs' && context !== 'jobs') || typeof key !== 'string' || key === '*') return undefined;
  const exists = file.workflow.jobs.some((candidate) => same(candidate.key, key));
  if (!exists && !isNeeded(file, job?.key, key)) return `there is no job ${key}`;
  if (context === 'needs' && job && !isNeeded(file, job.key, key)) return `the job ${job.key} does not need ${key}`;
  if (typeof part !== 'string' || ['result', 'outputs', '*'].includes(part.toLowerCase())) return undefined;
  return 'of a job there are only result and outputs';
}

/** As the file says it: a need that does not exist has been reported by reading. */
function isNeeded({ root }: LintFile, job: string | undefined, key: string): boolean {
  if (job === undefined) return false;
  const needs = literalTexts(member(member(member(root, 'jobs'), job), 'needs'));
  return needs.some((need) => same(need, key));
}
