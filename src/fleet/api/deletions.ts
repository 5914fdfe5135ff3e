/** Deletion of one object, or of all that a selector finds. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { UserError } from '../../common/errors.ts';
import { FOREGROUND_FINALIZER, orphanDependants } from '../reconcilers/garbage-collector.ts';
import { NAMESPACE_FINALIZER, namespaceKind } from '../resources/namespace.ts';
import { DEFAULT_NAMESPACE, type ObjectKey, type StoredObject } from '../resources/object.ts';
import { collectionPath, filterOf, present } from './reads.ts';
import { CollectionParams, ItemParams, isDryRun, writeQuery } from './requests.ts';
import { badRequest, success } from './status.ts';
import type { WriteContext } from './writes.ts';

const DeleteOptions = z.looseObject({
  propagationPolicy: z.enum(['Background', 'Foreground', 'Orphan']).optional(),
  preconditions: z.looseObject({ uid: z.string().optional(), resourceVersion: z.string().optional() }).optional(),
  orphanDependents: z.boolean().optional(),
  dryRun: z.array(z.literal('All')).max(1).optional(),
});
type DeleteOptions = z.infer<typeof DeleteOptions>;

const Selectors = z.looseObject({ labelSelector: z.string().optional(), fieldSelector: z.string().optional() });

export function deletionRoutes(app: FastifyInstance, context: WriteContext): void {
  const { kind, store, readable, clock } = context;
  const { plural } = kind;
  const collection = collectionPath(readable);
  app.delete(`${collection}/:name`, async (request) => {
    const key = { plural, ...ItemParams.parse(request.params) };
    const object = store.get(key);
    const left = deleteOne(context, object, optionsOf(request));
    return left
      ? present(request, readable, clock, left)
      : success({ name: key.name, kind: plural, uid: object.metadata.uid });
  });
  app.delete(collection, async (request) => {
    const filter = filterOf(readable, Selectors.parse(request.query));
    const { namespace } = CollectionParams.parse(request.params);
    const all = store.list(plural, namespace);
    const found = filter ? all.filter(filter) : all;
    const options = optionsOf(request);
    for (const object of found) deleteOne(context, object, options);
    return success({ kind: plural });
  });
}

function optionsOf(request: FastifyRequest): DeleteOptions {
  const options = DeleteOptions.safeParse(request.body ?? {});
  if (!options.success) throw badRequest(`Bad DeleteOptions: ${z.prettifyError(options.error)}`);
  const query = DeleteOptions.shape.propagationPolicy.safeParse(writeQuery(request).propagationPolicy);
  if (!query.success) throw badRequest(`Bad propagationPolicy: ${z.prettifyError(query.error)}`);
  const rehearsal = isDryRun(request) ? { dryRun: ['All' as const] } : {};
  return { ...options.data, propagationPolicy: options.data.propagationPolicy ?? query.data, ...rehearsal };
}

/** @returns what is left of it, which waits for its finalizers */
function deleteOne({ kind, store }: WriteContext, object: StoredObject, options: DeleteOptions) {
  const { metadata } = object;
  const key: ObjectKey = { plural: kind.plural, namespace: metadata.namespace, name: metadata.name };
  checkPrecondition('UID', options.preconditions?.uid, metadata.uid);
  checkPrecondition('ResourceVersion', options.preconditions?.resourceVersion, metadata.resourceVersion);
  if (kind === namespaceKind) return deleteNamespace(store, key, object, options);
  if (options.dryRun?.length) return object;
  const { propagationPolicy: policy, orphanDependents } = options;
  if (policy === 'Orphan' || orphanDependents) orphanDependants(store, metadata.uid);
  store.delete(key, { finalizers: policy === 'Foreground' ? [FOREGROUND_FINALIZER] : [] });
  return store.find(key);
}

function deleteNamespace(
  store: WriteContext['store'],
  key: ObjectKey,
  object: StoredObject,
  { dryRun }: DeleteOptions,
): StoredObject | undefined {
  if (key.name === DEFAULT_NAMESPACE) {
    throw new UserError('forbidden', `namespaces "${key.name}" is forbidden: this namespace may not be deleted`, {
      status: 403,
    });
  }
  if (dryRun?.length) return object;
  const deleting = store.delete(key, { finalizers: [NAMESPACE_FINALIZER] });
  store.update(key.plural, { ...deleting, status: { phase: 'Terminating' } });
  return store.find(key);
}

function checkPrecondition(what: string, wanted: string | undefined, actual: string): void {
  if (wanted === undefined || wanted === actual) return;
  throw new UserError('conflict', `Precondition failed: ${what} is ${actual}, not ${wanted}.`, { status: 409 });
}
