/** core/v1 ConfigMap. */
import { z } from 'zod';
import { AGE, type Kind } from './kind.ts';
import { CORE_GROUP } from './object.ts';
import { dataKey, unchangedWhenImmutable } from './secret.ts';

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
