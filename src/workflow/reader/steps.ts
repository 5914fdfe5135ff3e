/** The `steps` of a job (SEM-1.14, 17.1). */
import type { TemplateToken } from '../../protocol/runner/tokens.ts';
import type { WorkflowStep } from '../model.ts';
import { isAbsent, isObjectToken, isSequenceToken, literalText, member, plainText } from '../tokens.ts';
import { readCondition } from './conditions.ts';
import { idProblem, StepNames } from './ids.ts';
import type { Problems } from './problems.ts';
import type { TemplateTree } from './read-template.ts';

export interface ReadContext {
  tree: TemplateTree;
  errors: Problems;
  warnings: Problems;
}

export function readSteps(token: TemplateToken, context: ReadContext): WorkflowStep[] {
  const items = isSequenceToken(token) ? token.seq : [];
  const names = new StepNames();
  // Given ids first: a generated name gives way to them wherever they stand.
  const ids = items.map((item) => readId(member(item, 'id'), names, context.errors));
  return items.map((item, index) => readStep(item, ids[index], names, context));
}

function readId(token: TemplateToken, names: StepNames, errors: Problems): string | undefined {
  const id = literalText(token);
  if (id === undefined || isAbsent(token)) return undefined;
  const twice = `The identifier '${id}' may not be used more than once within the same scope.`;
  const problem = names.take(id) ? idProblem(id) : twice;
  if (problem) errors.add(problem, isObjectToken(token) ? token : null);
  return id;
}

function readStep(item: TemplateToken, id: string | undefined, names: StepNames, context: ReadContext): WorkflowStep {
  const part = (name: string): TemplateToken => member(item, name);
  const [run, uses] = [part('run'), plainText(part('uses')) || undefined];
  const problem = uses === undefined ? undefined : usesProblem(uses);
  if (problem) context.errors.add(problem, placeOf(part('uses')));
  return {
    contextName: id ?? names.generate(uses),
    condition: readCondition(part('if'), 'step', context.tree, context),
    name: part('name'),
    run: uses === undefined ? run : undefined,
    uses,
    with: part('with'),
    env: part('env'),
    shell: part('shell'),
    workingDirectory: part('working-directory'),
    continueOnError: part('continue-on-error'),
    timeoutMinutes: part('timeout-minutes'),
  };
}

const placeOf = (token: TemplateToken): { line?: number; col?: number } | null => (isObjectToken(token) ? token : null);

const REMOTE_ACTION = /^[^/\\@\s]+[/\\][^/\\@\s]+([/\\][^@]*)?@.+$/;

function usesProblem(uses: string): string | undefined {
  if (uses.startsWith('./') || uses.startsWith('.\\')) return undefined;
  if (uses.startsWith('docker://') && uses.length > 'docker://'.length) return undefined;
  if (/^\$\/[^@]*$/.test(uses)) return undefined;
  if (REMOTE_ACTION.test(uses)) return undefined;
  return `Expected format {org}/{repo}[/path]@ref. Actual '${uses}'`;
}
