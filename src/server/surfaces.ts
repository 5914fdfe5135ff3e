import type { FastifyInstance } from 'fastify';
import { DASHBOARD_PREFIX } from '../protocol/dashboard/index.ts';
import { actionRoutes } from './actions/routes.ts';
import { artifactRoutes } from './artifacts/routes.ts';
import { avatarRoutes } from './avatars.ts';
import { blobRoutes } from './blobs/routes.ts';
import { cacheRoutes } from './caches/routes.ts';
import { cacheV1Routes } from './caches/v1-routes.ts';
import type { ServerContext } from './context.ts';
import { pageRoutes } from './dashboard/page.ts';
import { dashboardRoutes } from './dashboard/routes.ts';
import { gitService } from './git/index.ts';
import { restRoutes } from './github-rest/routes.ts';
import { runnerRoutes } from './github-rest/runners.ts';
import { graphqlRoutes } from './graphql/routes.ts';
import { oidcRoutes } from './oidc/routes.ts';
import { runLogRoutes } from './run-logs/routes.ts';
import { brokerRoutes } from './runner-service/broker.ts';
import { feedRoutes } from './runner-service/feed.ts';
import { oauthRoutes } from './runner-service/oauth.ts';
import { resultsRoutes } from './runner-service/results.ts';
import { runServiceRoutes } from './runner-service/run-service.ts';
import { scaleSetRoutes } from './scale-sets/routes.ts';
import { webhookRoutes } from './webhooks-in/routes.ts';

/** Puts every surface on the server: one plugin each, with its own errors and body parsers. */
export async function registerSurfaces(
  app: FastifyInstance,
  context: ServerContext,
): Promise<{ recoverPushes(): Promise<void> }> {
  const git = gitService(context);
  await app.register(oauthRoutes(context));
  await app.register(brokerRoutes(context));
  await app.register(runServiceRoutes(context));
  await app.register(actionRoutes(context));
  await app.register(scaleSetRoutes(context));
  await app.register(resultsRoutes(context));
  await app.register(feedRoutes(context));
  await app.register(blobRoutes(context));
  await app.register(artifactRoutes(context));
  await app.register(cacheRoutes(context));
  await app.register(cacheV1Routes(context));
  await app.register(oidcRoutes(context));
  await app.register(runLogRoutes(context));
  await app.register(runnerRoutes(context), { prefix: '/api/v3' });
  await app.register(restRoutes(context), { prefix: '/api/v3' });
  await app.register(graphqlRoutes(context));
  await app.register(dashboardRoutes(context), { prefix: DASHBOARD_PREFIX });
  await app.register(webhookRoutes(context));
  await app.register(avatarRoutes());
  await app.register(git.plugin);
  // Last: it answers what no other knows.
  await app.register(pageRoutes());
  return git;
}
