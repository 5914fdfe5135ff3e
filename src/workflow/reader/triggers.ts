/** The `on` key (SEM-2.1, SEM-3.1, SEM-4). */
import { errorText } from '../../common/errors.ts';
import type { TemplateToken } from '../../protocol/runner/tokens.ts';
import { compileGlob } from '../globs.ts';
import type { DispatchInput, Trigger } from '../model.ts';
import {
  isMappingToken,
  isObjectToken,
  isSequenceToken,
  literalOf,
  literalText,
  literalTexts,
  member,
  membersOf,
} from '../tokens.ts';
import type { Problems } from './problems.ts';

const GLOB_FILTERS = ['branches', 'branches-ignore', 'tags', 'tags-ignore', 'paths', 'paths-ignore'] as const;
const MAX_DISPATCH_INPUTS = 25;

/** Whatever can be read; what is wrong beyond the schema is reported. */
export function readTriggers(on: TemplateToken, problems: Problems): Trigger[] {
  if (!isMappingToken(on)) return literalTexts(on).map((event) => ({ event }));
  return membersOf(on).map(({ name, value }) => readTrigger(name, value, problems));
}

function readTrigger(event: string, body: TemplateToken, problems: Problems): Trigger {
  const trigger: Trigger = { event };
  if (event === 'schedule') return { event, schedule: readSchedule(body) };
  for (const { name, value } of membersOf(body)) {
    if (name === 'types' || name === 'workflows') trigger[name] = literalTexts(value);
    const filter = GLOB_FILTERS.find((candidate) => candidate === name);
    if (filter) trigger[filter] = readGlobs(value, problems);
  }
  refuseContradictions(trigger, body, problems);
  if (event === 'workflow_dispatch') trigger.inputs = readInputs(member(body, 'inputs'), problems);
  return trigger;
}

function readGlobs(token: TemplateToken, problems: Problems): string[] {
  for (const item of isSequenceToken(token) ? token.seq : [token]) {
    try {
      compileGlob(literalText(item) ?? '');
    } catch (error) {
      problems.add(errorText(error), isObjectToken(item) ? item : null);
    }
  }
  return literalTexts(token);
}

function refuseContradictions(trigger: Trigger, body: TemplateToken, problems: Problems): void {
  for (const name of ['branches', 'tags', 'paths'] as const) {
    if (!trigger[name] || !trigger[`${name}-ignore`]) continue;
    const message = `you may only define one of ${name} and ${name}-ignore for a single event`;
    problems.add(message, isObjectToken(body) ? body : null);
  }
}

function readSchedule(body: TemplateToken): { cron: string; timezone: string | null }[] {
  const items = isSequenceToken(body) ? body.seq : [];
  return items.flatMap((item) => {
    const cron = literalText(member(item, 'cron'));
    return cron ? [{ cron, timezone: literalText(member(item, 'timezone')) || null }] : [];
  });
}

function readInputs(inputs: TemplateToken, problems: Problems): DispatchInput[] {
  const members = membersOf(inputs);
  if (members.length > MAX_DISPATCH_INPUTS) {
    problems.add(`you may only define up to ${MAX_DISPATCH_INPUTS} inputs`, isObjectToken(inputs) ? inputs : null);
  }
  return members.map(({ name, key, value }) => readInput(name, key, value, problems));
}

const INPUT_TYPES = ['string', 'boolean', 'number', 'choice', 'environment'] as const;

function readInput(name: string, key: TemplateToken, body: TemplateToken, problems: Problems): DispatchInput {
  const type = INPUT_TYPES.find((candidate) => candidate === literalText(member(body, 'type'))) ?? 'string';
  const options = literalTexts(member(body, 'options'));
  const given = literalOf(member(body, 'default')) ?? null;
  const problem = inputProblem(type, options, given);
  if (problem) problems.add(`The input '${name}' ${problem}`, isObjectToken(key) ? key : null);
  return {
    name,
    type,
    required: literalOf(member(body, 'required')) === true,
    default: given,
    description: literalText(member(body, 'description')) || null,
    options,
  };
}

function inputProblem(
  type: DispatchInput['type'],
  options: string[],
  given: DispatchInput['default'],
): string | undefined {
  if (type === 'choice' && options.length === 0) return 'is a choice without options';
  if (type === 'choice' && given !== null && !options.includes(String(given)))
    return 'has a default outside its options';
  if (type === 'boolean' && given !== null && typeof given !== 'boolean') return 'has a default that is not a boolean';
  return type === 'number' && given !== null && typeof given !== 'number'
    ? 'has a default that is not a number'
    : undefined;
}
