/** core/v1 Secret: credentials that other kinds name. Sealed at rest (store/resource-store.ts). */
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { type FieldCause, invalidValue } from './field-errors.ts';
import { AGE, type Content, type Kind } from './kind.ts';
import { CORE_GROUP, type StoredObject } from './object.ts';

export const dataKey = z.string().regex(/^[-._a-zA-Z0-9]{1,253}$/, 'must be letters, digits, - _ and .');

export interface Secret extends StoredObject {
  type: string;
  /** Base64 by key. */
  data?: Record<string, string>;
  immutable?: boolean;
}

export const secretKind: Kind = {
  group: CORE_GROUP,
  kind: 'Secret',
  plural: 'secrets',
  singular: 'secret',
  shortNames: [],
  fields: {
    type: z.string().optional(),
    // The rule of base64 is told without the value, which is a secret.
    data: z.record(dataKey, z.base64('must be base64')).optional(),
    stringData: z.record(dataKey, z.string()).optional(),
    immutable: z.boolean().optional(),
  },
  columns: [
    { name: 'Type', type: 'string', path: ['type'] },
    { name: 'Data', type: 'integer', path: ['data'], counts: true },
    AGE,
  ],
  check: () => [],
  checkChange: (before, after) => [...unchangedType(before, after), ...unchangedWhenImmutable(before, after)],
  complete: ({ stringData, ...content }) => ({ type: 'Opaque', ...content, ...merged(content.data, stringData) }),
};

function merged(data: unknown, stringData: unknown): Content {
  if (data === undefined && stringData === undefined) return {};
  const texts = Object.entries((stringData ?? {}) as Record<string, string>);
  const encoded = texts.map(([key, text]) => [key, Buffer.from(text).toString('base64')]);
  return { data: { ...(data as Record<string, string> | undefined), ...Object.fromEntries(encoded) } };
}

function unchangedType(before: StoredObject, after: Content): FieldCause[] {
  return after.type === before.type ? [] : [invalidValue('type', after.type, 'field is immutable')];
}

/** Values are not in the message: they may be secrets. */
export function unchangedWhenImmutable(before: StoredObject, after: Content): FieldCause[] {
  if (before.immutable !== true) return [];
  const changed = ['data', 'binaryData', 'immutable'].filter(
    (field) => !isDeepStrictEqual(before[field], after[field]),
  );
  return changed.map((field) => ({
    reason: 'FieldValueForbidden',
    message: 'Forbidden: field is immutable when `immutable` is set',
    field,
  }));
}

/** The decoded values of a Secret. */
export const secretBytes = ({ data = {} }: Secret): Record<string, Buffer> =>
  Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64')]));

/** The same as texts. */
export const secretTexts = (secret: Secret): Record<string, string> =>
  Object.fromEntries(Object.entries(secretBytes(secret)).map(([key, value]) => [key, value.toString('utf8')]));
