/** Deletes what lost its owner, as Kubernetes' garbage collector does. The deletion of a Runner is a drain. */

import { kinds } from '../resources/index.ts';
import { NAMESPACE_FINALIZER, namespaceKind } from '../resources/namespace.ts';
import { isDeleting, pluralOf, type StoredObject } from '../resources/object.ts';
import type { ResourceStore } from '../store/resource-store.ts';

/** The owner waits behind this finalizer until its dependants are gone (`kubectl delete --cascade=foreground`). */
export const FOREGROUND_FINALIZER = 'foregroundDeletion';

const OWNING = ['runnerdeployments', 'runnerreplicasets', 'runnersets', 'autoscalingrunnersets', 'ephemeralrunnersets'];

export function collectGarbage(store: ResourceStore): void {
  const owners = new Map(OWNING.flatMap((plural) => store.list(plural)).map((owner) => [owner.metadata.uid, owner]));
  for (const uid of store.ownerUids()) {
    const owner = owners.get(uid);
    if (owner && !isForeground(owner)) continue;
    for (const dependant of store.ownedBy(uid)) deleteOnce(store, dependant, owner !== undefined);
  }
  for (const owner of owners.values()) {
    if (isForeground(owner) && store.ownedBy(owner.metadata.uid).length === 0) releaseForeground(store, owner);
  }
  for (const namespace of store.list(namespaceKind.plural)) if (isDeleting(namespace)) emptyNamespace(store, namespace);
}

/** Deletes what is in it, and lets it go once nothing is left. */
function emptyNamespace(store: ResourceStore, namespace: StoredObject): void {
  const { name } = namespace.metadata;
  const found = ['events', ...kinds.map(({ plural }) => plural)].flatMap((plural) => store.list(plural, name));
  for (const object of found) deleteOnce(store, object, false);
  if (found.length > 0 && store.namespaces().includes(name)) return;
  const finalizers = namespace.metadata.finalizers?.filter((finalizer) => finalizer !== NAMESPACE_FINALIZER);
  store.update(namespaceKind.plural, { ...namespace, metadata: { ...namespace.metadata, finalizers } });
}

/** `kubectl delete --cascade=orphan`: dependants live on without this owner. */
export function orphanDependants(store: ResourceStore, uid: string): void {
  for (const dependant of store.ownedBy(uid)) {
    const ownerReferences = dependant.metadata.ownerReferences?.filter((owner) => owner.uid !== uid);
    store.update(pluralOf(dependant.kind), { ...dependant, metadata: { ...dependant.metadata, ownerReferences } });
  }
}

const isForeground = (owner: StoredObject): boolean =>
  isDeleting(owner) && (owner.metadata.finalizers?.includes(FOREGROUND_FINALIZER) ?? false);

/** A set below an owner that waits has to wait for its own dependants too. */
function deleteOnce(store: ResourceStore, object: StoredObject, ownerWaits: boolean): void {
  if (isDeleting(object)) return;
  const { namespace, name } = object.metadata;
  const plural = pluralOf(object.kind);
  const finalizers = ownerWaits && OWNING.includes(plural) ? [FOREGROUND_FINALIZER] : [];
  store.delete({ plural, namespace, name }, { finalizers });
}

function releaseForeground(store: ResourceStore, owner: StoredObject): void {
  const finalizers = owner.metadata.finalizers?.filter((finalizer) => finalizer !== FOREGROUND_FINALIZER);
  store.update(pluralOf(owner.kind), { ...owner, metadata: { ...owner.metadata, finalizers } });
}
