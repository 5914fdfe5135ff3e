import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { ActList, RepositoryList } from '../../protocol/dashboard/index.ts';
import { queryActs } from '../../store/audit.ts';
import { visibleRepositoryRows } from '../../store/repositories.ts';
import { needs } from '../auth/access.ts';
import { visibleRepositories } from '../auth/callers.ts';
import { EVERYWHERE, parsePlace } from '../auth/places.ts';
import type { ServerContext } from '../context.ts';

const ActQuery = z.object({
  actor: z.string().max(100).optional(),
  action: z.string().max(200).optional(),
  place: z.string().optional(),
  before: z.coerce.number().int().positive().optional(),
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
});

/** Who did what, for administrators of the server; and the repositories that the caller sees. */
export function addAudit(app: FastifyInstance, { db }: ServerContext): void {
  app.get('/audit', needs('admin', 'people', { place: 'server' }), async ({ query }): Promise<ActList> => {
    const { place, ...rest } = ActQuery.parse(query);
    const within = place === undefined ? undefined : parsePlace(place);
    const rows = await queryActs(db, { ...rest, within: within === EVERYWHERE ? undefined : within });
    return {
      acts: rows.map(({ id, at, action, actor, token_id, place, path, details, address, status }) => {
        return { id, at, action, actor, tokenId: token_id, place, path, details: JSON.parse(details), address, status };
      }),
    };
  });
  app.get(
    '/repositories',
    { config: { access: 'page', place: 'checked-by-handler' } },
    async ({ caller }): Promise<RepositoryList> => {
      const rows = await visibleRepositoryRows(db, visibleRepositories(caller));
      return {
        repositories: rows.map(({ owner, name, default_branch, created_at }) => {
          return { name: `${owner}/${name}`, defaultBranch: default_branch, createdAt: created_at };
        }),
      };
    },
  );
}
