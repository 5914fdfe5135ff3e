import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { isoTime } from '../../common/clock.ts';
import { notFound, UserError } from '../../common/errors.ts';
import type { User, UserList, Viewer } from '../../protocol/dashboard/index.ts';
import {
  allGrants,
  deleteGrant,
  deleteUser,
  findUser,
  type Grant,
  grantsOf,
  insertUser,
  listUsers,
  setGrant,
  setSuspended,
  type UserRow,
} from '../../store/people.ts';
import { needs } from '../auth/access.ts';
import { ADMIN_NAME } from '../auth/admin-token.ts';
import { personAccessAt } from '../auth/callers.ts';
import { EVERYWHERE, parsePlace } from '../auth/places.ts';
import type { ServerContext } from '../context.ts';

const UserParams = z.object({ login: z.string() });
const GrantParams = UserParams.extend({ place: z.string() });
/** As GitHub's logins, and `_` and `.`, which companies' directories have. */
const Login = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,38}$/, 'must be a login of up to 39 letters, digits, . _ -');
const NewUser = z.object({ login: Login });
const UserChange = z.object({ suspended: z.boolean() });
const GrantBody = z.object({ place: z.string(), access: z.enum(['read', 'write', 'admin']) });

const ADMIN = needs('admin', 'people', { place: 'server' });

/** Users, and what they may do where; for administrators of the server. */
export function addPeople(app: FastifyInstance, context: ServerContext): void {
  const { db, clock } = context;
  app.get('/viewer', { config: { access: 'page', place: 'checked-by-handler' } }, ({ caller }): Viewer => {
    const login = caller.kind === 'user' ? caller.name : null;
    return { login, isAdmin: personAccessAt(caller, EVERYWHERE) === 'admin' };
  });
  app.get('/users', ADMIN, async (): Promise<UserList> => {
    const [users, grants] = await Promise.all([listUsers(db), allGrants(db)]);
    return {
      users: users.map((user) =>
        viewUser(
          user,
          grants.filter(({ user_id }) => user_id === user.id),
        ),
      ),
    };
  });
  app.post('/users', ADMIN, async ({ body }, reply): Promise<User> => {
    const { login } = NewUser.parse(body);
    const user = await insertUser(db, login, clock.now());
    if (!user) throw new UserError('name-taken', `There is a user ${login} already.`, { status: 409 });
    reply.code(201);
    return viewUser(user, []);
  });
  app.patch('/users/:login', ADMIN, async ({ params, body }): Promise<User> => {
    const user = await ordinaryUser(context, params);
    const at = UserChange.parse(body).suspended ? isoTime(clock.now()) : null;
    await setSuspended(db, user.id, at);
    return viewUser({ ...user, suspended_at: at }, await grantsOf(db, user.id));
  });
  app.delete('/users/:login', ADMIN, async ({ params }, reply) => {
    const user = await ordinaryUser(context, params);
    await db.transaction().execute((unit) => deleteUser(unit, user));
    return reply.code(204).send();
  });
  app.put('/users/:login/grants', ADMIN, async ({ params, body }): Promise<User> => {
    const user = await ordinaryUser(context, params);
    const { place, access } = GrantBody.parse(body);
    await setGrant(db, user.id, parsePlace(place), access, clock.now());
    return viewUser(user, await grantsOf(db, user.id));
  });
  app.delete('/users/:login/grants/:place', ADMIN, async ({ params }, reply) => {
    const user = await ordinaryUser(context, params);
    const { place } = GrantParams.parse(params);
    if (!(await deleteGrant(db, user.id, parsePlace(place)))) throw notFound(`A grant of ${user.login} at ${place}`);
    return reply.code(204).send();
  });
}

/**
 * Anybody but the installation's own administrator, with whose token its fleet works.
 * @throws UserError 404, 422
 */
async function ordinaryUser({ db }: ServerContext, params: unknown): Promise<UserRow> {
  const { login } = UserParams.parse(params);
  const user = await findUser(db, login);
  if (!user) throw notFound(`The user ${login}`);
  if (user.key !== ADMIN_NAME) return user;
  throw new UserError('own-administrator', `${ADMIN_NAME} belongs to the installation and stays as it is.`, {
    hint: 'To be rid of its token, revoke that: the next start writes a new one into admin-token.',
  });
}

const viewUser = ({ login, suspended_at, created_at }: UserRow, grants: Grant[]): User => ({
  login,
  suspendedAt: suspended_at,
  createdAt: created_at,
  grants: grants.map(({ place, access }) => ({ place, access })),
});
