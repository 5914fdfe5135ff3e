/** `on.workflow_call`: what a reusable workflow asks of its callers and gives them (SEM-11.4, 11.5, 11.8). */
import type { TemplateToken } from '../../protocol/runner/tokens.ts';
import { literalInput } from '../call-values.ts';
import type { Callable, CallInput } from '../model.ts';
import { isObjectToken, literalOf, literalText, literalTexts, member, membersOf } from '../tokens.ts';
import type { Problems } from './problems.ts';

/** `null` when `on` does not list `workflow_call`. */
export function readCallable(on: TemplateToken, errors: Problems): Callable | null {
  const body = membersOf(on).find(({ name }) => name === 'workflow_call')?.value;
  if (body === undefined && !literalTexts(on).includes('workflow_call')) return null;
  const parts = (name: string) => membersOf(member(body ?? null, name));
  return {
    inputs: parts('inputs').map(({ name, value }) => readInput(name, value, errors)),
    secrets: parts('secrets').map(({ name, key, value }) => readSecret(name, key, value, errors)),
    outputs: parts('outputs').map(({ name, value }) => ({ name, value: member(value, 'value') })),
  };
}

const TYPES = ['string', 'number', 'boolean'] as const;

function readInput(name: string, body: TemplateToken, errors: Problems): CallInput {
  const type = TYPES.find((candidate) => candidate === literalText(member(body, 'type'))) ?? 'string';
  const given = member(body, 'default');
  const problem = literalInput(type, given);
  if (problem) errors.add(problem, isObjectToken(given) ? given : null);
  return { name, type, required: literalOf(member(body, 'required')) === true, default: given };
}

function readSecret(
  name: string,
  key: TemplateToken,
  body: TemplateToken,
  errors: Problems,
): { name: string; required: boolean } {
  if (name.toUpperCase() === 'GITHUB_TOKEN') {
    const text = `secret name \`${name}\` within \`workflow_call\` can not be used since it would collide with system reserved name`;
    errors.add(text, isObjectToken(key) ? key : null);
  }
  return { name, required: literalOf(member(body, 'required')) === true };
}
