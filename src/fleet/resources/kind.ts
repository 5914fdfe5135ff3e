import type { z } from 'zod';
import type { FieldCause } from './field-errors.ts';
import type { ApiGroup, StoredObject } from './object.ts';
import type { RunnerSpec } from './runner-spec.ts';

/** One column of `kubectl get`. A missing value is shown blank, a list as JSON (fleet-semantics 1.9). */
export interface Column {
  name: string;
  type: 'string' | 'integer' | 'date';
  /** Fields from the object's root, such as `['spec', 'replicas']`. */
  path: string[];
  /** Only with `-o wide`. */
  isWide?: true;
  /** Shows how many entries the field has, and none of them. */
  counts?: true;
}

/** What clients write of an object beside its metadata: of most kinds `spec`. */
export type Content = Record<string, unknown>;

export interface FieldWarning {
  field: string;
  message: string;
}

/** All that API, store and reconcilers know about a kind. */
export interface Kind {
  /** Of its API, such as `actions.summerwind.dev`; the version is `v1alpha1` in each but the core group. */
  group: ApiGroup;
  kind: string;
  plural: string;
  singular: string;
  shortNames: string[];
  /** Its objects are in no namespace. */
  isClusterWide?: true;
  /** Shape of `spec`; a kind without one says in `fields` what else clients write. */
  spec?: z.ZodType;
  /** Shapes of what lies beside the metadata, in place of `spec`. */
  fields?: Record<string, z.ZodType>;
  /** `spec.replicas` and `status.replicas` are served as the scale subresource too. */
  isScalable?: true;
  columns: Column[];
  /**
   * Rules that span fields; called with a spec (or, without one, the fields) of the right shape.
   * @param subject `NAMESPACE/NAME`, for sentences that name it
   */
  check(spec: unknown, subject: string): FieldCause[];
  /** Annotations that say something, and say it wrongly. */
  checkAnnotations?(annotations: Record<string, string>): FieldCause[];
  /** What a change may not do. */
  checkChange?(before: StoredObject, after: Content): FieldCause[];
  /** Fills in and converts what the API stores in another form than it was sent. */
  complete?(content: Content): Content;
  /** What is allowed and still not meant. `list` gives the objects of a plural in the object's namespace. */
  warnings?(
    object: { name: string; spec: unknown; annotations?: Record<string, string> },
    list: (plural: string) => StoredObject[],
  ): FieldWarning[];
  /** The status of a new object, of a kind whose status no reconciler writes. */
  initialStatus?: unknown;
  /**
   * The RunnerSpec in the spec, and where it lies; a kind that only points at others has none. `pathOf` says where a
   * field of one that was put together was written.
   */
  runnerSpec?(spec: unknown): { path: string; spec: RunnerSpec; pathOf?(field: string): string };
}

export const AGE: Column = { name: 'Age', type: 'date', path: ['metadata', 'creationTimestamp'] };

/** The columns that show where runners register, for a RunnerSpec at `path`. */
export const scopeColumns = (...path: string[]): Column[] =>
  ['Enterprise', 'Organization', 'Repository', 'Group', 'Labels'].map((name) => ({
    name,
    type: 'string',
    path: [...path, name.toLowerCase()],
  }));
