import type { z } from 'zod';
import type { FieldCause } from './field-errors.ts';
import type { ApiGroup } from './object.ts';
import type { RunnerSpec } from './runner-spec.ts';

/** One column of `kubectl get`. A missing value is shown blank, a list as JSON (fleet-semantics 1.9). */
export interface Column {
  name: string;
  type: 'string' | 'integer' | 'date';
  /** Fields from the object's root, such as `['spec', 'replicas']`. */
  path: string[];
}

/** All that API, store and reconcilers know about a kind. */
export interface Kind {
  /** Of its API, such as `actions.summerwind.dev`; the version is `v1alpha1` in each. */
  group: ApiGroup;
  kind: string;
  plural: string;
  singular: string;
  shortNames: string[];
  spec: z.ZodType;
  columns: Column[];
  /** Rules that span fields; called with a spec that has the right shape. */
  check(spec: unknown): FieldCause[];
  /** The RunnerSpec in the spec, and where it lies; a kind that only points at others has none. */
  runnerSpec?(spec: unknown): { path: string; spec: RunnerSpec };
}

export const AGE: Column = { name: 'Age', type: 'date', path: ['metadata', 'creationTimestamp'] };

/** The columns that show where runners register, for a RunnerSpec at `path`. */
export const scopeColumns = (...path: string[]): Column[] =>
  ['Enterprise', 'Organization', 'Repository', 'Group', 'Labels'].map((name) => ({
    name,
    type: 'string',
    path: [...path, name.toLowerCase()],
  }));
