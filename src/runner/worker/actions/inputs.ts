/** The inputs of an action (SEM-17.3, 17.4). */
import type { TemplateToken } from '../../../protocol/runner/tokens.ts';
import { evaluateTemplate, type Scope, toText } from '../../../workflow/expressions/index.ts';
import type { StepContext } from '../step-context.ts';
import type { ActionManifest } from './manifest.ts';

/** What defaults may use; another name is an error. */
const DEFAULT_CONTEXTS = ['github', 'strategy', 'matrix', 'job', 'runner'];

/** By declared name, those that the action does not declare too. @param given `with` of the step */
export function actionInputs(
  context: StepContext,
  manifest: Pick<ActionManifest, 'inputs'>,
  given: TemplateToken,
): Record<string, string> {
  const scope = context.scope();
  const values = new Map<string, { name: string; value: string }>();
  const add = (name: string, value: string): void => void values.set(name.toLowerCase(), { name, value });
  const passed = Object.entries(context.job.evaluateMapping(given, scope, 'with'));
  const isPassed = new Set(passed.map(([name]) => name.toLowerCase()));
  for (const { name, default: text, deprecationMessage } of manifest.inputs) {
    if (!isPassed.has(name.toLowerCase()))
      add(name, text === null ? '' : toText(evaluateTemplate(text, defaultScope(scope))));
    else if (deprecationMessage !== null) {
      context.output.warning(`Input '${name}' has been deprecated with message: ${deprecationMessage}`);
    }
  }
  for (const [name, value] of passed) add(name, value);
  return Object.fromEntries([...values.values()].map(({ name, value }) => [name, value]));
}

const defaultScope = ({ contexts, caseSensitive, hashFiles }: Scope): Scope => ({
  contexts: Object.fromEntries(DEFAULT_CONTEXTS.map((name) => [name, contexts[name] ?? null])),
  caseSensitive,
  hashFiles,
});

/** A name that the action does not know is a warning, not an error. `args` and `entrypoint` are Docker's own. */
export function warnOfUnknown(context: StepContext, manifest: ActionManifest, given: Record<string, string>): void {
  const known = new Set(manifest.inputs.map(({ name }) => name.toLowerCase()));
  if (manifest.runs.using === 'docker') for (const name of ['args', 'entrypoint']) known.add(name);
  const unknown = Object.keys(given).filter((name) => !known.has(name.toLowerCase()));
  if (unknown.length === 0) return;
  const valid = manifest.inputs.map(({ name }) => `'${name}'`).join(', ');
  context.output.warning(`Unexpected input(s) '${unknown.join("', '")}', valid inputs are [${valid}]`);
}

/** `INPUT_` and the name in upper case, spaces as `_`; other characters stay. */
export function inputVariables(inputs: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, value]) => [`INPUT_${name.replaceAll(' ', '_').toUpperCase()}`, value]),
  );
}

/** What a step saved in its earlier stages (SEM-17.6). */
export function stateVariables(state: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(state).map(([name, value]) => [`STATE_${name}`, value]));
}

/** The fold at the start of an action's log. */
export function printAction(context: StepContext, title: string, given: Record<string, string>): void {
  const list = (values: Record<string, string>): string[] =>
    Object.entries(values).map(([name, value]) => `  ${name}: ${value}`);
  const env = list({ ...context.job.env, ...context.env });
  const inputs = list(given);
  context.output.group(
    `Run ${title}`,
    ...(inputs.length > 0 ? ['with:', ...inputs] : []),
    ...(env.length > 0 ? ['env:', ...env] : []),
  );
}
