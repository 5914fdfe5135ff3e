import type { FastifyPluginAsync } from 'fastify';
import type { ServerContext } from '../context.ts';
import { answerWithOwnAddresses } from '../tls/addresses.ts';
import { hookRoutes } from '../webhooks-out/routes.ts';
import { appRoutes } from './apps.ts';
import { artifactRestRoutes } from './artifacts.ts';
import { auditLogRoutes } from './audit-log.ts';
import { cacheRestRoutes } from './caches.ts';
import { checkRunRoutes } from './check-runs.ts';
import { collaboratorRoutes } from './collaborators.ts';

import { commitRoutes } from './commits.ts';
import { contentRoutes } from './contents.ts';
import { deploymentRoutes } from './deployments.ts';
import { dispatchRoutes } from './dispatches.ts';
import { environmentRoutes } from './environments.ts';
import { useGitHubErrors, useGitHubNotFound } from './errors.ts';
import { gitDataRoutes } from './git-data.ts';
import { useGitHubHeaders } from './headers.ts';
import { jobRoutes } from './jobs.ts';
import { metaRoutes } from './meta.ts';
import { oidcRestRoutes } from './oidc.ts';
import { pendingDeploymentRoutes } from './pending-deployments.ts';
import { permissionRoutes } from './permissions.ts';
import { pullRoutes } from './pulls.ts';
import { limitRate, rateLimitRoutes } from './rate-limit.ts';
import { refRoutes } from './refs.ts';
import { repositoryRoutes } from './repositories.ts';
import { acceptEmptyBodies } from './requests.ts';
import { runLogRoutes } from './run-logs.ts';
import { runRoutes } from './runs.ts';
import { secretRoutes } from './secrets.ts';
import { tokenHeaders } from './token-headers.ts';
import { userRoutes } from './users.ts';
import { variableRoutes } from './variables.ts';
import { workflowRoutes } from './workflows.ts';

/** GitHub's REST, a file per chapter of its documentation. Register it with the prefix `/api/v3`. */
export function restRoutes(context: ServerContext): FastifyPluginAsync {
  return async (app) => {
    useGitHubErrors(app, context);
    useGitHubNotFound(app);
    acceptEmptyBodies(app);
    app.addHook('onSend', async ({ caller, routeOptions }, reply) => {
      reply.headers(tokenHeaders(caller, routeOptions.config));
    });
    answerWithOwnAddresses(app, context);
    useGitHubHeaders(app);
    limitRate(app, context);
    metaRoutes(app, context);
    rateLimitRoutes(app, context);
    userRoutes(app, context);
    collaboratorRoutes(app, context);
    appRoutes(app, context);
    auditLogRoutes(app, context);
    repositoryRoutes(app, context);
    commitRoutes(app, context);
    contentRoutes(app, context);
    refRoutes(app, context);
    gitDataRoutes(app, context);
    pullRoutes(app, context);
    dispatchRoutes(app, context);
    workflowRoutes(app, context);
    runRoutes(app, context);
    runLogRoutes(app, context);
    jobRoutes(app, context);
    checkRunRoutes(app, context);
    artifactRestRoutes(app, context);
    cacheRestRoutes(app, context);
    environmentRoutes(app, context);
    pendingDeploymentRoutes(app, context);
    deploymentRoutes(app, context);
    permissionRoutes(app, context);
    oidcRestRoutes(app, context);
    secretRoutes(app, context);
    variableRoutes(app, context);
    hookRoutes(app, context);
  };
}
