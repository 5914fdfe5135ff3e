/** `labelSelector` and `fieldSelector` of list and watch. */
import type { StoredObject } from '../resources/object.ts';
import { badRequest } from './status.ts';

export type ObjectFilter = (object: StoredObject) => boolean;

/** @throws UserError 400 for a selector that cannot be read */
export function selectorFilter(labelSelector: string | undefined, fieldSelector: string | undefined): ObjectFilter {
  const filters = [
    ...split(labelSelector).map((text) => requirement(text, (object, name) => object.metadata.labels?.[name])),
    ...split(fieldSelector).map((text) => requirement(text, fieldOf)),
  ];
  return (object) => filters.every((filter) => filter(object));
}

/** At commas outside parentheses: `a in (x,y),b=c`. */
const split = (text = ''): string[] =>
  text
    .split(/,(?![^(]*\))/)
    .map((part) => part.trim())
    .filter(Boolean);

type Lookup = (object: StoredObject, name: string) => string | undefined;

function requirement(text: string, lookup: Lookup): ObjectFilter {
  const set = /^(\S+)\s+(in|notin)\s*\(([^)]*)\)$/.exec(text);
  if (set) {
    const [, name = '', operator, list = ''] = set;
    const values = list.split(',').map((value) => value.trim());
    return (object) => values.includes(lookup(object, name) ?? '') === (operator === 'in');
  }
  const comparison = /^([^=!\s]+)\s*(==|=|!=)\s*([^=!]*)$/.exec(text);
  if (comparison) {
    const [, name = '', operator, value] = comparison;
    return (object) => ((lookup(object, name) ?? '') === value) === (operator !== '!=');
  }
  const existence = /^(!?)([^=!\s(),]+)$/.exec(text);
  if (!existence) throw badRequest(`"${text}" is not a selector.`);
  const [, not, name = ''] = existence;
  return (object) => (lookup(object, name) !== undefined) === (not === '');
}

function fieldOf(object: StoredObject, path: string): string | undefined {
  let value: unknown = object;
  for (const part of path.split('.')) value = (value as Record<string, unknown> | undefined)?.[part];
  return value === undefined ? undefined : String(value);
}
