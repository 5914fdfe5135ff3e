import type { FastifyInstance } from 'fastify';
import { version } from '../../common/package.ts';
import { callerName, needs } from '../auth/access.ts';
import type { ServerContext } from '../context.ts';
import { userObject } from './shapes.ts';

/** What clients ask first: where things are, and who they are. */
export function metaRoutes(app: FastifyInstance, context: ServerContext): void {
  const api = (): string => `${context.settings.publicUrl}/api/v3`;
  const open = { config: { access: 'public' } } as const;
  app.get('/', open, () => ({
    current_user_url: `${api()}/user`,
    repository_url: `${api()}/repos/{owner}/{repo}`,
    user_url: `${api()}/users/{user}`,
  }));
  app.get('/meta', open, () => ({ verifiable_password_authentication: false, installed_version: version }));
  app.get('/user', needs('read', 'metadata: read', { place: 'checked-by-handler' }), ({ caller }) =>
    userObject(callerName(caller), context.settings.publicUrl),
  );
}
