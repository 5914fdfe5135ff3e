import { isoTime } from '../../common/clock.ts';
import { type CacheRow, findCache, newestCache, touchCache } from '../../store/caches.ts';
import { softly } from '../../store/database.ts';
import { signedUrl } from '../blobs/signed-url.ts';
import type { ServerContext } from '../context.ts';
import { cacheBlob } from './names.ts';
import type { CacheScopes } from './scopes.ts';

const URL_SECONDS = 60 * 60;
const LOOKS = { contentType: 'application/octet-stream', fileName: 'cache' };

/**
 * Scope by scope: the key itself, then of each key in turn the newest cache that begins with it (runner-protocol 9.7).
 * @param keys the primary key, then the restore keys
 */
export async function findMatch(
  context: Pick<ServerContext, 'db'>,
  { repositoryId, refs }: CacheScopes,
  version: string,
  keys: [primary: string, ...restore: string[]],
): Promise<CacheRow | undefined> {
  for (const ref of refs) {
    const scope = { repository_id: repositoryId, ref, version };
    const exact = await findCache(context.db, { ...scope, key: keys[0] });
    if (exact?.state === 'ready') return exact;
    for (const key of keys) {
      const found = await newestCache(context.db, scope, key);
      if (found) return found;
    }
  }
  return undefined;
}

/** A URL for whoever restores it, which counts as use. */
export async function restoreUrl(context: ServerContext, cache: CacheRow): Promise<string> {
  await softly(context.db, (db) => touchCache(db, cache.id, isoTime(context.clock.now())));
  return signedUrl(context, cacheBlob(cache), 'r', URL_SECONDS, LOOKS);
}
