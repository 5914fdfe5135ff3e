/** Checking and compiling `if` (SEM-9.3, 9.4, 22.4). */
import { errorText } from '../../common/errors.ts';
import type { TemplateToken } from '../../protocol/runner/tokens.ts';
import { compileCondition, parseInScope, type Scope, type StatusFunctions } from '../expressions/index.ts';
import { isExpression, isObjectToken, literalText } from '../tokens.ts';
import type { Problems } from './problems.ts';
import type { TemplateTree } from './read-template.ts';

const noStatus: StatusFunctions = { success: () => true, failure: () => false, cancelled: () => false };

const contexts = (names: string): Scope['contexts'] => Object.fromEntries(names.split(' ').map((name) => [name, null]));

/** What the `if` of a job and of a step may use (SEM-22.4). */
export const CONDITION_SCOPES = {
  job: { contexts: contexts('github needs vars inputs'), status: { ...noStatus, takesJobs: true } },
  step: {
    contexts: contexts('github needs strategy matrix job runner env vars steps inputs'),
    status: noStatus,
    hashFiles: () => '',
  },
} satisfies Record<string, Scope>;

/** The compiled condition; `success()` when it is wrong, which is reported. */
export function readCondition(
  token: TemplateToken,
  place: keyof typeof CONDITION_SCOPES,
  { mixed }: TemplateTree,
  problems: { errors: Problems; warnings: Problems },
): string {
  const at = isObjectToken(token) ? token : null;
  if (mixed.has(token)) {
    const advice = 'Write the whole condition inside one ${{ }}, or without any.';
    problems.warnings.add(`The condition mixes text with \${{ }}, so it is always true. ${advice}`, at);
  }
  try {
    const text = literalText(token) ?? '';
    // The template reader has reported what is wrong inside ${{ }} and left the text as it was.
    if (text.includes('${{')) return 'success()';
    const expression = isExpression(token) ? token.expr : text.trim();
    if (expression !== '') parseInScope(expression, CONDITION_SCOPES[place]);
    return compileCondition(isExpression(token) ? `\${{ ${expression} }}` : expression);
  } catch (error) {
    problems.errors.add(errorText(error), at);
    return 'success()';
  }
}
