/** Inputs of `workflow_dispatch` (SEM-4.7, 4.8). */
import type { Json } from '../protocol/runner/tokens.ts';
import { toNumber, toText } from './expressions/index.ts';
import type { DispatchInput, Workflow } from './model.ts';

export interface DispatchInputs {
  /** The `inputs` context: values of the declared types. */
  inputs: Record<string, Json>;
  /** `github.event.inputs`: the same as texts. */
  texts: Record<string, string>;
  /** Sentences; not empty: refuse the dispatch with 422. */
  errors: string[];
}

const MAX_PAYLOAD_CHARACTERS = 65_535;

export function resolveDispatchInputs(workflow: Workflow, given: Record<string, string>): DispatchInputs {
  const trigger = workflow.triggers?.find(({ event }) => event === 'workflow_dispatch');
  if (!trigger) return { inputs: {}, texts: {}, errors: ["Workflow does not have 'workflow_dispatch' trigger"] };
  const declared = trigger.inputs ?? [];
  const names = new Map(Object.entries(given).map(([name, value]) => [name.toLowerCase(), value]));
  const errors = [...unknownInputs(declared, given), ...tooLarge(given)];
  const inputs: [string, Json][] = [];
  for (const input of declared) {
    const resolved = resolveInput(input, names.get(input.name.toLowerCase()));
    if ('error' in resolved) errors.push(resolved.error);
    else inputs.push([input.name, resolved.value]);
  }
  const texts = inputs.map(([name, value]) => [name, toText(value)]);
  return { inputs: Object.fromEntries(inputs), texts: Object.fromEntries(texts), errors };
}

function unknownInputs(declared: DispatchInput[], given: Record<string, string>): string[] {
  const known = new Set(declared.map(({ name }) => name.toLowerCase()));
  const unknown = Object.keys(given).filter((name) => !known.has(name.toLowerCase()));
  return unknown.length > 0 ? [`Unexpected inputs provided: ${JSON.stringify(unknown)}`] : [];
}

function tooLarge(given: Record<string, string>): string[] {
  if (JSON.stringify(given).length <= MAX_PAYLOAD_CHARACTERS) return [];
  return [`inputs are too large: at most ${MAX_PAYLOAD_CHARACTERS} characters are allowed`];
}

function resolveInput(input: DispatchInput, given: string | undefined): { value: Json } | { error: string } {
  if (given === undefined && input.default === null && input.required) {
    return { error: `Required input '${input.name}' not provided` };
  }
  const text = given ?? toText(input.default);
  switch (input.type) {
    case 'boolean':
      return booleanInput(input, text);
    case 'number':
      return numberInput(input, text);
    case 'choice':
      return choiceInput(input, text, given !== undefined);
    default:
      return { value: text };
  }
}

function booleanInput({ name }: DispatchInput, text: string): { value: Json } | { error: string } {
  if (text === '' || text === 'false') return { value: false };
  return text === 'true'
    ? { value: true }
    : { error: `Provided value '${text}' for input '${name}' is not true or false` };
}

function numberInput({ name }: DispatchInput, text: string): { value: Json } | { error: string } {
  if (text === '') return { value: '' };
  const value = toNumber(text);
  return Number.isFinite(value) ? { value } : { error: `Provided value '${text}' for input '${name}' is not a number` };
}

function choiceInput(
  { name, options }: DispatchInput,
  text: string,
  isGiven: boolean,
): { value: Json } | { error: string } {
  if (options.includes(text) || (text === '' && !isGiven)) return { value: text };
  return { error: `Provided value '${text}' for input '${name}' not in the list of allowed values` };
}
