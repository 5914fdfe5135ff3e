import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { UserError } from '../../common/errors.ts';
import { allGrants, deleteGrant, findUser, grantsOf, listUsers, setGrant, type UserRow } from '../../store/people.ts';
import type { AccessLevel } from '../../store/tables/people.ts';
import { needs } from '../auth/access.ts';
import { repositoryPlace } from '../auth/places.ts';
import { accessAt } from '../auth/reach.ts';
import type { ServerContext } from '../context.ts';
import { notFoundOnGitHub } from './errors.ts';
import { onPage, repositoryOf } from './requests.ts';
import { userObject } from './shapes.ts';

const PutRequest = z.looseObject({
  permission: z.enum(['pull', 'triage', 'push', 'maintain', 'admin', 'read', 'write']).default('push'),
});

/** GitHub has five levels of access, here are three. */
const LEVELS: Record<z.infer<typeof PutRequest>['permission'], AccessLevel> = {
  pull: 'read',
  triage: 'read',
  read: 'read',
  push: 'write',
  maintain: 'write',
  write: 'write',
  admin: 'admin',
};

/** https://docs.github.com/rest/collaborators/collaborators: who may do what with the repository */
export function collaboratorRoutes(app: FastifyInstance, context: ServerContext): void {
  const base = '/repos/:owner/:repo/collaborators';
  const { db, clock } = context;
  const admin = needs('admin', 'people', { app: 'administration: write' });
  const read = needs('write', 'people', { app: 'metadata: read' });
  app.get(base, read, async (request, reply) => {
    const place = repositoryPlace(await repositoryOf(context, request));
    const [users, grants] = await Promise.all([listUsers(db), allGrants(db)]);
    const all = users.flatMap((user) => {
      const own = grants.filter(({ user_id }) => user_id === user.id);
      const access = accessAt({ scope: 'admin', places: null, grants: own }, place);
      return access ? [{ user, access }] : [];
    });
    return onPage(context, request, reply, all).map(({ user, access }) => collaboratorObject(context, user, access));
  });
  app.get(`${base}/:username`, read, async (request, reply) => {
    const { access } = await collaboratorIn(context, request);
    if (!access) throw notFoundOnGitHub();
    return reply.code(204).send();
  });
  app.get(`${base}/:username/permission`, read, async (request) => {
    const { user, access } = await collaboratorIn(context, request);
    const permission = access ?? 'none';
    return { permission, role_name: permission, user: collaboratorObject(context, user, access) };
  });
  app.put(`${base}/:username`, admin, async (request, reply) => {
    const { user, place } = await collaboratorIn(context, request);
    const { permission } = PutRequest.parse(request.body ?? {});
    await setGrant(db, user.id, place, LEVELS[permission], clock.now());
    return reply.code(204).send();
  });
  app.delete(`${base}/:username`, admin, async (request, reply) => {
    const { user, place, access } = await collaboratorIn(context, request);
    const wasGranted = await deleteGrant(db, user.id, place);
    if (wasGranted || !access) return reply.code(204).send();
    throw new UserError('granted-elsewhere', `${user.login} has access to more than this repository.`, {
      hint: 'Take it away there: switchyard user revoke.',
    });
  });
}

/** @throws UserError 404 */
async function collaboratorIn(
  context: ServerContext,
  request: FastifyRequest,
): Promise<{ user: UserRow; place: string; access: AccessLevel | undefined }> {
  const place = repositoryPlace(await repositoryOf(context, request));
  const { username } = z.object({ username: z.string() }).parse(request.params);
  const user = await findUser(context.db, username);
  if (!user) throw notFoundOnGitHub();
  const access = accessAt({ scope: 'admin', places: null, grants: await grantsOf(context.db, user.id) }, place);
  return { user, place, access };
}

function collaboratorObject({ settings }: ServerContext, { login }: UserRow, access: AccessLevel | undefined) {
  const isAdmin = access === 'admin';
  const mayPush = isAdmin || access === 'write';
  return {
    ...userObject(login, settings.publicUrl),
    permissions: { pull: access !== undefined, triage: mayPush, push: mayPush, maintain: isAdmin, admin: isAdmin },
    role_name: access ?? 'none',
  };
}
