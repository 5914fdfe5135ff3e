/** Namespaces are made with their first object: people need not create them, and may. */
import { UserError } from '../../common/errors.ts';
import { namespaceKind } from '../resources/namespace.ts';
import { groupVersion, isDeleting } from '../resources/object.ts';
import type { ResourceStore } from '../store/resource-store.ts';

/** @throws UserError 403 for a namespace that is being deleted */
export function ensureNamespace(store: ResourceStore, namespace: string, isDryRun = false): void {
  if (namespace === '') return;
  const { plural, kind, group, initialStatus: status } = namespaceKind;
  const known = store.find({ plural, namespace: '', name: namespace });
  if (known && isDeleting(known)) {
    const problem = `unable to create new content in namespace ${namespace} because it is being terminated`;
    throw new UserError('deleting', problem, { status: 403 });
  }
  if (known) return;
  const metadata = { name: namespace, namespace: '' };
  store.create(plural, { apiVersion: groupVersion(group), kind, metadata, status }, isDryRun);
}
