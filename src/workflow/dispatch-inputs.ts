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

/**
 * What a dispatch gives to a run.
 * @param given texts as GitHub sends them; numbers and booleans are taken too, and null counts as not given
 */
export function resolveDispatchInputs(workflow: Workflow, given: Record<string, Json>): DispatchInputs {
  const trigger = workflow.triggers?.find(({ event }) => event === 'workflow_dispatch');
  if (!trigger) return { inputs: {}, texts: {}, errors: ["Workflow does not have 'workflow_dispatch' trigger"] };
  const declared = trigger.inputs ?? [];
  const byName = new Map(Object.entries(given).map(([name, value]) => [name.toLowerCase(), value]));
  const errors = [...unknownInputs(declared, given), ...tooLarge(given)];
  const resolved: [string, Resolved][] = [];
  for (const input of declared) {
    const result = resolveInput(input, byName.get(input.name.toLowerCase()) ?? null);
    if ('error' in result) errors.push(result.error);
    else resolved.push([input.name, result]);
  }
  const pick = <T>(part: (from: Resolved) => T) =>
    Object.fromEntries(resolved.map(([name, from]) => [name, part(from)]));
  return { inputs: pick(({ value }) => value), texts: pick(({ text }) => text), errors };
}

interface Resolved {
  value: Json;
  text: string;
}

function unknownInputs(declared: DispatchInput[], given: Record<string, Json>): string[] {
  const known = new Set(declared.map(({ name }) => name.toLowerCase()));
  const unknown = Object.keys(given).filter((name) => !known.has(name.toLowerCase()));
  return unknown.length > 0 ? [`Unexpected inputs provided: ${JSON.stringify(unknown)}`] : [];
}

function tooLarge(given: Record<string, Json>): string[] {
  if (JSON.stringify(given).length <= MAX_PAYLOAD_CHARACTERS) return [];
  return [`inputs are too large: at most ${MAX_PAYLOAD_CHARACTERS} characters are allowed`];
}

function resolveInput(input: DispatchInput, given: Json): Resolved | { error: string } {
  if (given === null && input.default === null && input.required) {
    return { error: `Required input '${input.name}' not provided` };
  }
  if (given !== null && typeof given === 'object') {
    return { error: `Provided value for input '${input.name}' is not a string, number or boolean` };
  }
  const text = toText(given ?? input.default);
  const value = typedValue(input, text, given === null);
  if (value === undefined) return { error: refusal(input, text) };
  return { value, text: input.type === 'boolean' ? toText(value) : text };
}

/** SEM-4.8; `undefined` when the text is no value of the input's type. */
function typedValue({ type, options }: DispatchInput, text: string, isDefault: boolean): Json | undefined {
  if (type === 'boolean') return booleanOf(text);
  if (type === 'number') return numberOf(text);
  if (type !== 'choice' || options.includes(text) || (text === '' && isDefault)) return text;
  return undefined;
}

function booleanOf(text: string): boolean | undefined {
  if (text === '' || text === 'false') return false;
  return text === 'true' ? true : undefined;
}

function numberOf(text: string): Json | undefined {
  if (text === '') return '';
  const value = toNumber(text);
  return Number.isFinite(value) ? value : undefined;
}

const EXPECTED: Partial<Record<DispatchInput['type'], string>> = {
  boolean: 'is not true or false',
  number: 'is not a number',
};

function refusal({ name, type }: DispatchInput, text: string): string {
  return `Provided value '${text}' for input '${name}' ${EXPECTED[type] ?? 'not in the list of allowed values'}`;
}
