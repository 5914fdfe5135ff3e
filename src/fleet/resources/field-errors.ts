/** Problems of single fields, worded and coded as the Kubernetes API does. */
import type { z } from 'zod';
import { UserError } from '../../common/errors.ts';

export interface FieldCause {
  reason: 'FieldValueRequired' | 'FieldValueInvalid' | 'FieldValueTypeInvalid' | 'FieldValueForbidden';
  message: string;
  /** Such as `spec.template.spec.labels[0]`. */
  field: string;
}

/** What cannot be stored, as kubectl names it to its user. */
export interface InvalidSubject {
  name: string;
  group: string;
  kind: string;
}

/** The object cannot be stored as it is. `causes` names each field. */
export class InvalidObject extends UserError {
  readonly subject: InvalidSubject;
  readonly causes: FieldCause[];

  constructor(subject: InvalidSubject, causes: FieldCause[]) {
    const { name, group, kind } = subject;
    const what = `${group ? `${kind}.${group}` : kind} "${name}"`;
    const problems = causes.map(({ field, message }) => `${field}: ${message}`);
    const list = problems.length === 1 ? problems[0] : `[${problems.join(', ')}]`;
    super('invalid-object', `${what} is invalid: ${list}`, { status: 422 });
    this.subject = subject;
    this.causes = causes;
  }
}

export const requiredValue = (field: string, problem: string): FieldCause => ({
  reason: 'FieldValueRequired',
  message: `Required value: ${problem}`,
  field,
});

export const invalidValue = (field: string, value: unknown, problem: string): FieldCause => ({
  reason: 'FieldValueInvalid',
  message: `Invalid value: ${JSON.stringify(value)}: ${problem}`,
  field,
});

/** `root` + zod's path, in the spelling `root.list[0].field`. */
export function fieldPath(root: string, path: readonly PropertyKey[]): string {
  let text = root;
  for (const part of path) text += typeof part === 'number' ? `[${part}]` : `.${String(part)}`;
  return text.replace(/^\./, '');
}

/** One cause for a problem that zod found in the value below `root`. */
export function causeOf(root: string, issue: z.core.$ZodIssue): FieldCause {
  const field = fieldPath(root, issue.path);
  const missing = issue.code === 'invalid_type' && issue.message.endsWith('received undefined');
  if (missing) return requiredValue(field, 'this field must be set');
  const reason = issue.code === 'invalid_type' ? 'FieldValueTypeInvalid' : 'FieldValueInvalid';
  return { reason, message: `Invalid value: ${issue.message}`, field };
}
