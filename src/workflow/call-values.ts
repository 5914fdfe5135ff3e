/** What goes into a called workflow and what comes out of it (SEM-11.4, 11.5, 11.8). */
import type { Json, TemplateToken } from '../protocol/runner/tokens.ts';
import { ExpressionError } from './expressions/index.ts';
import { booleanOf, Fields, jobScope, numberOf, ROOT_CONTEXTS, scalarText, scopeOf } from './fields.ts';
import type {
  CallInput,
  Evaluated,
  JobConfiguration,
  JobContexts,
  Workflow,
  WorkflowCall,
  WorkflowJob,
} from './model.ts';
import { isAbsent, literalOf, membersOf } from './tokens.ts';

/**
 * The `inputs` context of a called workflow, with the declared types.
 * @param callee the called file
 * @param job the calling job of `workflow`
 * @param contexts of the calling job; defaults see its `github`, `inputs` and `vars`
 */
export function callInputs(
  callee: Workflow,
  job: WorkflowJob,
  workflow: Workflow,
  contexts: JobContexts,
  configuration: JobConfiguration,
): Evaluated<Record<string, Json>> {
  const given = givenByName(callOf(job).with);
  const fields = new Fields(workflow, job, jobScope(contexts, configuration));
  const defaults = new Fields(callee, null, scopeOf(contexts, ROOT_CONTEXTS));
  const values = (callee.callable?.inputs ?? []).map((input): [string, Json] => {
    const token = given.get(input.name.toLowerCase());
    const convert = typed(input.type, token ?? input.default);
    if (token !== undefined) return [input.name, fields.read(`with.${input.name}`, token, convert) ?? null];
    if (isAbsent(input.default)) return [input.name, EMPTY[input.type]];
    return [input.name, defaults.read(`inputs.${input.name}.default`, input.default, convert) ?? null];
  });
  return fields.outcome(Object.fromEntries(values), defaults);
}

/**
 * The secrets that the jobs of a called workflow see, names in upper case.
 * @param contexts of the calling job
 * @param secrets that the calling job sees
 */
export function callSecrets(
  callee: Workflow,
  job: WorkflowJob,
  workflow: Workflow,
  contexts: JobContexts,
  configuration: JobConfiguration,
  secrets: Record<string, string>,
): Evaluated<Record<string, string>> {
  const call = callOf(job);
  const upper = Object.entries(secrets).map(([name, value]) => [name.toUpperCase(), value]);
  if (call.secrets === 'inherit') return { ok: true, value: Object.fromEntries(upper) };
  const scope = jobScope({ ...contexts, secrets }, configuration, ['secrets']);
  const fields = new Fields(workflow, job, scope, () => UNTOLD);
  const declared = new Set(callee.callable?.secrets.map(({ name }) => name.toLowerCase()));
  const passed: [string, string][] = [];
  for (const { name, value } of membersOf(call.secrets)) {
    const text = fields.read(`secrets.${name}`, value, scalarText);
    if (text && declared.has(name.toLowerCase())) passed.push([name.toUpperCase(), text]);
  }
  return fields.outcome(Object.fromEntries(passed));
}

/** The outputs of a called workflow once its jobs have ended. @param contexts `github`, `jobs`, `vars` and `inputs` */
export function callOutputs(callee: Workflow, contexts: JobContexts): Evaluated<Record<string, string>> {
  const fields = new Fields(callee, null, scopeOf(contexts, [...ROOT_CONTEXTS, 'jobs']));
  const values = (callee.callable?.outputs ?? []).map(({ name, value }): [string, string] => [
    name,
    fields.read(`outputs.${name}`, value, scalarText) ?? '',
  ]);
  return fields.outcome(Object.fromEntries(values));
}

const UNTOLD = 'What is wrong is not told, because it could show a secret.';

const EMPTY: Record<CallInput['type'], Json> = { string: '', number: 0, boolean: false };

/** What is wrong with a literal for an input of this type (SEM-11.4), or `undefined`; an expression is seen later. */
export function literalInput(type: CallInput['type'], token: TemplateToken): string | undefined {
  const literal = literalOf(token);
  if (literal === undefined || isAbsent(token)) return undefined;
  try {
    typed(type, token)(literal);
    return undefined;
  } catch (error) {
    if (error instanceof ExpressionError) return error.message;
    throw error;
  }
}

/** Makes values of the type. Of literals also the texts `true` and `false` are booleans (SEM-21.2). */
function typed(type: CallInput['type'], token: TemplateToken): (value: Json) => Json {
  if (type === 'string') return scalarText;
  if (type === 'number') return numberOf;
  const isText = ['true', 'false'].includes(String(literalOf(token)));
  return isText ? (value) => value === true || value === 'true' : booleanOf;
}

function callOf(job: WorkflowJob): WorkflowCall {
  if (!job.call) throw new Error(`job ${job.key} calls nothing`);
  return job.call;
}

const givenByName = (token: TemplateToken): Map<string, TemplateToken> =>
  new Map(membersOf(token).map(({ name, value }) => [name.toLowerCase(), value]));
