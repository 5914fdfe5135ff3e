/** create, update, patch, apply and delete of our kinds. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { isoTime } from '../../common/clock.ts';
import { UserError } from '../../common/errors.ts';
import type { Review } from '../backends/annotation.ts';
import { type AdmittedObject, contentOf } from '../resources/admission.ts';
import { EPHEMERAL_RUNNER_FINALIZER, REGISTRATION_FINALIZER } from '../resources/ephemeral-runner.ts';
import type { Content, Kind } from '../resources/kind.ts';
import { isDeleting, type ObjectKey, type StoredObject } from '../resources/object.ts';
import { RUNNER_FINALIZER } from '../resources/runner.ts';
import { applyConfiguration } from './apply.ts';
import { deletionRoutes } from './deletions.ts';
import { ensureNamespace } from './namespaces.ts';
import { APPLY_TYPE, patched } from './patches.ts';
import { collectionPath, present, type Readable, type ReadOptions } from './reads.ts';
import { bodyOf, CollectionParams, contentType, ItemParams, isDryRun, isFields, writeQuery } from './requests.ts';
import { admitNamed, admitNew } from './review-request.ts';
import { scaleRoutes } from './scale.ts';
import { badRequest } from './status.ts';
import { statusRoutes } from './status-writes.ts';

export interface WriteOptions extends ReadOptions {
  review: Review;
}

/** What the routes of one kind work with. */
export interface WriteContext extends WriteOptions {
  kind: Kind;
  readable: Readable;
}

export function writeRoutes(app: FastifyInstance, context: WriteContext): void {
  const collection = collectionPath(context.readable);
  const item = `${collection}/:name`;
  app.post(collection, async (request, reply) => create(context, request, reply));
  app.put(item, async (request, reply) => replace(context, request, reply));
  app.patch(item, async (request, reply) => patch(context, request, reply));
  deletionRoutes(app, context);
  if (!context.kind.group) return;
  statusRoutes(app, context);
  if (context.kind.isScalable) scaleRoutes(app, context);
}

function create(context: WriteContext, request: FastifyRequest, reply: FastifyReply): unknown {
  const { namespace } = CollectionParams.parse(request.params);
  const { metadata, content } = admitNew(context, request, reply, bodyOf(request), namespace);
  const { name, generateName, labels, annotations, finalizers, ownerReferences } = metadata;
  if (!name && !generateName) throw badRequest('metadata.name or metadata.generateName is required.');
  const fresh = { name, generateName, namespace, labels, annotations, finalizers, ownerReferences };
  return store(context, request, reply, fresh, content);
}

function store(
  { kind, readable, store, clock }: WriteContext,
  request: FastifyRequest,
  reply: FastifyReply,
  metadata: Partial<StoredObject['metadata']> & { namespace: string },
  content: Content,
): unknown {
  const isRehearsal = isDryRun(request);
  const status = kind.initialStatus === undefined ? {} : { status: kind.initialStatus };
  const fresh = { apiVersion: readable.apiVersion, kind: kind.kind, metadata, ...content, ...status };
  ensureNamespace(store, metadata.namespace, isRehearsal);
  const created = store.create(kind.plural, fresh, isRehearsal);
  void reply.code(201);
  return present(request, readable, clock, created);
}

function replace(context: WriteContext, request: FastifyRequest, reply: FastifyReply): unknown {
  const existing = context.store.get(keyOf(context, request));
  return update(context, request, existing, admitNamed(context, request, reply, bodyOf(request), existing));
}

function patch(context: WriteContext, request: FastifyRequest, reply: FastifyReply): unknown {
  const type = contentType(request);
  if (type === APPLY_TYPE) return apply(context, request, reply);
  const existing = context.store.get(keyOf(context, request));
  const changed = patched(existing, type, request.body, context.kind.group);
  return update(context, request, existing, admitNamed(context, request, reply, changed, existing));
}

function apply(context: WriteContext, request: FastifyRequest, reply: FastifyReply): unknown {
  const { readable, clock } = context;
  const { fieldManager: manager, force = false } = writeQuery(request);
  if (!manager) throw badRequest('fieldManager is required for an apply patch.');
  const key = keyOf(context, request);
  const body = bodyOf(request);
  const existing = context.store.find(key);
  const sent = isFields(body.metadata) ? body.metadata : {};
  const { content, labels, annotations, managedFields } = applyConfiguration(
    existing,
    { labels: textsOf(sent.labels), annotations: textsOf(sent.annotations), content: sentContent(context.kind, body) },
    { manager, apiVersion: readable.apiVersion, time: isoTime(clock.now()), force },
  );
  const { apiVersion, kind } = body;
  const metadata = { ...sent, labels, annotations };
  const admitted = admitNamed(context, request, reply, { apiVersion, kind, metadata, ...content }, existing);
  if (existing) {
    const { finalizers, ownerReferences } = existing.metadata;
    const kept = { ...admitted.metadata, finalizers, ownerReferences };
    return update(context, request, existing, { ...admitted, metadata: kept }, managedFields);
  }
  return store(context, request, reply, { ...key, labels, annotations, managedFields }, admitted.content);
}

/** In the form in which it is stored, so that what a manager owns is found there again. */
function sentContent({ complete, fields }: Kind, body: Content): Content {
  const content = contentOf(body);
  const isComplete = !fields || Object.entries(fields).every(([name, shape]) => shape.safeParse(content[name]).success);
  return complete && isComplete ? complete(content) : content;
}

/** Only the controller may release a runner: without its finalizer a process or a registration would be left behind. */
const GUARDED = [RUNNER_FINALIZER, EPHEMERAL_RUNNER_FINALIZER, REGISTRATION_FINALIZER];

/** Content and the writable part of the metadata; status and all that the store assigns stay. */
function update(
  { kind, readable, store, clock }: WriteContext,
  request: FastifyRequest,
  existing: StoredObject,
  { metadata, content }: AdmittedObject,
  managedFields = existing.metadata.managedFields,
): unknown {
  const { labels, annotations, finalizers = [], ownerReferences } = metadata;
  const guarded = GUARDED.filter((one) => existing.metadata.finalizers?.includes(one) && !finalizers.includes(one));
  const added = isDeleting(existing) ? finalizers.filter((one) => !existing.metadata.finalizers?.includes(one)) : [];
  if (added.length > 0) {
    throw new UserError('deleting', `${existing.metadata.name} is being deleted and takes no new finalizers.`, {
      status: 403,
    });
  }
  const common = { apiVersion: existing.apiVersion, kind: existing.kind, status: existing.status };
  const next = {
    ...common,
    ...content,
    metadata: {
      ...existing.metadata,
      labels,
      annotations,
      managedFields,
      finalizers: [...finalizers, ...guarded],
      ownerReferences,
      uid: metadata.uid ?? existing.metadata.uid,
      resourceVersion: metadata.resourceVersion ?? existing.metadata.resourceVersion,
    },
  };
  return present(request, readable, clock, store.update(kind.plural, next, isDryRun(request)));
}

const keyOf = ({ kind }: WriteContext, request: FastifyRequest): ObjectKey => ({
  plural: kind.plural,
  ...ItemParams.parse(request.params),
});

/** Annotations and labels are checked by admission; here only their keys matter. */
const textsOf = (value: unknown): Record<string, string> => (isFields(value) ? (value as Record<string, string>) : {});
