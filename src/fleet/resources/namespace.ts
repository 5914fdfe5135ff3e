/** core/v1 Namespace. One is made with its first object; its deletion deletes everything in it. */
import { z } from 'zod';
import { AGE, type Kind } from './kind.ts';
import { CORE_GROUP } from './object.ts';

/** Holds a namespace that is deleted until nothing is left in it. */
export const NAMESPACE_FINALIZER = 'kubernetes';

const spec = z.looseObject({ finalizers: z.array(z.string()).optional() });

export const namespaceKind: Kind = {
  group: CORE_GROUP,
  kind: 'Namespace',
  plural: 'namespaces',
  singular: 'namespace',
  shortNames: ['ns'],
  isClusterWide: true,
  spec: spec.optional(),
  columns: [{ name: 'Status', type: 'string', path: ['status', 'phase'] }, AGE],
  check: () => [],
  initialStatus: { phase: 'Active' },
};
