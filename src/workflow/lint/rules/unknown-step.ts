import type { WorkflowJob } from '../../model.ts';
import type { Reference } from '../../references.ts';
import { literalText, member } from '../../tokens.ts';
import type { Found, Rule } from '../finding.ts';
import { type LintFile, placeOfReference, stepTokens, type WrittenExpression } from '../lint-file.ts';
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
  if (step !== undefined && !isVisible(job, index, step))
    return `the step ${id} runs in the background, and nothing has waited for it before`;
  if (typeof property !== 'string' || PROPERTIES.includes(property.toLowerCase())) return undefined;
  return 'of a step there are only outputs, outcome and conclusion';
}

const known = new WeakMap<WorkflowJob, Map<string, number>>();

/** SEM-18.3: what a background step leaves shows from the control step on that covers it. */
function isVisible({ steps }: WorkflowJob, index: number, reader: number): boolean {
  const looked = steps[index];
  if (!looked?.background) return true;
  const between = steps.slice(index + 1, reader).flatMap(({ control }) => control ?? []);
  return between.some(({ type, targets }) => type === 'wait-all' || targets.includes(looked.contextName));
}

/** Index of the step by its id. */
function stepIds({ root }: LintFile, job: WorkflowJob): Map<string, number> {
  const before = known.get(job);
  if (before) return before;
  const ids = stepTokens(root, job).map(({ token }, index) => [literalText(member(token, 'id')), index] as const);
  const found = new Map(ids.flatMap(([id, index]) => (id === undefined ? [] : [[id.toLowerCase(), index]])));
  known.set(job, found);
  return found;
}
