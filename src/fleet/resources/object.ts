/** What every resource of the fleet has in common: the shape of a Kubernetes object. */

/** The two generations of ARC's API: runners by replicas, and runner scale sets (fleet-semantics 1.1 and 11.1). */
export const LEGACY_GROUP = 'actions.summerwind.dev';
export const SCALE_SET_GROUP = 'actions.github.com';
/** Secrets, ConfigMaps and Namespaces, which are Kubernetes' own. */
export const CORE_GROUP = '';
export type ApiGroup = typeof LEGACY_GROUP | typeof SCALE_SET_GROUP | typeof CORE_GROUP;

export const groupVersion = (group: ApiGroup): string => (group === CORE_GROUP ? 'v1' : `${group}/v1alpha1`);
/** Where the API serves a group. */
export const groupPath = (group: ApiGroup): string =>
  group === CORE_GROUP ? '/api/v1' : `/apis/${groupVersion(group)}`;
export const LEGACY_VERSION = groupVersion(LEGACY_GROUP);
export const DEFAULT_NAMESPACE = 'default';

export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

/** Which fields an applying tool owns. `fieldsV1` nests `f:<field>` keys (api/apply.ts). */
export interface ManagedFields {
  manager: string;
  operation: 'Apply';
  apiVersion: string;
  time: string;
  fieldsType: 'FieldsV1';
  fieldsV1: FieldSet;
}
export interface FieldSet {
  [field: `f:${string}`]: FieldSet;
}

export interface ObjectMeta {
  name: string;
  /** Empty for what is in none. */
  namespace: string;
  uid: string;
  /** Grows with every write of the whole store; a decimal number as text. */
  resourceVersion: string;
  /** Counts changes of the spec. */
  generation: number;
  creationTimestamp: string;
  /** Set when deletion was asked for; the object goes when the last finalizer is removed. */
  deletionTimestamp?: string;
  generateName?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  finalizers?: string[];
  ownerReferences?: OwnerReference[];
  managedFields?: ManagedFields[];
}

export interface StoredObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  spec?: unknown;
  status?: unknown;
  [field: string]: unknown;
}

/** What identifies an object while it exists. */
export interface ObjectKey {
  plural: string;
  namespace: string;
  name: string;
}

/** Right for every kind that this store holds. */
export const pluralOf = (kind: string): string => `${kind.toLowerCase()}s`;

export const keyText = ({ plural, namespace, name }: ObjectKey): string => `${plural}/${namespace}/${name}`;

export const isDeleting = (object: StoredObject): boolean => object.metadata.deletionTimestamp !== undefined;

/** The one owner whose controller manages this object (`controller: true`). */
export const controllerOf = (object: StoredObject): OwnerReference | undefined =>
  object.metadata.ownerReferences?.find((owner) => owner.controller);

/** The reference that makes `owner` the controller of an object. */
export function ownerReference(owner: StoredObject): OwnerReference {
  const { apiVersion, kind, metadata } = owner;
  const { name, uid } = metadata;
  return { apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: true };
}
