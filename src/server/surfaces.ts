import type { FastifyInstance } from 'fastify';
import { blobRoutes } from './blobs/routes.ts';
import type { ServerContext } from './context.ts';
import { gitService } from './git/index.ts';
import { runnerRoutes } from './github-rest/runners.ts';
import { brokerRoutes } from './runner-service/broker.ts';
import { oauthRoutes } from './runner-service/oauth.ts';
import { runServiceRoutes } from './runner-service/run-service.ts';

/** Puts every surface on the server: one plugin each, with its own errors and body parsers. */
export async function registerSurfaces(
  app: FastifyInstance,
  context: ServerContext,
): Promise<{ recoverPushes(): Promise<void> }> {
  const git = gitService(context);
  await app.register(oauthRoutes(context));
  await app.register(brokerRoutes(context));
  await app.register(runServiceRoutes(context));
  await app.register(blobRoutes(context));
  await app.register(runnerRoutes(context), { prefix: '/api/v3' });
  await app.register(git.plugin);
  return git;
}
