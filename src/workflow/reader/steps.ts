/** The `steps` of a job (SEM-1.14, 17.1, 18.2). */
import type { TemplateToken } from '../../protocol/runner/tokens.ts';
import { CONTROL_TYPES, type StepControl, type WorkflowStep } from '../model.ts';
import { type StepItem, stepItems } from '../step-items.ts';
import { isAbsent, isObjectToken, literalText, member, membersOf, plainText } from '../tokens.ts';
import { checkBackgroundSteps, isBackground, type NamedItem, readControl } from './background-steps.ts';
import { readCondition } from './conditions.ts';
import { idProblem, StepNames, subjectOf } from './ids.ts';
import type { Problems } from './problems.ts';
import type { TemplateTree } from './read-template.ts';

export interface ReadContext {
  tree: TemplateTree;
  errors: Problems;
  warnings: Problems;
}

export function readSteps(token: TemplateToken, context: ReadContext): WorkflowStep[] {
  const items = stepItems(token);
  const names = new StepNames();
  // Given ids first: a generated name gives way to them wherever they stand.
  const ids = items.map((item) => readId(member(item.token, 'id'), names, context.errors));
  const named = items.map((item, index) => ({ ...item, ...nameOf(item, ids[index], names) }));
  checkBackgroundSteps(named, context);
  return named.map((item, index) => readStep(item, readControl(index, named), context));
}

function nameOf({ token, path, group }: StepItem, id: string | undefined, names: StepNames) {
  if (id !== undefined) return { id, contextName: id };
  const isWait = group !== undefined && path.length === 1;
  const control = isWait ? 'wait' : CONTROL_TYPES.find((type) => membersOf(token).some(({ name }) => name === type));
  return { id, contextName: names.generate(control ?? subjectOf(plainText(member(token, 'uses')) || undefined)) };
}

function readId(token: TemplateToken, names: StepNames, errors: Problems): string | undefined {
  const id = literalText(token);
  if (id === undefined || isAbsent(token)) return undefined;
  const twice = `The identifier '${id}' may not be used more than once within the same scope.`;
  const problem = names.take(id) ? idProblem(id) : twice;
  if (problem) errors.add(problem, isObjectToken(token) ? token : null);
  return id;
}

function readStep(item: NamedItem, control: StepControl | undefined, context: ReadContext): WorkflowStep {
  const part = (name: string): TemplateToken => member(item.token, name);
  const [run, uses] = [part('run'), plainText(part('uses')) || undefined];
  const problem = uses === undefined ? undefined : usesProblem(uses);
  if (problem) context.errors.add(problem, placeOf(part('uses')));
  return {
    contextName: item.contextName,
    condition: readCondition(part('if'), 'step', context.tree, context),
    name: part('name'),
    run: uses === undefined && !control ? run : undefined,
    uses,
    control,
    background: !control && isBackground(item),
    group: item.group,
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
