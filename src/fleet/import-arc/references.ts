/** The Secrets and ConfigMaps that an object names, and which of them are not there. Pure. */
import { fieldPath } from '../resources/field-errors.ts';
import { type ArcObject, type Fields, isFields, type Note, namespaceOf } from './types.ts';

export interface Reference {
  kind: 'Secret' | 'ConfigMap';
  namespace: string;
  name: string;
  /** The one that is read of it; all when undefined. */
  key?: string;
  /** Where it is named. */
  field: string;
}

interface Naming {
  kind: Reference['kind'];
  /** Fields of the map that name it; the value itself for an empty list. */
  names: string[];
}

/** By the field that holds the name, or the map with it. */
const NAMINGS: Record<string, Naming> = {
  secretRef: { kind: 'Secret', names: ['name'] },
  secretKeyRef: { kind: 'Secret', names: ['name'] },
  // Of a volume, and of a source of a projected one.
  secret: { kind: 'Secret', names: ['secretName', 'name'] },
  imagePullSecrets: { kind: 'Secret', names: ['name'] },
  githubConfigSecret: { kind: 'Secret', names: [] },
  credentialSecretRef: { kind: 'Secret', names: [] },
  configMapRef: { kind: 'ConfigMap', names: ['name'] },
  configMapKeyRef: { kind: 'ConfigMap', names: ['name'] },
  configMap: { kind: 'ConfigMap', names: ['name'] },
};

export function referencesOf(object: ArcObject): Reference[] {
  return inValue(object.spec, 'spec', undefined).map((found) => ({ ...found, namespace: namespaceOf(object) }));
}

type Found = Omit<Reference, 'namespace'>;

function inValue(value: unknown, path: string, naming: Naming | undefined): Found[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => inValue(item, fieldPath(path, [index]), naming));
  if (typeof value === 'string')
    return naming?.names.length === 0 ? [{ kind: naming.kind, name: value, field: path }] : [];
  if (!isFields(value)) return [];
  const own = naming ? named(value, path, naming) : [];
  const below = Object.entries(value).flatMap(([name, field]) =>
    inValue(field, fieldPath(path, [name]), Object.hasOwn(NAMINGS, name) ? NAMINGS[name] : undefined),
  );
  return [...own, ...below];
}

function named(value: Fields, path: string, { kind, names }: Naming): Found[] {
  const name = names.map((field) => value[field]).find((text) => typeof text === 'string');
  if (typeof name !== 'string' || value.optional === true) return [];
  return [{ kind, name, field: path, ...(typeof value.key === 'string' && { key: value.key }) }];
}

export const refersTo = ({ kind, namespace, name }: Reference, object: ArcObject): boolean =>
  kind === object.kind && name === object.metadata.name && namespace === namespaceOf(object);

/** One note for each thing that is not among `objects`, or lacks the key that is read; values are in no note. */
export function missingReferences(references: Reference[], objects: ArcObject[]): Note[] {
  return references.flatMap((reference): Note[] => {
    const { kind, name, key, field } = reference;
    const target = objects.find((object) => refersTo(reference, object));
    if (!target) return [{ type: 'missing', field, message: `the ${kind} ${name} is not among what was imported` }];
    const values = valuesOf(target);
    if (key === undefined ? Object.values(values).some(Boolean) : values[key]) return [];
    const what = key === undefined ? 'nothing in it' : `nothing by the key ${key}`;
    return [{ type: 'missing', field, message: `the ${kind} ${name} has ${what}` }];
  });
}

const valuesOf = ({ data, stringData, binaryData }: ArcObject): Fields =>
  Object.assign({}, ...[data, stringData, binaryData].filter(isFields));
