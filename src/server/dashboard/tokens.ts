import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { notFound, UserError } from '../../common/errors.ts';
import type { NewToken, Token, TokenList } from '../../protocol/dashboard/index.ts';
import { findUser } from '../../store/people.ts';
import { deleteToken, findTokenById, insertToken, userTokens } from '../../store/tokens.ts';
import { needs } from '../auth/access.ts';
import { forgetAdminToken } from '../auth/admin-token.ts';
import { type Caller, personAccessAt } from '../auth/callers.ts';
import { EVERYWHERE, parsePlace } from '../auth/places.ts';
import type { ServerContext } from '../context.ts';

const TokenBody = z.object({
  user: z.string(),
  scope: z.enum(['read', 'write', 'admin']),
  note: z.string().max(200).default(''),
  places: z.array(z.string()).min(1).max(100).nullable().default(null),
  expiresAt: z.iso.datetime({ offset: true }).nullable().default(null),
});
const ListQuery = z.object({ user: z.string().optional() });
const IdParams = z.object({ id: z.coerce.number().int().positive() });

/** Everybody's own; administrators see and end those of others, and make them. */
const OWN = needs('read', 'people', { place: 'checked-by-handler' });

export function addTokens(app: FastifyInstance, context: ServerContext): void {
  const { db } = context;
  app.get('/tokens', OWN, async ({ query, caller }): Promise<TokenList> => {
    const { user } = ListQuery.parse(query);
    const rows = await userTokens(db, isAdministrator(caller) ? user : nameOf(caller));
    return { tokens: rows.map(viewToken) };
  });
  app.post('/tokens', needs('admin', 'people', { place: 'server' }), async ({ body }, reply): Promise<NewToken> => {
    reply.code(201);
    return make(context, TokenBody.parse(body));
  });
  app.delete('/tokens/:id', { config: { ...OWN.config, audited: true } }, async ({ params, caller }, reply) => {
    const { id } = IdParams.parse(params);
    const token = await findTokenById(db, id);
    const isOwn = token?.kind === 'user' && token.subject === nameOf(caller).toLowerCase();
    if (token?.kind !== 'user' || (!isOwn && !isAdministrator(caller))) throw notFound(`Token ${id}`);
    await deleteToken(db, id);
    await forgetAdminToken(context.settings.dataFolder, token.hash);
    return reply.code(204).send();
  });
}

const isAdministrator = (caller: Caller): boolean => personAccessAt(caller, EVERYWHERE) === 'admin';

const nameOf = (caller: Caller): string => (caller.kind === 'user' ? caller.name : '');

async function make(context: ServerContext, wanted: z.infer<typeof TokenBody>): Promise<NewToken> {
  const { db, clock } = context;
  const now = clock.now();
  const user = await findUser(db, wanted.user);
  if (!user) throw notFound(`The user ${wanted.user}`);
  const expiresAt = wanted.expiresAt === null ? null : Date.parse(wanted.expiresAt);
  if (expiresAt !== null && expiresAt <= now) {
    throw new UserError('bad-expiry', 'The token would have expired already.', { hint: 'Give a time to come.' });
  }
  const places = wanted.places?.map(parsePlace) ?? null;
  const { note, scope } = wanted;
  const row = await insertToken(db, { kind: 'user', subject: user.key, scopes: scope, note, places, expiresAt }, now);
  const made = (await userTokens(db, user.key)).find(({ id }) => id === row.id);
  if (!made) throw new Error(`the token ${row.id} is not there`);
  return { ...viewToken(made), token: row.text };
}

const viewToken = (row: Awaited<ReturnType<typeof userTokens>>[number]): Token => ({
  id: row.id,
  user: row.login,
  note: row.note,
  scope: row.scopes === 'admin' || row.scopes === 'write' ? row.scopes : 'read',
  places: JSON.parse(row.places),
  expiresAt: row.expires_at,
  lastUsedAt: row.last_used_at,
  createdAt: row.created_at,
});
