/** Where hooks belong: a repository, an organization (every owner counts as one), or the whole server. */
import type { FastifyRequest } from 'fastify';
import type { Queries } from '../../store/database.ts';
import type { HookRow } from '../../store/hooks.ts';
import { findRepositoryById } from '../../store/repositories.ts';
import { organizationOwner, repositoryOwner } from '../../store/setting-owners.ts';
import type { HookPlace } from '../../store/tables/hooks.ts';
import { needs, type TokenNeed } from '../auth/access.ts';
import type { ServerContext } from '../context.ts';
import { repositoryOf } from '../github-rest/requests.ts';
import { organizationIn } from '../github-rest/setting-places.ts';

export interface HookPlaceRoute {
  /** Of the paths, before `/:id`. */
  path: string;
  type: HookHome['type'];
  need: { config: TokenNeed };
  /** @throws UserError 404 */
  placeOf(context: ServerContext, request: FastifyRequest): Promise<HookPlace>;
}

/** Where a hook is found. */
export interface HookHome {
  /** As GitHub calls the hooks there. */
  type: 'Repository' | 'Organization' | 'Global';
  /** Of the repository or organization. */
  place: string | null;
  /** Of the hook itself, in REST. */
  path: string;
}

/** @returns undefined when the repository is gone */
export async function homeOf(db: Queries, { id, place }: Pick<HookRow, 'id' | 'place'>): Promise<HookHome | undefined> {
  if (place === 'enterprise') return { type: 'Global', place: null, path: `/api/v3/admin/hooks/${id}` };
  const [kind, of = ''] = place.split(':');
  if (kind === 'organization') return { type: 'Organization', place: of, path: `/api/v3/orgs/${of}/hooks/${id}` };
  const repository = await findRepositoryById(db, Number(of));
  if (!repository) return undefined;
  const name = `${repository.owner}/${repository.name}`;
  return { type: 'Repository', place: name, path: `/api/v3/repos/${name}/hooks/${id}` };
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
