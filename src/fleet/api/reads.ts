/** get, list and watch of one plural: the same for our kinds and for events. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Clock } from '../../common/clock.ts';
import type { Column } from '../resources/kind.ts';
import type { StoredObject } from '../resources/object.ts';
import type { ResourceStore } from '../store/resource-store.ts';
import { selectorFilter } from './selectors.ts';
import { badRequest } from './status.ts';
import { table, wantsTable } from './table.ts';
import { watch } from './watch.ts';

export interface Readable {
  plural: string;
  /** Path before `/namespaces` or the plural, such as `/api/v1`. */
  base: string;
  apiVersion: string;
  listKind: string;
  columns: Column[];
}

export interface ReadOptions {
  store: ResourceStore;
  clock: Clock;
  /** Open watches, so that closing the API ends them. */
  watches: Set<{ end(): void }>;
}

export const ItemParams = z.object({ namespace: z.string(), name: z.string() });
export const ListParams = z.object({ namespace: z.string().optional() });

const flag = z.enum(['', '0', '1', 'false', 'true']).transform((text) => text === '1' || text === 'true');

const ListQuery = z.looseObject({
  watch: flag.optional(),
  resourceVersion: z.string().regex(/^\d*$/).optional(),
  labelSelector: z.string().max(4_096).optional(),
  fieldSelector: z.string().max(4_096).optional(),
  timeoutSeconds: z.coerce.number().int().min(0).max(86_400).optional(),
  sendInitialEvents: flag.optional(),
});
type ListQuery = z.infer<typeof ListQuery>;

/** As long as the Kubernetes API keeps a watch at most, when the client does not say. */
const DEFAULT_WATCH_SECONDS = 3_600;

export function readRoutes(app: FastifyInstance, readable: Readable, options: ReadOptions): void {
  const { plural, base } = readable;
  const { store, clock } = options;
  const list = (request: FastifyRequest, reply: FastifyReply) => listOrWatch(readable, options, request, reply);
  app.get(`${base}/${plural}`, list);
  app.get(`${base}/namespaces/:namespace/${plural}`, list);
  app.get(`${base}/namespaces/:namespace/${plural}/:name`, async (request) => {
    const object = store.get({ plural, ...ItemParams.parse(request.params) });
    return present(request, readable, clock, object);
  });
}

/** The object, or a table of it when the client asked for one. */
export function present(request: FastifyRequest, { columns }: Readable, clock: Clock, object: StoredObject): unknown {
  if (!wantsTable(request.headers.accept)) return object;
  return table([object], columns, object.metadata.resourceVersion, clock.now());
}

async function listOrWatch(readable: Readable, options: ReadOptions, request: FastifyRequest, reply: FastifyReply) {
  const parsed = ListQuery.safeParse(request.query);
  if (!parsed.success) throw badRequest(`Bad query: ${z.prettifyError(parsed.error)}`);
  const { namespace } = ListParams.parse(request.params);
  const { store, clock } = options;
  const filter = selectorFilter(parsed.data.labelSelector, parsed.data.fieldSelector);
  if (parsed.data.watch) return startWatch(readable, options, request, reply, parsed.data, namespace);
  const items = store.list(readable.plural, namespace).filter(filter);
  if (wantsTable(request.headers.accept)) return table(items, readable.columns, store.version, clock.now());
  const { apiVersion, listKind } = readable;
  return { apiVersion, kind: listKind, metadata: { resourceVersion: store.version }, items };
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
      filter: selectorFilter(query.labelSelector, query.fieldSelector),
      since: query.sendInitialEvents ? undefined : since,
      marksInitialEnd: query.sendInitialEvents ?? false,
      timeoutMs: (query.timeoutSeconds || DEFAULT_WATCH_SECONDS) * 1_000,
      show: (object) => present(request, readable, clock, object),
    },
    reply.raw,
  );
  watches.add(open);
  reply.raw.once('close', () => watches.delete(open));
  return reply;
}
