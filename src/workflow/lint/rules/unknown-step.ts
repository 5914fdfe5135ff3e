import type { WorkflowJob } from '../../model.ts';
import type { Reference } from '../../references.ts';
import { walkTokens } from '../../token-walk.ts';
import { literalText, member } from '../../tokens.ts';
import type { Found, Rule } from '../finding.ts';
import { type LintFile, placeOfReference, type WrittenExpression } from '../lint-file.ts';
import { textOf } from './untrusted-input.ts';

/** SEM-19.5: a step is in the context once it has run or was skipped. */
export const unknownStep: Rule = {
  id: 'unknown-step',
  severity: 'error',
  summary: 'An expression looks at a step that no step of the job has as its id, or that has not run yet.',
  hint: 'Give the step this `id`, and read it in a later step or in `outputs` of the job.',
  check: (file) =>
    file.expressions.flatMap((expression) => {
      const steps = expression.references.filter(({ context }) => context === 'steps');
      return steps.flatMap((reference) => ofReference(file, expression, reference));
    }),
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

const PROPERTIES = ['outputs', 'outcome', 'conclusion', '*'];

function problemOf(file: LintFile, { job, step }: WrittenExpression, { members }: Reference): string | undefined {
  const [id, property] = members;
  if (!job || typeof id !== 'string' || id === '*') return undefined;
  const index = stepIds(file, job).get(id.toLowerCase());
  if (index === undefined) return `the job ${job.key} has no step with the id ${id}`;
  if (step !== undefined && index >= step)
    return index === step ? 'the step has not run yet' : `the step ${id} comes later`;
  if (typeof property !== 'string' || PROPERTIES.includes(property.toLowerCase())) return undefined;
  return 'of a step there are only outputs, outcome and conclusion';
}

const known = new WeakMap<WorkflowJob, Map<string, number>>();

/** Index of the step by its id; those within a step of `parallel` have its index (SEM-18.2). */
function stepIds({ root }: LintFile, job: WorkflowJob): Map<string, number> {
  const before = known.get(job);
  if (before) return before;
  const steps = member(member(member(root, 'jobs'), job.key), 'steps');
  const found = new Map<string, number>();
  for (const { path, token, isKey } of walkTokens(steps)) {
    if (isKey || path.at(-1) !== 'id' || path.at(-2) === 'with' || path.at(-2) === 'env') continue;
    found.set((literalText(token) ?? '').toLowerCase(), Number(path[0]));
  }
  known.set(job, found);
  return found;
}
