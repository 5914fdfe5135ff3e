import type { FastifyPluginAsync } from 'fastify';
import { UserError } from '../../common/errors.ts';
import {
  CACHE_SERVICE_PATH,
  CacheDownloadRequest,
  CreateCacheEntryRequest,
  FinalizeCacheEntryRequest,
} from '../../protocol/artifacts/index.ts';
import type { JobClaims } from '../auth/jwt.ts';
import { signedUrl } from '../blobs/signed-url.ts';
import { UPLOAD_SECONDS } from '../blobs/uploads.ts';
import type { ServerContext } from '../context.ts';
import { runningJob } from '../running-job.ts';
import { twirpMethods } from '../twirp.ts';
import { findMatch, restoreUrl } from './find.ts';
import { type CacheLimits, cacheLimits } from './limits.ts';
import { cacheUpload } from './names.ts';
import { finishUpload, reserveCache, reservedCache } from './save.ts';
import { scopesOfJob } from './scopes.ts';

const BODY_BYTES = 64 * 1024;

/** Cache v2 (runner-protocol 9.7). Register it without a prefix. */
export function cacheRoutes(context: ServerContext, limits: CacheLimits = cacheLimits()): FastifyPluginAsync {
  return async (app) => {
    const method = twirpMethods(app, context, BODY_BYTES);
    method(`${CACHE_SERVICE_PATH}/CreateCacheEntry`, CreateCacheEntryRequest, (job, body) =>
      orMessage(() => create(context, job, body)),
    );
    method(`${CACHE_SERVICE_PATH}/FinalizeCacheEntryUpload`, FinalizeCacheEntryRequest, (job, body) =>
      orMessage(() => finalize(context, limits, job, body)),
    );
    method(`${CACHE_SERVICE_PATH}/GetCacheEntryDownloadURL`, CacheDownloadRequest, async (job, body) => {
      await runningJob(context, job);
      const scopes = await scopesOfJob(context, job);
      const cache = await findMatch(context, scopes, body.version, [body.key, ...body.restore_keys]);
      if (!cache) return { ok: false };
      return { ok: true, signed_download_url: await restoreUrl(context, cache), matched_key: cache.key };
    });
  };
}

/** What a client shows as a warning, and goes on: a cache that cannot be saved fails no job. */
async function orMessage(answer: () => Promise<object>): Promise<object> {
  try {
    return await answer();
  } catch (error) {
    if (error instanceof UserError && error.code.startsWith('cache-')) return { ok: false, message: error.message };
    throw error;
  }
}

async function create(context: ServerContext, claims: JobClaims, request: CreateCacheEntryRequest): Promise<object> {
  const job = await runningJob(context, claims);
  const cache = await reserveCache(context, await scopesOfJob(context, claims), job, request);
  // Without a message: that another job was faster is nothing to warn of.
  if (!cache) return { ok: false };
  return { ok: true, signed_upload_url: signedUrl(context, cacheUpload(cache), 'w', UPLOAD_SECONDS) };
}

async function finalize(
  context: ServerContext,
  limits: CacheLimits,
  claims: JobClaims,
  request: FinalizeCacheEntryRequest,
): Promise<object> {
  const job = await runningJob(context, claims);
  const cache = await reservedCache(context, await scopesOfJob(context, claims), job, request);
  if (!cache) throw new UserError('cache-not-reserved', 'This job has not reserved this cache.', { status: 404 });
  await finishUpload(context, limits, cache, request.size_bytes);
  return { ok: true, entry_id: String(cache.id) };
}
