/** The `on` key (SEM-2.1, SEM-3.1, SEM-4). */
import { errorText } from '../../common/errors.ts';
import type { TemplateToken } from '../../protocol/runner/tokens.ts';
import { toNumber, toText } from '../expressions/index.ts';
import { compileGlob } from '../globs.ts';
import type { DispatchInput, Trigger } from '../model.ts';
import {
  isAbsent,
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
import { readSchedule } from './schedule.ts';

const GLOB_FILTERS = ['branches', 'branches-ignore', 'tags', 'tags-ignore', 'paths', 'paths-ignore'] as const;
const MAX_DISPATCH_INPUTS = 25;

interface Findings {
  errors: Problems;
  warnings: Problems;
}

/** Whatever can be read; what is wrong beyond the schema is reported. */
export function readTriggers(on: TemplateToken, findings: Findings): Trigger[] {
  if (isMappingToken(on)) return membersOf(on).map(({ name, key, value }) => readTrigger(name, key, value, findings));
  const items = isSequenceToken(on) ? on.seq : [on];
  return items.flatMap((item) => literalTexts(item).map((event) => readTrigger(event, item, null, findings)));
}

function readTrigger(event: string, key: TemplateToken, body: TemplateToken, findings: Findings): Trigger {
  const { errors, warnings } = findings;
  const trigger: Trigger = { event };
  if (event === 'schedule') return { event, schedule: readSchedule(key, body, findings) };
  for (const { name, key: filterKey, value } of membersOf(body)) {
    if (name === 'types' || name === 'workflows') trigger[name] = literalTexts(value);
    const filter = GLOB_FILTERS.find((candidate) => candidate === name);
    if (filter) trigger[filter] = readGlobs(value, errors);
    if (event === 'image_version' && name !== 'types') warnings.add(noEffect(name), placeOf(filterKey));
  }
  refuseContradictions(trigger, body, errors);
  if (event === 'workflow_dispatch') trigger.inputs = readInputs(member(body, 'inputs'), findings);
  // SEM-2.10
  const watchesNothing = event === 'workflow_run' && !trigger.workflows?.length;
  if (watchesNothing) errors.add('`on.workflow_run` does not reference any workflows', placeOf(key));
  return trigger;
}

const placeOf = (token: TemplateToken) => (isObjectToken(token) ? token : null);

/** There are no images of hosted runners here; such an event can only come from a webhook. */
const noEffect = (filter: string): string => `\`${filter}\` of image_version has no effect: it is not looked at here.`;

function readGlobs(token: TemplateToken, errors: Problems): string[] {
  for (const item of isSequenceToken(token) ? token.seq : [token]) {
    try {
      compileGlob(literalText(item) ?? '');
    } catch (error) {
      errors.add(errorText(error), placeOf(item));
    }
  }
  return literalTexts(token);
}

function refuseContradictions(trigger: Trigger, body: TemplateToken, errors: Problems): void {
  for (const name of ['branches', 'tags', 'paths'] as const) {
    if (!trigger[name] || !trigger[`${name}-ignore`]) continue;
    const message = `you may only define one of ${name} and ${name}-ignore for a single event`;
    errors.add(message, placeOf(body));
  }
}

function readInputs(inputs: TemplateToken, findings: Findings): DispatchInput[] {
  const members = membersOf(inputs);
  if (members.length > MAX_DISPATCH_INPUTS) {
    findings.errors.add(`you may only define up to ${MAX_DISPATCH_INPUTS} inputs`, placeOf(inputs));
  }
  return members.map(({ name, key, value }) => readInput(name, key, value, findings));
}

const INPUT_TYPES = ['string', 'boolean', 'number', 'choice', 'environment'] as const;

function readInput(name: string, key: TemplateToken, body: TemplateToken, findings: Findings): DispatchInput {
  const written = literalText(member(body, 'type'));
  const type = INPUT_TYPES.find((candidate) => candidate === written);
  const input: DispatchInput = {
    name,
    type: type ?? 'string',
    required: literalOf(member(body, 'required')) === true,
    default: literalOf(member(body, 'default')) ?? null,
    description: literalText(member(body, 'description')) || null,
    options: literalTexts(member(body, 'options')),
  };
  const problem = inputProblem(input);
  if (problem) findings.errors.add(`The input '${name}': ${problem}`, placeOf(key));
  if (written && !type) {
    const known = `Types are ${INPUT_TYPES.join(', ')}.`;
    findings.warnings.add(
      `The input '${name}' has the unknown type '${written}' and is taken as a string. ${known}`,
      placeOf(key),
    );
  }
  if (input.type !== 'choice' && !isAbsent(member(body, 'options'))) {
    findings.warnings.add(`The input '${name}': Input type is not 'choice', but 'options' is defined`, placeOf(key));
  }
  return input;
}

/** Numbers and booleans may be written as texts, as they arrive (SEM-4.8). */
function inputProblem({ type, options, default: given }: DispatchInput): string | undefined {
  if (type === 'choice' && options.length === 0) return "Missing 'options' for choice input";
  if (given === null || given === '') return undefined;
  if (type === 'choice' && !options.includes(toText(given))) return `the default '${given}' is not in its options`;
  if (type === 'boolean' && !['true', 'false'].includes(toText(given))) return `the default '${given}' is no boolean`;
  return type === 'number' && (given === true || given === false || Number.isNaN(toNumber(given)))
    ? `the default '${given}' is no number`
    : undefined;
}
