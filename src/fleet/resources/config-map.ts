/** core/v1 ConfigMap. */
import { z } from 'zod';
import { AGE, type Kind } from './kind.ts';
import { CORE_GROUP, type StoredObject } from './object.ts';
import { dataKey, unchangedWhenImmutable } from './secret.ts';

export interface ConfigMap extends StoredObject {
  data?: Record<string, string>;
  /** Base64 by key. */
  binaryData?: Record<string, string>;
}

/** All of its values. */
export function configMapBytes({ data = {}, binaryData = {} }: ConfigMap): Record<string, Buffer> {
  const texts = Object.entries(data).map(([key, value]) => [key, Buffer.from(value)]);
  const others = Object.entries(binaryData).map(([key, value]) => [key, Buffer.from(value, 'base64')]);
  return Object.fromEntries([...texts, ...others]);
}

export const configMapKind: Kind = {
  group: CORE_GROUP,
  kind: 'ConfigMap',
  plural: 'configmaps',
  singular: 'configmap',
  shortNames: ['cm'],
  fields: {
    data: z.record(dataKey, z.string()).optional(),
    binaryData: z.record(dataKey, z.base64()).optional(),
    immutable: z.boolean().optional(),
  },
  columns: [{ name: 'Data', type: 'integer', path: ['data'], counts: true }, AGE],
  check: () => [],
  checkChange: unchangedWhenImmutable,
};
