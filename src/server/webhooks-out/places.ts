/** Where hooks belong: a repository, an organization (every owner counts as one), or the whole server. */
import type { FastifyRequest } from 'fastify';
import { organizationOwner, repositoryOwner } from '../../store/setting-owners.ts';
import type { HookPlace } from '../../store/tables/hooks.ts';
import { needs, type TokenNeed } from '../auth/access.ts';
import type { ServerContext } from '../context.ts';
import { repositoryOf } from '../github-rest/requests.ts';
import { organizationIn } from '../github-rest/setting-places.ts';

export interface HookPlaceRoute {
  /** Of the paths, before `/:id`. */
  path: string;
  /** As GitHub calls the hooks there. */
  type: 'Repository' | 'Organization' | 'Global';
  need: { config: TokenNeed };
  /** @throws UserError 404 */
  placeOf(context: ServerContext, request: FastifyRequest): Promise<HookPlace>;
}

export const HOOK_PLACES: HookPlaceRoute[] = [
  {
    path: '/repos/:owner/:repo/hooks',
    type: 'Repository',
    need: needs('admin', 'people', { app: 'repository_hooks: write' }),
    placeOf: async (context, request) => repositoryOwner((await repositoryOf(context, request)).id),
  },
  {
    path: '/orgs/:org/hooks',
    type: 'Organization',
    need: needs('admin', 'people', { app: 'organization_hooks: write' }),
    placeOf: async (_context, request) => organizationOwner(organizationIn(request)),
  },
  {
    path: '/admin/hooks',
    type: 'Global',
    need: needs('admin', 'people', { place: 'server' }),
    placeOf: async () => 'enterprise',
  },
];
