import type { Workflow } from '../../model.ts';
import type { Reference } from '../../references.ts';
import type { Found, Rule } from '../finding.ts';
import { type LintFile, placeOfReference, type WrittenExpression } from '../lint-file.ts';
import { textOf } from './untrusted-input.ts';

/** SEM-4.8, 11.4 */
export const unknownInput: Rule = {
  id: 'unknown-input',
  severity: 'error',
  summary: 'An expression reads an input that the workflow does not declare, so the value is always null.',
  hint: 'Declare it under `on.workflow_dispatch.inputs` or `on.workflow_call.inputs`.',
  check: (file) =>
    file.expressions.flatMap((expression) =>
      expression.references.flatMap((reference) => ofReference(file, expression, reference)),
    ),
};

function ofReference(file: LintFile, expression: WrittenExpression, reference: Reference): Found[] {
  const name = inputName(reference);
  if (name === undefined) return [];
  const known = declared(file.workflow, reference.context === 'inputs');
  if (known.some((candidate) => candidate.toLowerCase() === name.toLowerCase())) return [];
  const there = known.length > 0 ? `the workflow declares only ${known.join(', ')}` : 'the workflow declares no inputs';
  const message = `${textOf(reference)} is always null: ${there}.`;
  const found = { place: placeOfReference(file, expression, reference), message };
  return [reference.mayBeNull ? { ...found, severity: 'warning' } : found];
}

/** `inputs.x` or `github.event.inputs.x` */
function inputName({ context, members }: Reference): string | undefined {
  const isEvent =
    context === 'github' && members[0]?.toLowerCase() === 'event' && members[1]?.toLowerCase() === 'inputs';
  const name = context === 'inputs' ? members[0] : isEvent ? members[2] : undefined;
  return typeof name === 'string' && name !== '*' ? name : undefined;
}

function declared({ triggers, callable }: Workflow, called: boolean): string[] {
  const dispatch = (triggers ?? []).flatMap(({ inputs = [] }) => inputs.map(({ name }) => name));
  return [...dispatch, ...(called ? (callable?.inputs ?? []).map(({ name }) => name) : [])];
}
