/** The scale subresource (autoscaling/v1), by which `kubectl scale` changes `spec.replicas` and nothing else. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { StoredObject } from '../resources/object.ts';
import { patched } from './patches.ts';
import { collectionPath } from './reads.ts';
import { bodyOf, contentType, ItemParams, isDryRun } from './requests.ts';
import { badRequest } from './status.ts';
import type { WriteContext } from './writes.ts';

const Scale = z.looseObject({
  metadata: z.looseObject({ resourceVersion: z.string().optional() }).optional(),
  spec: z.looseObject({ replicas: z.int().min(0).default(0) }),
});

export function scaleRoutes(app: FastifyInstance, context: WriteContext): void {
  const { kind, store, readable } = context;
  const path = `${collectionPath(readable)}/:name/scale`;
  const existingOf = (request: FastifyRequest): StoredObject =>
    store.get({ plural: kind.plural, ...ItemParams.parse(request.params) });
  app.get(path, async (request) => scaleOf(existingOf(request)));
  app.put(path, async (request) => write(context, request, existingOf(request), bodyOf(request)));
  app.patch(path, async (request) => {
    const existing = existingOf(request);
    const scale = scaleOf(existing);
    return write(context, request, existing, patched(scale, contentType(request), request.body, kind.group));
  });
}

function write({ kind, store }: WriteContext, request: FastifyRequest, existing: StoredObject, body: unknown): unknown {
  const parsed = Scale.safeParse(body);
  if (!parsed.success) throw badRequest(`Bad Scale: ${z.prettifyError(parsed.error)}`);
  const { replicas } = parsed.data.spec;
  const resourceVersion = parsed.data.metadata?.resourceVersion || existing.metadata.resourceVersion;
  const spec = { ...(existing.spec as object), replicas };
  const isSame = replicas === scaleOf(existing).spec.replicas;
  const next = isSame ? existing : { ...existing, metadata: { ...existing.metadata, resourceVersion }, spec };
  return scaleOf(store.update(kind.plural, next, isDryRun(request)));
}

interface ScaleObject extends StoredObject {
  spec: { replicas: number };
}

function scaleOf({ metadata, spec, status }: StoredObject): ScaleObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp, generation } = metadata;
  const { replicas = 1 } = spec as { replicas?: number };
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp, generation },
    spec: { replicas },
    status: { replicas: (status as { replicas?: number } | undefined)?.replicas ?? 0 },
  };
}
