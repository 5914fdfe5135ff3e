/** Background steps and the steps that wait for them (SEM-18.2): what GitHub's schema of their keys cannot say. */
import type { TemplateToken } from '../../protocol/runner/tokens.ts';
import { CONTROL_TYPES, type StepControl } from '../model.ts';
import type { StepItem } from '../step-items.ts';
import { isObjectToken, isSequenceToken, literalOf, literalText, membersOf } from '../tokens.ts';
import type { Problems } from './problems.ts';

/** A step of a job in the making. */
export interface NamedItem extends StepItem {
  contextName: string;
  /** Of its own; others have a generated name. */
  id: string | undefined;
}

/** What the item waits for or ends; `undefined` when it runs something itself. */
export function readControl(index: number, items: NamedItem[]): StepControl | undefined {
  const item = items[index];
  if (!item) return undefined;
  if (item.group !== undefined && item.path.length === 1) return { type: 'wait', targets: membersBefore(index, items) };
  const found = controlIn(item.token);
  return found && { type: found.type, targets: found.targets.map(({ id }) => id) };
}

/** Names of the steps of the `parallel` that this wait stands behind: directly before it. */
function membersBefore(index: number, items: NamedItem[]): string[] {
  let first = index;
  while (items[first - 1]?.group === items[index]?.group) first--;
  return items.slice(first, index).map(({ contextName }) => contextName);
}

export function isBackground({ token, path }: StepItem): boolean {
  if (path.length > 1) return true;
  return membersOf(token).some(({ name, value }) => name === 'background' && literalOf(value) === true);
}

/** Reports targets that are no earlier steps, and what may not stand in a `parallel`. */
export function checkBackgroundSteps(
  items: NamedItem[],
  { errors, warnings }: Record<'errors' | 'warnings', Problems>,
) {
  const indexes = new Map(items.flatMap(({ id }, index) => (id === undefined ? [] : [[id, index] as const])));
  for (const [index, item] of items.entries()) {
    if (item.path.length > 1) checkTogether(item.token, errors);
    const { targets, all } = controlIn(item.token) ?? { targets: [] };
    if (all !== undefined && literalOf(all) === false) {
      errors.add("The value of 'wait-all' must be true or omitted", placeOf(all));
    }
    for (const target of targets) {
      const found = indexes.get(target.id);
      const problem = targetProblem(
        target.id,
        item,
        found === undefined ? undefined : found - index,
        items[found ?? -1],
      );
      if (problem) errors.add(problem, placeOf(target.token));
      else if (found !== undefined && !isBackground(items[found] ?? item)) {
        warnings.add(
          `The step '${target.id}' does not run in the background: it has ended by then.`,
          placeOf(target.token),
        );
      }
    }
  }
}

/** @param distance to the step that has the id; negative when it stands before */
function targetProblem(
  id: string,
  item: NamedItem,
  distance: number | undefined,
  found: NamedItem | undefined,
): string | undefined {
  if (id.startsWith('__')) return `The identifier '${id}' is invalid. IDs starting with '__' are reserved.`;
  if (distance === 0 || item.id?.toLowerCase() === id.toLowerCase()) return `Step '${item.id}' cannot reference itself`;
  const unknown = `Step references unknown step ID '${id}'`;
  if (distance === undefined) return unknown;
  if (distance > 0) return `${unknown}: the step with this id comes later`;
  return found && found.path.length > 1 ? `${unknown}: its parallel block has waited for it` : undefined;
}

interface ControlToken {
  type: StepControl['type'];
  targets: { id: string; token: TemplateToken }[];
  /** Value of `wait-all`. */
  all?: TemplateToken;
}

function controlIn(token: TemplateToken): ControlToken | undefined {
  for (const { name, value } of membersOf(token)) {
    const type = CONTROL_TYPES.find((each) => each === name);
    if (type === 'wait-all') return { type, targets: [], all: value };
    if (!type) continue;
    const tokens = isSequenceToken(value) ? value.seq : [value];
    const targets = tokens.flatMap((each) => {
      const id = literalText(each);
      return id === undefined ? [] : [{ id, token: each }];
    });
    return { type, targets };
  }
  return undefined;
}

function checkTogether(step: TemplateToken, errors: Problems): void {
  for (const { name, key } of membersOf(step)) {
    if (name === 'parallel') errors.add("Nested 'parallel' blocks are not allowed.", placeOf(key));
    const isRefused = name === 'background' || CONTROL_TYPES.some((type) => type === name);
    if (!isRefused) continue;
    const why = name === 'background' ? ' Its steps run in the background anyway.' : '';
    errors.add(`'${name}' is not allowed inside a parallel block.${why}`, placeOf(key));
  }
}

const placeOf = (token: TemplateToken) => (isObjectToken(token) ? token : null);
