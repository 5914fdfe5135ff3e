import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { findUser } from '../../store/people.ts';
import { needs } from '../auth/access.ts';
import type { ServerContext } from '../context.ts';
import { notFoundOnGitHub } from './errors.ts';
import { wholeUserObject } from './user-object.ts';

/** https://docs.github.com/rest/users/users: whoever has a token may know who else works here */
export function userRoutes(app: FastifyInstance, context: ServerContext): void {
  const read = needs('read', 'metadata: read', { place: 'checked-by-handler' });
  app.get('/users/:username', read, async ({ params }) => {
    const { username } = z.object({ username: z.string() }).parse(params);
    const user = await findUser(context.db, username);
    if (!user) throw notFoundOnGitHub();
    return wholeUserObject(context, user.login);
  });
}
