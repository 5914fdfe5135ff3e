/** Caches go when nobody uses them, or when their repository has too many. */
import { isoTime } from '../../common/clock.ts';
import { type CacheRow, cacheUsage, deleteCacheRow, queryCaches, staleCaches } from '../../store/caches.ts';
import { UPLOAD_SECONDS } from '../blobs/uploads.ts';
import type { ServerContext } from '../context.ts';
import { type CacheLimits, cacheLimits } from './limits.ts';
import { cacheBlob, cacheUpload } from './names.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
type Stores = Pick<ServerContext, 'db' | 'blobs' | 'clock'>;

/** Removes what was not used for longest until the rest takes at most so much. */
export async function makeRoom(context: Stores, repositoryId: number, maxBytes: number): Promise<void> {
  let { sizeBytes } = await cacheUsage(context.db, { repositoryId });
  if (sizeBytes <= maxBytes) return;
  const order = { by: 'last_accessed_at', direction: 'asc' } as const;
  for (const cache of await queryCaches(context.db, { repositoryId }, order)) {
    if (sizeBytes <= maxBytes) return;
    await removeCache(context, cache);
    sizeBytes -= cache.size_bytes;
  }
}

/** For housekeeping. */
export async function removeStaleCaches(context: Stores, { days }: CacheLimits = cacheLimits()): Promise<void> {
  const now = context.clock.now();
  const stale = await staleCaches(context.db, {
    unusedSince: isoTime(now - days * DAY_MS),
    reservedBefore: isoTime(now - UPLOAD_SECONDS * 1000),
  });
  for (const cache of stale) await removeCache(context, cache);
}

/** The row first: what is not in the store is found by nobody. */
export async function removeCache({ db, blobs }: Pick<Stores, 'db' | 'blobs'>, cache: CacheRow): Promise<void> {
  await deleteCacheRow(db, cache.id);
  await blobs.delete(cacheBlob(cache));
  await blobs.delete(cacheUpload(cache));
}
