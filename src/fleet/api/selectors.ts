/** `labelSelector` and `fieldSelector` of list, watch and deletion, as the Kubernetes API reads them. */
import type { StoredObject } from '../resources/object.ts';
import { badRequest } from './status.ts';

export type ObjectFilter = (object: StoredObject) => boolean;

export interface Selectors {
  labelSelector?: string;
  fieldSelector?: string;
}

/**
 * @param more fields that objects may be selected by beside their name and namespace
 * @throws UserError 400 for a selector that cannot be read, or a field that nothing is selected by
 */
export function selectorFilter({ labelSelector, fieldSelector }: Selectors, more: readonly string[]): ObjectFilter {
  const fields = new Set([...FIELDS, ...more]);
  const filters = [
    ...split(labelSelector).map(labelRequirement),
    ...split(fieldSelector).map((text) => fieldRequirement(text, fields)),
  ];
  return (object) => filters.every((filter) => filter(object));
}

/** Of every kind. */
const FIELDS = ['metadata.name', 'metadata.namespace'];

/** Of events, as the Kubernetes API has them. */
export const EVENT_FIELDS = [
  ...['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'].map(
    (field) => `involvedObject.${field}`,
  ),
  ...['reason', 'reportingComponent', 'source.component', 'type'],
];

/** At commas outside parentheses: `a in (x,y),b=c`. */
function split(text = ''): string[] {
  return text.trim() === '' ? [] : text.split(/,(?![^(]*\))/).map((part) => part.trim());
}

const KEY = '[A-Za-z0-9](?:[-A-Za-z0-9_./]{0,315}[A-Za-z0-9])?';
const VALUE = '(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?';
const EQUALITY = new RegExp(`^(${KEY})\\s*(==|=|!=)\\s*(${VALUE})$`);
const SET = new RegExp(`^(${KEY})\\s+(in|notin)\\s*\\(\\s*(${VALUE}(?:\\s*,\\s*${VALUE})*)\\s*\\)$`);
const NUMBER = new RegExp(`^(${KEY})\\s*([<>])\\s*(-?\\d{1,15})$`);
const EXISTENCE = new RegExp(`^(!?)\\s*(${KEY})$`);

/** A label that is not there is in no set, is no value, and is neither larger nor smaller. */
function labelRequirement(text: string): ObjectFilter {
  const [, key = '', operator = '', operand = ''] = EQUALITY.exec(text) ?? SET.exec(text) ?? NUMBER.exec(text) ?? [];
  if (operator === '') return existence(text);
  if (operator === '<' || operator === '>') {
    const limit = Number(operand);
    return (object) => {
      const value = numberIn(labelOf(object, key));
      return value !== undefined && (operator === '<' ? value < limit : value > limit);
    };
  }
  const isSet = operator === 'in' || operator === 'notin';
  const values = new Set(isSet ? operand.split(',').map((value) => value.trim()) : [operand]);
  const isWanted = operator !== '!=' && operator !== 'notin';
  return (object) => {
    const value = labelOf(object, key);
    return (value !== undefined && values.has(value)) === isWanted;
  };
}

function existence(text: string): ObjectFilter {
  const [, not, key] = EXISTENCE.exec(text) ?? [];
  if (key === undefined) throw badRequest(`unable to parse requirement: "${text}" is no requirement of labels`);
  return (object) => (labelOf(object, key) !== undefined) === (not === '');
}

const labelOf = ({ metadata: { labels } }: StoredObject, key: string): string | undefined =>
  labels && Object.hasOwn(labels, key) ? labels[key] : undefined;

const numberIn = (text: string | undefined): number | undefined =>
  text !== undefined && /^-?\d{1,15}$/.test(text) ? Number(text) : undefined;

function fieldRequirement(text: string, fields: ReadonlySet<string>): ObjectFilter {
  const [, path = '', operator, value] = /^([A-Za-z.]+)\s*(==|=|!=)\s*(.*)$/.exec(text) ?? [];
  if (operator === undefined) throw badRequest(`invalid selector: "${text}"; can't understand "${text}"`);
  if (!fields.has(path)) throw badRequest(`field label not supported: ${path}`);
  return (object) => (fieldOf(object, path) === value) === (operator !== '!=');
}

/** A field that is not there is an empty text. */
function fieldOf(object: StoredObject, path: string): string {
  let value: unknown = object;
  for (const part of path.split('.')) value = (value as Record<string, unknown> | undefined)?.[part];
  if (value === undefined) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
