/** create, update, patch, apply and delete of our kinds. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { isoTime } from '../../common/clock.ts';
import { UserError } from '../../common/errors.ts';
import type { Backend } from '../backends/types.ts';
import { FOREGROUND_FINALIZER, orphanDependants } from '../reconcilers/garbage-collector.ts';
import { type AdmittedObject, admit, unhonouredFields, unknownSpecFields } from '../resources/admission.ts';
import type { Kind } from '../resources/kind.ts';
import type { ObjectKey, StoredObject } from '../resources/object.ts';
import { RUNNER_FINALIZER } from '../resources/runner.ts';
import { applyConfiguration, mergePatch } from './apply.ts';
import { ItemParams, present, type Readable, type ReadOptions } from './reads.ts';
import { badRequest, success } from './status.ts';

export interface WriteOptions extends ReadOptions {
  review: Backend['review'];
}

type Fields = Record<string, unknown>;

const WriteQuery = z.looseObject({
  fieldValidation: z.enum(['', 'Ignore', 'Warn', 'Strict']).optional(),
  fieldManager: z.string().max(128).optional(),
  propagationPolicy: z.string().optional(),
  dryRun: z.string().optional(),
});

const DeleteOptions = z.looseObject({
  propagationPolicy: z.enum(['Background', 'Foreground', 'Orphan']).optional(),
  preconditions: z.looseObject({ uid: z.string().optional(), resourceVersion: z.string().optional() }).optional(),
  orphanDependents: z.boolean().optional(),
});

const APPLY_TYPE = 'application/apply-patch+yaml';
const MERGE_TYPE = 'application/merge-patch+json';

export function writeRoutes(app: FastifyInstance, kind: Kind, readable: Readable, options: WriteOptions): void {
  const writer = new Writer(kind, readable, options);
  const collection = `${readable.base}/namespaces/:namespace/${kind.plural}`;
  const item = `${collection}/:name`;
  app.post(collection, async (request, reply) => writer.create(request, reply));
  app.put(item, async (request, reply) => writer.replace(request, reply));
  app.patch(item, async (request, reply) => writer.patch(request, reply));
  app.delete(item, async (request) => writer.delete(request));
  app.get(`${item}/status`, async (request) => writer.read(request));
  app.put(`${item}/status`, async (request) => writer.writeStatus(request, bodyOf(request)));
  app.patch(`${item}/status`, async (request) => writer.patchStatus(request));
}

class Writer {
  readonly #kind: Kind;
  readonly #readable: Readable;
  readonly #options: WriteOptions;

  constructor(kind: Kind, readable: Readable, options: WriteOptions) {
    this.#kind = kind;
    this.#readable = readable;
    this.#options = options;
  }

  create(request: FastifyRequest, reply: FastifyReply): unknown {
    const { namespace } = z.object({ namespace: z.string() }).parse(request.params);
    const { metadata, spec } = this.#admit(request, reply, bodyOf(request), namespace);
    if (!metadata.name && !metadata.generateName)
      throw badRequest('metadata.name or metadata.generateName is required.');
    const { name, generateName, labels, annotations, finalizers, ownerReferences } = metadata;
    const created = this.#options.store.create(this.#kind.plural, {
      ...this.#type(),
      metadata: { name, generateName, namespace, labels, annotations, finalizers, ownerReferences },
      spec,
    });
    void reply.code(201);
    return this.#present(request, created);
  }

  read(request: FastifyRequest): unknown {
    return this.#present(request, this.#options.store.get(this.#key(request)));
  }

  replace(request: FastifyRequest, reply: FastifyReply): unknown {
    const existing = this.#options.store.get(this.#key(request));
    return this.#update(request, existing, this.#admitSame(request, reply, bodyOf(request)));
  }

  patch(request: FastifyRequest, reply: FastifyReply): unknown {
    const type = contentType(request);
    if (type === APPLY_TYPE) return this.#apply(request, reply);
    requireMergePatch(type);
    const existing = this.#options.store.get(this.#key(request));
    const merged = mergePatch(existing, bodyOf(request)) as Fields;
    return this.#update(request, existing, this.#admitSame(request, reply, merged));
  }

  delete(request: FastifyRequest): unknown {
    this.#query(request);
    const { store } = this.#options;
    const key = this.#key(request);
    const { metadata } = store.get(key);
    const options = DeleteOptions.safeParse(request.body ?? {});
    if (!options.success) throw badRequest(`Bad DeleteOptions: ${z.prettifyError(options.error)}`);
    const { preconditions, orphanDependents } = options.data;
    checkPrecondition('UID', preconditions?.uid, metadata.uid);
    checkPrecondition('ResourceVersion', preconditions?.resourceVersion, metadata.resourceVersion);
    const policy = options.data.propagationPolicy ?? this.#query(request).propagationPolicy;
    if (policy === 'Orphan' || orphanDependents) orphanDependants(store, metadata.uid);
    store.delete(key, { finalizers: policy === 'Foreground' ? [FOREGROUND_FINALIZER] : [] });
    const left = store.find(key);
    return left ?? success({ name: key.name, kind: key.plural, uid: metadata.uid });
  }

  patchStatus(request: FastifyRequest): unknown {
    requireMergePatch(contentType(request));
    const existing = this.#options.store.get(this.#key(request));
    const patched = mergePatch({ status: existing.status }, { status: bodyOf(request).status }) as Fields;
    return this.writeStatus(request, { ...patched, metadata: bodyOf(request).metadata });
  }

  writeStatus(request: FastifyRequest, body: Fields): unknown {
    this.#query(request);
    const existing = this.#options.store.get(this.#key(request));
    const parsed = z
      .looseObject({
        status: z.record(z.string(), z.unknown()),
        metadata: z.looseObject({ resourceVersion: z.string().optional() }).optional(),
      })
      .safeParse(body);
    if (!parsed.success) throw badRequest(`Bad status: ${z.prettifyError(parsed.error)}`);
    const resourceVersion = parsed.data.metadata?.resourceVersion ?? existing.metadata.resourceVersion;
    const metadata = { ...existing.metadata, resourceVersion };
    return this.#present(request, this.#store({ ...existing, metadata, status: parsed.data.status }));
  }

  #apply(request: FastifyRequest, reply: FastifyReply): unknown {
    const { store, clock } = this.#options;
    const manager = this.#query(request).fieldManager;
    if (!manager) throw badRequest('fieldManager is required for an apply patch.');
    const key = this.#key(request);
    const body = { ...bodyOf(request) };
    const existing = store.find(key);
    const sent = this.#metadataOf(body);
    const applied = applyConfiguration(
      existing,
      {
        labels: textsOf(sent.labels),
        annotations: textsOf(sent.annotations),
        spec: typeof body.spec === 'object' && body.spec !== null ? (body.spec as Fields) : {},
      },
      { manager, apiVersion: this.#readable.apiVersion, time: isoTime(clock.now()) },
    );
    const { labels, annotations, spec, managedFields } = applied;
    const admitted = this.#admitSame(request, reply, { ...body, spec, metadata: { ...sent, labels, annotations } });
    if (existing) {
      const { finalizers, ownerReferences } = existing.metadata;
      const metadata = { ...admitted.metadata, finalizers, ownerReferences };
      return this.#update(request, existing, { ...admitted, metadata }, managedFields);
    }
    const { namespace, name } = key;
    const metadata = { namespace, name, labels, annotations, managedFields };
    void reply.code(201);
    return this.#present(request, store.create(this.#kind.plural, { ...this.#type(), metadata, spec: admitted.spec }));
  }

  /** Spec and the writable part of the metadata; status and all that the store assigns stay. */
  #update(
    request: FastifyRequest,
    existing: StoredObject,
    { metadata, spec }: AdmittedObject,
    managedFields = existing.metadata.managedFields,
  ): unknown {
    const { labels, annotations, finalizers = [], ownerReferences } = metadata;
    // Only the controller may release a runner: without its finalizer a process would be left behind.
    const isGuarded =
      existing.metadata.finalizers?.includes(RUNNER_FINALIZER) && !finalizers.includes(RUNNER_FINALIZER);
    return this.#present(
      request,
      this.#store({
        ...existing,
        spec,
        metadata: {
          ...existing.metadata,
          labels,
          annotations,
          managedFields,
          finalizers: isGuarded ? [...finalizers, RUNNER_FINALIZER] : finalizers,
          ownerReferences,
          uid: metadata.uid ?? existing.metadata.uid,
          resourceVersion: metadata.resourceVersion ?? existing.metadata.resourceVersion,
        },
      }),
    );
  }

  #store(object: StoredObject): StoredObject {
    return this.#options.store.update(this.#kind.plural, object);
  }

  #admitSame(request: FastifyRequest, reply: FastifyReply, body: Fields): AdmittedObject {
    const { namespace, name } = this.#key(request);
    const admitted = this.#admit(request, reply, body, namespace);
    const given = admitted.metadata.name ?? name;
    if (given === name) return { ...admitted, metadata: { ...admitted.metadata, name } };
    throw badRequest(`the name of the object (${given}) does not match the name on the URL (${name})`);
  }

  #admit(request: FastifyRequest, reply: FastifyReply, body: Fields, namespace: string): AdmittedObject {
    const { fieldValidation } = this.#query(request);
    const admitted = admit(this.#kind, body);
    const given = admitted.metadata.namespace ?? namespace;
    if (given !== namespace) {
      throw badRequest(`the namespace of the object (${given}) does not match the namespace on the URL (${namespace})`);
    }
    const unknown = unknownSpecFields(this.#kind, admitted.spec);
    if (fieldValidation === 'Strict' && unknown.length > 0) {
      throw badRequest(`strict decoding error: ${unknown.map((field) => `unknown field "${field}"`).join(', ')}`);
    }
    const told = fieldValidation === 'Ignore' ? [] : unknown.map((field) => `unknown field "${field}"`);
    const unhonoured = unhonouredFields(this.#kind, admitted.spec, this.#options.review);
    warn(reply, [...told, ...unhonoured.map(({ field, message }) => `${field}: ${message}`)]);
    return admitted;
  }

  /** @throws UserError 400 for a dry run: storing it after all would be worse than refusing */
  #query(request: FastifyRequest): z.infer<typeof WriteQuery> {
    const query = WriteQuery.safeParse(request.query);
    if (!query.success) throw badRequest(`Bad query: ${z.prettifyError(query.error)}`);
    if (query.data.dryRun) throw badRequest('dryRun is not supported.');
    return query.data;
  }

  #metadataOf(body: Fields): Fields {
    return typeof body.metadata === 'object' && body.metadata !== null ? (body.metadata as Fields) : {};
  }

  #key(request: FastifyRequest): ObjectKey {
    return { plural: this.#kind.plural, ...ItemParams.parse(request.params) };
  }

  #type(): { apiVersion: string; kind: string } {
    return { apiVersion: this.#readable.apiVersion, kind: this.#kind.kind };
  }

  #present(request: FastifyRequest, object: StoredObject): unknown {
    return present(request, this.#readable, this.#options.clock, object);
  }
}

