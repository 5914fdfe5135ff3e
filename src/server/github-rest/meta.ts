import type { FastifyInstance } from 'fastify';
import { version } from '../../common/package.ts';
import { callerName, needs } from '../auth/access.ts';
import type { ServerContext } from '../context.ts';
import { GHES_VERSION } from './headers.ts';
import { rootUrls } from './root-urls.ts';
import { wholeUserObject } from './user-object.ts';

/** What clients ask first: where things are, and who they are. */
export function metaRoutes(app: FastifyInstance, context: ServerContext): void {
  const open = { config: { access: 'public' } } as const;
  app.get('/', open, () => rootUrls(context.settings.publicUrl));
  app.get('/meta', open, () => ({
    verifiable_password_authentication: false,
    installed_version: GHES_VERSION,
    switchyard_version: version,
  }));
  app.get('/user', needs('read', 'metadata: read', { place: 'checked-by-handler' }), ({ caller }) =>
    wholeUserObject(context, callerName(caller)),
  );
}
