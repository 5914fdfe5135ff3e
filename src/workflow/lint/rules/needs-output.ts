import type { WorkflowJob } from '../../model.ts';
import type { Reference } from '../../references.ts';
import { isMappingToken, membersOf } from '../../tokens.ts';
import type { Found, Rule } from '../finding.ts';
import { type LintFile, placeOfReference, type WrittenExpression } from '../lint-file.ts';
import type { LintRepository } from '../repository.ts';
import { textOf } from './untrusted-input.ts';

/** SEM-9.8, 11.8 */
export const needsOutput: Rule = {
  id: 'needs-output',
  severity: 'warning',
  summary: 'An expression reads an output that the job does not declare, so the value is always null.',
  hint: 'Declare it under `outputs` of that job; of a called workflow under `on.workflow_call.outputs`.',
  check: (file, repository) =>
    file.expressions.flatMap((expression) =>
      expression.references.flatMap((reference) => ofReference(file, repository, expression, reference)),
    ),
};

function ofReference(
  file: LintFile,
  repository: LintRepository,
  expression: WrittenExpression,
  reference: Reference,
): Found[] {
  const [key, part, output] = reference.members;
  if (reference.context !== 'needs' && reference.context !== 'jobs') return [];
  if (typeof key !== 'string' || part?.toLowerCase() !== 'outputs' || typeof output !== 'string' || output === '*')
    return [];
  const job = file.workflow.jobs.find((candidate) => candidate.key.toLowerCase() === key.toLowerCase());
  const outputs = job && outputsOf(job, repository);
  if (!job || !outputs || outputs.some((name) => name.toLowerCase() === output.toLowerCase())) return [];
  const declared = outputs.length > 0 ? `declares only the outputs ${outputs.join(', ')}` : 'declares no outputs';
  const message = `${textOf(reference)} is always null: the job ${job.key} ${declared}.`;
  return [{ place: placeOfReference(file, expression, reference), message }];
}

/** `undefined` when they cannot be known from the files. */
function outputsOf({ call, outputs }: WorkflowJob, { files }: LintRepository): string[] | undefined {
  if (!call)
    return isMappingToken(outputs) || outputs === null ? membersOf(outputs).map(({ name }) => name) : undefined;
  if (call.reference.repository !== null) return undefined;
  const callee = files.find(({ path }) => path === call.reference.path)?.workflow;
  return callee?.callable?.outputs.map(({ name }) => name);
}
