import type { z } from 'zod';
import { fieldPath } from './field-errors.ts';

/** The parts of a zod schema that the walk looks at. */
interface SchemaParts {
  type: string;
  shape?: Record<string, z.core.$ZodType>;
  element?: z.core.$ZodType;
  innerType?: z.core.$ZodType;
}

/**
 * Paths of the fields in `value` that `schema` does not name (D-1: told, never silent). Free-form parts, such as a
 * pod's volumes, are not entered.
 * @param root what the paths start with
 */
export function unknownFields(schema: z.core.$ZodType, value: unknown, root: string): string[] {
  const { type, shape, element, innerType } = schema._zod.def as unknown as SchemaParts;
  if (innerType) return unknownFields(innerType, value, root);
  if (type === 'array' && element && Array.isArray(value)) {
    return value.flatMap((item, index) => unknownFields(element, item, fieldPath(root, [index])));
  }
  if (type !== 'object' || !shape || value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([name, field]) => {
    const known = shape[name];
    const path = fieldPath(root, [name]);
    return known ? unknownFields(known, field, path) : [path];
  });
}
