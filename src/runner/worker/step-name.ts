/** What a step is called in the list of steps: SEM-16.9. */
import type { JobStep } from '../../protocol/runner/job-message.ts';
import { type TemplateToken, TokenType } from '../../protocol/runner/tokens.ts';
import { evaluateTemplate, type Scope, toText } from '../../workflow/expressions/index.ts';
import { usesText } from './actions/references.ts';

/** What a name is made of; steps of composite actions have it too. */
export type NamedStep = Pick<JobStep, 'displayNameToken' | 'reference' | 'inputs'>;

/**
 * The given name, or `Run` and the first line of the script, or `Run` and the action; never empty.
 * @throws ExpressionError when the given name cannot be evaluated
 */
export function stepName(step: NamedStep, scope: Scope): string {
  return firstLine(toText(evaluateTemplate(step.displayNameToken ?? null, scope))) || defaultName(step, scope);
}

/** The name shown while the step waits; a given name that needs what comes later leaves the default one. */
export function earlyStepName(step: NamedStep, scope: Scope): string {
  // No files yet: what must hash them counts as not to be evaluated.
  const early = { ...scope, hashFiles: undefined };
  try {
    return stepName(step, early);
  } catch {
    // The step's own run reports what is wrong.
    return defaultName(step, early);
  }
}

function defaultName(step: NamedStep, scope: Scope): string {
  if (step.reference.type !== 'script') return `Run ${usesText(step.reference)}`;
  try {
    return `Run ${firstLine(toText(evaluateTemplate(scriptOf(step.inputs), scope))) || 'a script'}`;
  } catch {
    // As above.
    return 'Run a script';
  }
}

/** Alone, because the other inputs may not be ready yet. */
function scriptOf(inputs: TemplateToken | undefined): TemplateToken {
  if (inputs === null || typeof inputs !== 'object' || inputs.type !== TokenType.mapping) return null;
  return inputs.map?.find(({ Key }) => evaluateTemplate(Key, { contexts: {} }) === 'script')?.Value ?? null;
}

const firstLine = (text: string): string => text.trim().split(/\r?\n/, 1)[0]?.trim() ?? '';