function bodyOf(request: FastifyRequest): Fields {
  const { body } = request;
  if (body !== null && typeof body === 'object' && !Array.isArray(body)) return body as Fields;
  throw badRequest('The body must be an object.');
}

const contentType = (request: FastifyRequest): string => (request.headers['content-type'] ?? '').split(';')[0] ?? '';

function requireMergePatch(type: string): void {
  if (type === MERGE_TYPE) return;
  const hint = `Use ${MERGE_TYPE} or ${APPLY_TYPE}.`;
  throw new UserError('unsupported-media-type', `Patches of type "${type}" are not supported.`, { status: 415, hint });
}

function checkPrecondition(what: string, wanted: string | undefined, actual: string): void {
  if (wanted === undefined || wanted === actual) return;
  throw new UserError('conflict', `Precondition failed: ${what} is ${actual}, not ${wanted}.`, { status: 409 });
}

/** Annotations and labels are checked by admission; here only their keys matter. */
const textsOf = (value: unknown): Record<string, string> =>
  value !== null && typeof value === 'object' ? (value as Record<string, string>) : {};

/** RFC 7234 `Warning` headers, which kubectl prints. Header values must be plain ASCII. */
function warn(reply: FastifyReply, warnings: string[]): void {
  const lines = warnings.map((text) => {
    const safe = text.replace(/[^\x20-\x7e]/g, '?').replace(/["\\]/g, '\\$&');
    return `299 - "${safe}"`;
  });
  if (lines.length > 0) void reply.header('warning', lines);
}
