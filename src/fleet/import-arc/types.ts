import { DEFAULT_NAMESPACE } from '../resources/object.ts';

/** One document of what is to be imported: YAML of a file, or what a cluster has. */
export interface ArcSource {
  value: unknown;
  /** Where a field was written, such as `runners.yaml:12`; the document itself for an empty one. */
  placeOf(field: string): string;
  /** What a cluster serves has state in its spec, too. */
  isLive?: boolean;
}

export interface Note {
  /**
   * `change`: the same need is met in another way. `lost`: it has no effect any more. `missing`: something that the
   * object refers to has to be brought. `wrong`: the fleet refuses it.
   */
  type: 'change' | 'lost' | 'missing' | 'wrong';
  /** Empty for what is about the whole object. */
  field: string;
  message: string;
}

/** `left out` is not needed here; `refused` is left out as well, and is needed. */
export type Outcome = 'carries over' | 'changed' | 'loses' | 'refused' | 'left out';

export interface ImportedObject {
  kind: string;
  namespace: string;
  name: string;
  /** Such as `runners.yaml:1`. */
  place: string;
  outcome: Outcome;
  notes: Note[];
}

export interface ArcImport {
  objects: ImportedObject[];
  /** What `switchyard apply` takes, in an order in which nothing refers to what comes later. */
  output: ArcObject[];
  /** What is different for all of them, whatever their YAML says. */
  everywhere: string[];
}

export type Fields = Record<string, unknown>;

/** An object of Kubernetes, as far as it is read here. */
export interface ArcObject extends Fields {
  apiVersion: string;
  kind: string;
  metadata: ArcMetadata;
}

export interface ArcMetadata extends Fields {
  name: string;
  namespace?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
}

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The value at `path` of nested maps. */
export function at(value: unknown, ...path: string[]): unknown {
  let found = value;
  for (const part of path) found = isFields(found) ? found[part] : undefined;
  return found;
}

export const namespaceOf = ({ metadata }: ArcObject): string => metadata.namespace ?? DEFAULT_NAMESPACE;
