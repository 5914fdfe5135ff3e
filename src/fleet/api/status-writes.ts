/** The status subresource: whoever writes it changes nothing else, and who writes the rest does not change it. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Content } from '../resources/kind.ts';
import type { StoredObject } from '../resources/object.ts';
import { patched } from './patches.ts';
import { collectionPath, present } from './reads.ts';
import { bodyOf, contentType, ItemParams, isDryRun } from './requests.ts';
import { badRequest } from './status.ts';
import type { WriteContext } from './writes.ts';

const StatusBody = z.looseObject({
  status: z.record(z.string(), z.unknown()).optional(),
  metadata: z.looseObject({ resourceVersion: z.string().optional() }).optional(),
});

export function statusRoutes(app: FastifyInstance, context: WriteContext): void {
  const { kind, store, readable, clock } = context;
  const path = `${collectionPath(readable)}/:name/status`;
  const existingOf = (request: FastifyRequest): StoredObject =>
    store.get({ plural: kind.plural, ...ItemParams.parse(request.params) });
  app.get(path, async (request) => present(request, readable, clock, existingOf(request)));
  app.put(path, async (request) => write(context, request, existingOf(request), bodyOf(request)));
  app.patch(path, async (request) => {
    const existing = existingOf(request);
    return write(context, request, existing, patched(existing, contentType(request), request.body, kind.group));
  });
}

function write(
  { kind, store, readable, clock }: WriteContext,
  request: FastifyRequest,
  existing: StoredObject,
  body: Content,
): unknown {
  const parsed = StatusBody.safeParse(body);
  if (!parsed.success) throw badRequest(`Bad status: ${z.prettifyError(parsed.error)}`);
  const resourceVersion = parsed.data.metadata?.resourceVersion ?? existing.metadata.resourceVersion;
  const next = { ...existing, metadata: { ...existing.metadata, resourceVersion }, status: parsed.data.status };
  return present(request, readable, clock, store.update(kind.plural, next, isDryRun(request)));
}
