import { type Insertable, type Selectable, sql } from 'kysely';
import type { Queries } from './database.ts';
import { DELETED_OWNER } from './repositories.ts';
import type { CachePart, CachesTable } from './tables/services.ts';

export type CacheRow = Selectable<CachesTable>;
/** What makes a cache another. */
export type CacheName = Pick<CacheRow, 'repository_id' | 'ref' | 'key' | 'version'>;

export interface CacheQuery {
  repositoryId: number;
  /** Beginning of the key. */
  key?: string;
  ref?: string;
}

export type CacheOrder = 'created_at' | 'last_accessed_at' | 'size_in_bytes';

export interface CacheUsage {
  count: number;
  sizeBytes: number;
}

/** The one of exactly this name, also while it is being written. */
export async function findCache(
  db: Queries,
  { repository_id, ref, key, version }: CacheName,
): Promise<CacheRow | undefined> {
  return db
    .selectFrom('caches')
    .selectAll()
    .where('repository_id', '=', repository_id)
    .where('ref', '=', ref)
    .where('version', '=', version)
    .where('key', '=', key)
    .executeTakeFirst();
}

export async function findCacheById(db: Queries, id: number): Promise<CacheRow | undefined> {
  return db.selectFrom('caches').selectAll().where('id', '=', id).executeTakeFirst();
}

/** The newest ready one of a scope whose key begins so. */
export async function newestCache(
  db: Queries,
  { repository_id, ref, version }: Omit<CacheName, 'key'>,
  prefix: string,
): Promise<CacheRow | undefined> {
  return db
    .selectFrom('caches')
    .selectAll()
    .where('repository_id', '=', repository_id)
    .where('ref', '=', ref)
    .where('version', '=', version)
    .where('state', '=', 'ready')
    .where(beginsWith(prefix))
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
}

/** Not LIKE: keys may hold its wildcards, and it ignores case. */
const beginsWith = (prefix: string) => sql<boolean>`substr(key, 1, length(${prefix})) = ${prefix}`;

export async function insertCache(db: Queries, cache: Insertable<CachesTable>): Promise<CacheRow> {
  return db.insertInto('caches').values(cache).returningAll().executeTakeFirstOrThrow();
}

export async function finishCache(db: Queries, id: number, sizeBytes: number, now: string): Promise<void> {
  await db
    .updateTable('caches')
    .set({ state: 'ready', size_bytes: sizeBytes, created_at: now, last_accessed_at: now })
    .where('id', '=', id)
    .execute();
}

export async function setParts(db: Queries, id: number, parts: CachePart[]): Promise<void> {
  await db
    .updateTable('caches')
    .set({ parts: JSON.stringify(parts) })
    .where('id', '=', id)
    .execute();
}

export async function touchCache(db: Queries, id: number, now: string): Promise<void> {
  await db.updateTable('caches').set({ last_accessed_at: now }).where('id', '=', id).execute();
}

export async function deleteCacheRow(db: Queries, id: number): Promise<void> {
  await db.deleteFrom('caches').where('id', '=', id).execute();
}

function ready(db: Queries, { repositoryId, key, ref }: CacheQuery) {
  let select = db.selectFrom('caches').where('repository_id', '=', repositoryId).where('state', '=', 'ready');
  if (key !== undefined) select = select.where(beginsWith(key));
  if (ref !== undefined) select = select.where('ref', '=', ref);
  return select;
}

export async function queryCaches(
  db: Queries,
  query: CacheQuery,
  order: { by: CacheOrder; direction: 'asc' | 'desc' },
  page?: { limit: number; offset: number },
): Promise<CacheRow[]> {
  const column = order.by === 'size_in_bytes' ? 'size_bytes' : order.by;
  let select = ready(db, query).selectAll().orderBy(column, order.direction).orderBy('id', order.direction);
  if (page) select = select.limit(page.limit).offset(page.offset);
  return select.execute();
}

export async function cacheUsage(db: Queries, query: CacheQuery): Promise<CacheUsage> {
  const { count, bytes } = await ready(db, query)
    .select(({ fn }) => [fn.countAll<number>().as('count'), fn.sum<number | null>('size_bytes').as('bytes')])
    .executeTakeFirstOrThrow();
  return { count: Number(count), sizeBytes: Number(bytes ?? 0) };
}

/** Of every repository that has any, by name. @param owner of whom only; without one those of all */
export async function cacheUsageByRepository(
  db: Queries,
  owner: string | undefined,
): Promise<(CacheUsage & { repository: string })[]> {
  let select = db
    .selectFrom('caches')
    .innerJoin('repositories', 'repositories.id', 'caches.repository_id')
    .where('caches.state', '=', 'ready')
    .where('repositories.owner', '!=', DELETED_OWNER);
  if (owner !== undefined) {
    select = select.where(({ eb, fn }) => eb(fn<string>('lower', ['repositories.owner']), '=', owner.toLowerCase()));
  }
  const rows = await select
    .select(['repositories.owner', 'repositories.name'])
    .select(({ fn }) => [fn.countAll<number>().as('count'), fn.sum<number>('caches.size_bytes').as('bytes')])
    .groupBy('repositories.id')
    .orderBy('repositories.key')
    .execute();
  return rows.map(({ owner, name, count, bytes }) => {
    return { repository: `${owner}/${name}`, count: Number(count), sizeBytes: Number(bytes) };
  });
}

/** Caches that were not used since then, and reservations that were given up. */
export async function staleCaches(
  db: Queries,
  { unusedSince, reservedBefore }: { unusedSince: string; reservedBefore: string },
): Promise<CacheRow[]> {
  return db
    .selectFrom('caches')
    .selectAll()
    .where(({ or, and, eb }) =>
      or([
        and([eb('state', '=', 'ready'), eb('last_accessed_at', '<', unusedSince)]),
        and([eb('state', '=', 'reserved'), eb('created_at', '<', reservedBefore)]),
      ]),
    )
    .limit(1_000)
    .execute();
}
