/** get, list and watch of one plural: the same for our kinds and for events. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Clock } from '../../common/clock.ts';
import type { Column } from '../resources/kind.ts';
import type { StoredObject } from '../resources/object.ts';
import type { ResourceStore } from '../store/resource-store.ts';
import { ChunkQuery, chunkOf } from './chunks.ts';
import { flag, ItemParams, ListParams } from './requests.ts';
import { type ObjectFilter, type Selectors, selectorFilter } from './selectors.ts';
import { badRequest } from './status.ts';
import { IncludedObject, table, wantsTable } from './table.ts';
import { watch } from './watch.ts';

export interface Readable {
  plural: string;
  /** Its objects are in no namespace. */
  isClusterWide?: boolean;
  /** Path before `/namespaces` or the plural, such as `/api/v1`. */
  base: string;
  apiVersion: string;
  kind: string;
  columns: Column[];
  /** By which objects are selected, beside those that columns show. */
  fields?: readonly string[];
}

export interface ReadOptions {
  store: ResourceStore;
  clock: Clock;
  /** Open watches, so that closing the API ends them. */
  watches: Set<{ end(): void }>;
}

const ListQuery = z.looseObject({
  watch: flag.optional(),
  ...ChunkQuery,
  labelSelector: z.string().max(4_096).optional(),
  fieldSelector: z.string().max(4_096).optional(),
  timeoutSeconds: z.coerce.number().int().min(0).max(86_400).optional(),
  sendInitialEvents: flag.optional(),
  allowWatchBookmarks: flag.optional(),
  includeObject: IncludedObject.optional(),
});
type ListQuery = z.infer<typeof ListQuery>;

/** As long as the Kubernetes API keeps a watch at most, when the client does not say. */
const DEFAULT_WATCH_SECONDS = 3_600;

export function readRoutes(app: FastifyInstance, readable: Readable, options: ReadOptions): void {
  const { plural, base, isClusterWide } = readable;
  const { store, clock } = options;
  const list = (request: FastifyRequest, reply: FastifyReply) => listOrWatch(readable, options, request, reply);
  app.get(`${base}/${plural}`, list);
  if (!isClusterWide) app.get(`${base}/namespaces/:namespace/${plural}`, list);
  app.get(`${collectionPath(readable)}/:name`, async (request) => {
    const object = store.get({ plural, ...ItemParams.parse(request.params) });
    return present(request, readable, clock, object);
  });
}

/** Of the objects of one namespace, or of all where there are none. */
export const collectionPath = ({ plural, base, isClusterWide }: Readable): string =>
  `${base}${isClusterWide ? '' : '/namespaces/:namespace'}/${plural}`;

/** The object, or a table of it when the client asked for one. */
export function present(request: FastifyRequest, { columns }: Readable, clock: Clock, object: StoredObject): unknown {
  if (!wantsTable(request.headers.accept)) return shown(object);
  const included = IncludedObject.safeParse((request.query as { includeObject?: unknown }).includeObject ?? 'Metadata');
  if (!included.success) throw badRequest('includeObject is None, Metadata or Object.');
  const { resourceVersion } = object.metadata;
  return table([shown(object)], columns, {
    metadata: { resourceVersion },
    nowMs: clock.now(),
    included: included.data,
  });
}

/** As clients see it: what is in no namespace has no such field. */
function shown(object: StoredObject): StoredObject {
  if (object.metadata.namespace !== '') return object;
  const { namespace, ...metadata } = object.metadata;
  return { ...object, metadata: metadata as StoredObject['metadata'] };
}

async function listOrWatch(readable: Readable, options: ReadOptions, request: FastifyRequest, reply: FastifyReply) {
  const parsed = ListQuery.safeParse(request.query);
  if (!parsed.success) throw badRequest(`Bad query: ${z.prettifyError(parsed.error)}`);
  const { namespace } = ListParams.parse(request.params);
  const { store, clock } = options;
  const filter = filterOf(readable, parsed.data);
  if (parsed.data.watch) return startWatch(readable, options, request, reply, parsed.data, namespace);
  const chunk = chunkOf(store, { plural: readable.plural, namespace }, parsed.data, filter);
  const { metadata } = chunk;
  const items = chunk.items.map(shown);
  if (wantsTable(request.headers.accept)) {
    const included = parsed.data.includeObject ?? 'Metadata';
    return table(items, readable.columns, { metadata, nowMs: clock.now(), included });
  }
  const { apiVersion, kind } = readable;
  return { apiVersion, kind: `${kind}List`, metadata, items };
}

/** Undefined where everything is asked for. @throws UserError 400 */
export function filterOf({ columns, fields = [] }: Readable, selectors: Selectors): ObjectFilter | undefined {
  if (!selectors.labelSelector && !selectors.fieldSelector) return undefined;
  return selectorFilter(selectors, [...columns.map(({ path }) => path.join('.')), ...fields]);
}

function startWatch(
  readable: Readable,
  { store, clock, watches }: ReadOptions,
  request: FastifyRequest,
  reply: FastifyReply,
  query: ListQuery,
  namespace: string | undefined,
): FastifyReply {
  const { plural } = readable;
  const since = Number(query.resourceVersion ?? '') || undefined;
  reply.hijack();
  const open = watch(
    store,
    clock,
    {
      plural,
      namespace,
      filter: filterOf(readable, query) ?? (() => true),
      since: query.sendInitialEvents ? undefined : since,
      marksInitialEnd: query.sendInitialEvents ?? false,
      bookmark: query.allowWatchBookmarks ? { kind: readable.kind, apiVersion: readable.apiVersion } : undefined,
      timeoutMs: (query.timeoutSeconds || DEFAULT_WATCH_SECONDS) * 1_000,
      show: (object) => present(request, readable, clock, object),
    },
    reply.raw,
  );
  watches.add(open);
  reply.raw.once('close', () => watches.delete(open));
  return reply;
}
