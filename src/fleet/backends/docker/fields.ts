/** Parts of a RunnerSpec that Kubernetes defines and admission does not look into: read here, with their paths. */
import type { z } from 'zod';
import { fieldPath } from '../../resources/field-errors.ts';

/** Tells that something of the spec has no effect (D-1). `message` goes on from the field's name. */
export type Warn = (field: string, message: string) => void;

/** A value of the spec and where it lies. */
export interface Field {
  path: string;
  value: unknown;
}

/** The field of this name; undefined where there is none. */
export type Fields = (name: string) => Field | undefined;

/** Fields of one object. @param instead where those are that it has none of its own of (POD-1) */
export function fieldsOf(own: Field | undefined, instead: Record<string, Field> = {}): Fields {
  const object = (own?.value ?? {}) as Record<string, unknown>;
  return (name) => {
    if (object[name] !== undefined) return { path: fieldPath(own?.path ?? '', [name]), value: object[name] };
    const other = instead[name];
    return other?.value === undefined ? undefined : other;
  };
}

/** The elements of a list, each with its path; none where there is no list. */
export function elementsOf(field: Field | undefined): Field[] {
  if (!Array.isArray(field?.value)) return [];
  return field.value.map((value: unknown, index) => ({ path: fieldPath(field.path, [index]), value }));
}

/** The value in its shape; undefined where it is missing, and with a warning where it has another. */
export function read<T extends z.ZodType>(shape: T, field: Field | undefined, warn: Warn): z.infer<T> | undefined {
  if (field?.value === undefined) return undefined;
  const result = shape.safeParse(field.value);
  if (result.success) return result.data;
  for (const { path, message } of result.error.issues) warn(fieldPath(field.path, path), `has no effect: ${message}`);
  return undefined;
}

/** Warns of what an object holds beside `known`. */
export function warnOfOthers(field: Field | undefined, known: readonly string[], message: string, warn: Warn): void {
  if (typeof field?.value !== 'object' || field.value === null) return;
  for (const [name, value] of Object.entries(field.value)) {
    if (value !== undefined && !known.includes(name)) warn(fieldPath(field.path, [name]), message);
  }
}
