import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { UserError } from '../../common/errors.ts';
import { userId } from '../../common/ids.ts';
import { type ActQuery, type ActRow, queryActs } from '../../store/audit.ts';
import { needs } from '../auth/access.ts';
import { EVERYWHERE, type Place, placeInPath } from '../auth/places.ts';
import type { ServerContext } from '../context.ts';
import { notFoundOnGitHub } from './errors.ts';

const Cursor = z.coerce.number().int().positive().optional();
const Query = z.object({
  phrase: z.string().max(500).default(''),
  after: Cursor,
  before: Cursor,
  order: z.enum(['asc', 'desc']).default('desc'),
  per_page: z.coerce.number().int().min(1).max(100).catch(30),
});

/** https://docs.github.com/enterprise-server/rest/enterprise-admin/audit-log, and the same of organizations */
export function auditLogRoutes(app: FastifyInstance, context: ServerContext): void {
  app.get('/enterprises/:enterprise/audit-log', needs('admin', 'people'), async (request, reply) => {
    const { enterprise } = request.params as { enterprise: string };
    if (enterprise.toLowerCase() !== context.settings.enterprise) throw notFoundOnGitHub();
    return answer(context, request, reply);
  });
  const ofOrganization = needs('admin', 'people', { app: 'organization_administration: read' });
  app.get('/orgs/:org/audit-log', ofOrganization, (request, reply) => answer(context, request, reply));
}

async function answer(context: ServerContext, request: FastifyRequest, reply: FastifyReply) {
  const { phrase, after, before, order, per_page } = Query.parse(request.query);
  const place = placeInPath(request.params);
  const within = place === EVERYWHERE ? undefined : place;
  // Cursors follow the order that was asked for: `after` is the next page of it.
  const cursors = order === 'desc' ? { before: after, after: before } : { after, before };
  const acts = await queryActs(context.db, { within, ...wordsOf(phrase), ...cursors, order, limit: per_page });
  const last = acts.at(-1);
  if (last && acts.length === per_page) reply.header('link', linkTo(context, request, last.id));
  return acts.map((act) => actObject(context, act));
}

function linkTo(context: ServerContext, request: FastifyRequest, after: number): string {
  const url = new URL(request.url, context.settings.publicUrl);
  url.searchParams.set('after', String(after));
  url.searchParams.delete('before');
  return `<${url}>; rel="next"`;
}

/** `actor:` and `action:` of GitHub's search. @throws UserError 422 for others */
function wordsOf(phrase: string): Pick<ActQuery, 'actor' | 'action'> {
  const words: Pick<ActQuery, 'actor' | 'action'> = {};
  for (const word of phrase.split(/\s+/).filter((text) => text !== '')) {
    const [, name, value] = /^(actor|action):(.+)$/.exec(word) ?? [];
    if (name !== 'actor' && name !== 'action') {
      throw new UserError('bad-phrase', `"${word}" is not understood in phrase.`, {
        hint: 'Use actor:LOGIN and action:NAME.',
      });
    }
    words[name] = value;
  }
  return words;
}

function actObject({ settings }: ServerContext, act: ActRow) {
  const at = Date.parse(act.at);
  const [owner, name] = act.place === EVERYWHERE ? [] : (act.place as Place).split('/');
  return {
    '@timestamp': at,
    _document_id: String(act.id),
    action: act.action,
    actor: act.actor,
    actor_id: userId(act.actor),
    actor_ip: act.address,
    business: settings.enterprise,
    created_at: at,
    ...(owner !== undefined && { org: owner }),
    ...(name !== undefined && { repo: `${owner}/${name}` }),
    ...(act.token_id !== null && { token_id: act.token_id }),
    request_path: act.path,
    data: JSON.parse(act.details),
    status_code: act.status,
  };
}
