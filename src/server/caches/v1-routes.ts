import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { UserError } from '../../common/errors.ts';
import {
  CACHE_V1_PATH,
  type CacheEntryV1,
  CacheListQuery,
  CacheLookupQuery,
  CommitCacheRequest,
  ReserveCacheRequest,
} from '../../protocol/artifacts/index.ts';
import { type CacheRow, findCacheById, queryCaches, setParts } from '../../store/caches.ts';
import type { CachePart } from '../../store/tables/services.ts';
import type { JobClaims } from '../auth/jwt.ts';
import { limited } from '../blobs/limited.ts';
import type { ServerContext } from '../context.ts';
import { failureOf } from '../failures.ts';
import { runningJob } from '../running-job.ts';
import { findMatch, restoreUrl } from './find.ts';
import { type CacheLimits, cacheLimits } from './limits.ts';
import { cacheUpload } from './names.ts';
import { assertSize, finishUpload, reserveCache } from './save.ts';
import { scopesOfJob } from './scopes.ts';

const IdParams = z.object({ id: z.coerce.number().int().positive() });
/** Clients send 32 MiB; more than that they choose themselves. */
const MAX_PART_BYTES = 1024 ** 3;
const BODY_BYTES = 64 * 1024;
const JOB = { config: { access: 'job' }, bodyLimit: BODY_BYTES } as const;

/** Cache v1 (runner-protocol 9.8), which the toolkit uses on whatever it takes for a GHES. Register it without a prefix. */
export function cacheV1Routes(context: ServerContext, limits: CacheLimits = cacheLimits()): FastifyPluginAsync {
  return async (app) => {
    app.addContentTypeParser('application/octet-stream', (_request, _payload, done) => done(null));
    app.setErrorHandler((error, request, reply) => {
      const { status, message, code } = failureOf(error, request, context.logger);
      return reply.code(status).send({ message, typeKey: code });
    });
    app.get(`${CACHE_V1_PATH}/cache`, JOB, async (request, reply) => lookUp(context, request, reply));
    app.get(`${CACHE_V1_PATH}/caches`, JOB, async (request) => list(context, request));
    app.post(`${CACHE_V1_PATH}/caches`, JOB, async (request, reply) => {
      const body = ReserveCacheRequest.parse(request.body);
      assertSize(limits, body.cacheSize ?? 0);
      const job = await runningJob(context, claimsOf(request));
      const cache = await reserveCache(context, await scopesOfJob(context, claimsOf(request)), job, body);
      if (!cache) throw new UserError('cache-exists', `The cache "${body.key}" exists already.`, { status: 409 });
      return reply.code(201).send({ cacheId: cache.id });
    });
    app.patch(`${CACHE_V1_PATH}/caches/:id`, JOB, async (request, reply) => {
      await stagePart(context, request, await ownCache(context, request));
      return reply.code(204).send();
    });
    app.post(`${CACHE_V1_PATH}/caches/:id`, JOB, async (request, reply) => {
      const { size } = CommitCacheRequest.parse(request.body);
      const cache = await ownCache(context, request);
      if (cache.state === 'reserved') await joinParts(context, cache);
      await finishUpload(context, limits, cache, size);
      return reply.code(204).send();
    });
  };
}

function claimsOf({ caller }: FastifyRequest): JobClaims {
  if (caller.kind !== 'job') throw new Error('the route lacks the access "job"');
  return caller.job;
}

async function lookUp(context: ServerContext, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { keys, version } = CacheLookupQuery.parse(request.query);
  const claims = claimsOf(request);
  await runningJob(context, claims);
  const [primary = '', ...restore] = keys;
  const cache = await findMatch(context, await scopesOfJob(context, claims), version, [primary, ...restore]);
  if (!cache) return reply.code(204).send();
  return reply.send({ ...entryOf(cache), archiveLocation: await restoreUrl(context, cache) });
}

/** For a client that says in its debug log which caches there are instead. */
async function list(context: ServerContext, request: FastifyRequest) {
  const { key } = CacheListQuery.parse(request.query);
  const { repositoryId } = claimsOf(request);
  const order = { by: 'created_at', direction: 'desc' } as const;
  const caches = await queryCaches(context.db, { repositoryId, key }, order, { limit: 100, offset: 0 });
  return { totalCount: caches.length, artifactCaches: caches.map(entryOf) };
}

const entryOf = ({ key, ref, version, created_at }: CacheRow): CacheEntryV1 => ({
  cacheKey: key,
  scope: ref,
  cacheVersion: version,
  creationTime: created_at,
});

/** @throws UserError 404 for one that this job has not reserved */
async function ownCache(context: ServerContext, request: FastifyRequest): Promise<CacheRow> {
  const job = await runningJob(context, claimsOf(request));
  const { data } = IdParams.safeParse(request.params);
  const cache = data && (await findCacheById(context.db, data.id));
  if (cache?.job_id === job.id) return cache;
  throw new UserError('cache-not-reserved', 'This job has not reserved this cache.', { status: 404 });
}

/** Parts come side by side and in any order; one that comes again replaces itself. */
async function stagePart(context: ServerContext, request: FastifyRequest, cache: CacheRow): Promise<void> {
  if (cache.state === 'ready') throw new UserError('cache-exists', 'The cache is finished.', { status: 409 });
  const [, first = ''] = /^bytes (\d{1,15})-\d+\/(?:\*|\d+)$/.exec(request.headers['content-range'] ?? '') ?? [];
  if (first === '') throw new UserError('bad-range', 'The header Content-Range is missing or wrong.', { status: 400 });
  const start = Number(first);
  const body = limited(request.raw, MAX_PART_BYTES);
  const sizeBytes = await context.blobs.stage(cacheUpload(cache), String(start), body);
  await context.turns.take(`cache-parts:${cache.id}`, async () => {
    const parts = await partsOf(context, cache);
    await setParts(context.db, cache.id, [...parts.filter((part) => part.start !== start), { start, sizeBytes }]);
  });
}

async function partsOf({ db }: ServerContext, { id }: CacheRow): Promise<CachePart[]> {
  const cache = await findCacheById(db, id);
  return JSON.parse(cache?.parts ?? '[]') as CachePart[];
}

/** @throws UserError 422 when there is a gap */
async function joinParts(context: ServerContext, cache: CacheRow): Promise<void> {
  const parts = (await partsOf(context, cache)).sort((a, b) => a.start - b.start);
  let end = 0;
  for (const { start, sizeBytes } of parts) {
    if (start !== end) throw new UserError('cache-incomplete', `The bytes from ${end} to ${start} are missing.`);
    end += sizeBytes;
  }
  const ids = parts.map(({ start }) => String(start));
  if (ids.length > 0) await context.blobs.commit(cacheUpload(cache), ids);
}
