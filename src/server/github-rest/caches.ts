import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { UserError } from '../../common/errors.ts';
import {
  type CacheRow,
  type CacheUsage,
  cacheUsage,
  cacheUsageByRepository,
  findCacheById,
  queryCaches,
} from '../../store/caches.ts';
import type { RepositoryRow } from '../../store/repositories.ts';
import { needs } from '../auth/access.ts';
import { removeCache } from '../caches/eviction.ts';
import type { ServerContext } from '../context.ts';
import { notFoundOnGitHub } from './errors.ts';
import { idOf, linkPages, onPage, pageOf, READ, repositoryOf, WRITE } from './requests.ts';
import { scopeOfRequest } from './runner-scopes.ts';

const Text = z.string().max(1_000).optional();
const ListQuery = z.object({
  key: Text,
  ref: Text,
  sort: z.enum(['created_at', 'last_accessed_at', 'size_in_bytes']).default('last_accessed_at'),
  direction: z.enum(['asc', 'desc']).default('desc'),
});
const DeleteQuery = z.object({ key: z.string().min(1).max(1_000), ref: Text });

/** https://docs.github.com/rest/actions/cache */
export function cacheRestRoutes(app: FastifyInstance, context: ServerContext): void {
  const actions = '/repos/:owner/:repo/actions';
  const { db } = context;
  app.get(`${actions}/caches`, READ, async (request, reply) => {
    const { id: repositoryId } = await repositoryOf(context, request);
    const { key, ref, sort, direction } = ListQuery.parse(request.query);
    const page = pageOf(request);
    const query = { repositoryId, key, ref };
    const caches = await queryCaches(db, query, { by: sort, direction }, page);
    const { count } = await cacheUsage(db, query);
    linkPages(context, request, reply, page, count);
    return { total_count: count, actions_caches: caches.map(cacheObject) };
  });
  app.get(`${actions}/cache/usage`, READ, async (request) => usageOf(context, await repositoryOf(context, request)));
  const ofOrganization = needs('read', 'people', { app: 'organization_administration: read' });
  for (const [prefix, need] of [
    ['/orgs/:org', ofOrganization],
    ['/enterprises/:enterprise', needs('read', 'people')],
  ] as const) {
    app.get(`${prefix}/actions/cache/usage`, need, async (request) => totalOf(await usagesOf(context, request)));
  }
  app.get('/orgs/:org/actions/cache/usage-by-repository', ofOrganization, async (request, reply) => {
    const usages = await usagesOf(context, request);
    const shown = onPage(context, request, reply, usages).map(({ repository, ...usage }) =>
      usageObject(repository, usage),
    );
    return { total_count: usages.length, repository_cache_usages: shown };
  });
  app.delete(`${actions}/caches`, WRITE, async (request) => {
    const { id: repositoryId } = await repositoryOf(context, request);
    const { key, ref } = DeleteQuery.parse(request.query);
    const order = { by: 'created_at', direction: 'desc' } as const;
    const begin = await queryCaches(db, { repositoryId, key, ref }, order);
    const caches = begin.filter((cache) => cache.key === key);
    if (caches.length === 0) throw notFoundOnGitHub();
    for (const cache of caches) await removeCache(context, cache);
    return { total_count: caches.length, actions_caches: caches.map(cacheObject) };
  });
  app.delete(`${actions}/caches/:id`, WRITE, async (request, reply) => {
    const { id: repositoryId } = await repositoryOf(context, request);
    const cache = await findCacheById(db, idOf(request));
    if (cache?.repository_id !== repositoryId) throw notFoundOnGitHub();
    if (cache.state !== 'ready') throw new UserError('cache-busy', 'The cache is being written.', { status: 409 });
    await removeCache(context, cache);
    return reply.code(204).send();
  });
}

const cacheObject = ({ id, ref, key, version, size_bytes, created_at, last_accessed_at }: CacheRow) => ({
  id,
  ref,
  key,
  version,
  last_accessed_at,
  created_at,
  size_in_bytes: size_bytes,
});

async function usageOf({ db }: ServerContext, { id, owner, name }: RepositoryRow) {
  return usageObject(`${owner}/${name}`, await cacheUsage(db, { repositoryId: id }));
}

const usageObject = (full_name: string, { count, sizeBytes }: CacheUsage) => ({
  full_name,
  active_caches_size_in_bytes: sizeBytes,
  active_caches_count: count,
});

/** Of the organization or the enterprise in the path. @throws UserError 404 */
async function usagesOf(context: ServerContext, request: FastifyRequest) {
  const scope = await scopeOfRequest(context, request);
  return cacheUsageByRepository(context.db, scope.kind === 'organization' ? scope.name : undefined);
}

const totalOf = (usages: CacheUsage[]) => ({
  total_active_caches_count: usages.reduce((sum, { count }) => sum + count, 0),
  total_active_caches_size_in_bytes: usages.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
});
