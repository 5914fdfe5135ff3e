import { createHash, timingSafeEqual } from 'node:crypto';
import fastify, { type FastifyInstance, type FastifyPluginAsync } from 'fastify';
import { errorText, hasErrorCode, notFound, UserError } from '../../common/errors.ts';
import type { Logger } from '../../common/log.ts';
import type { Closable } from '../../common/shutdown.ts';
import { kinds } from '../resources/index.ts';
import { DEFAULT_NAMESPACE, groupPath, groupVersion } from '../resources/object.ts';
import { accessReviewRoute } from './access-review.ts';
import { readBodies } from './bodies.ts';
import { BothSchemes } from './both-schemes.ts';
import { discovery } from './discovery.ts';
import { ensureNamespace } from './namespaces.ts';
import { openApiRoutes } from './openapi/routes.ts';
import { type Readable, readRoutes } from './reads.ts';
import { EVENT_FIELDS } from './selectors.ts';
import { statusOf } from './status.ts';
import { type WriteOptions, writeRoutes } from './writes.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route checks a signature itself, so it needs no token. */
    isSigned?: true;
  }
}

export interface ApiOptions extends Omit<WriteOptions, 'watches'> {
  host: string;
  /** 0 takes any free port. */
  port: number;
  apiToken: string;
  /** Holds the certificate of https in `tls/`. */
  dataFolder: string;
  logger: Logger;
  /** Routes of other parts on the same port, each with its own guard where it says so. */
  plugins: readonly FastifyPluginAsync[];
}

/** The size that the Kubernetes API stores at most, roughly. */
const MAX_BODY_BYTES = 1024 * 1024;

const EVENTS: Readable = {
  plural: 'events',
  base: '/api/v1',
  apiVersion: 'v1',
  kind: 'Event',
  fields: EVENT_FIELDS,
  columns: [
    { name: 'Last Seen', type: 'date', path: ['lastTimestamp'] },
    { name: 'Type', type: 'string', path: ['type'] },
    { name: 'Reason', type: 'string', path: ['reason'] },
    { name: 'Object', type: 'string', path: ['involvedObject', 'name'] },
    { name: 'Message', type: 'string', path: ['message'] },
  ],
};

/**
 * The Kubernetes-shaped API of the fleet's resources.
 * @throws UserError `port-taken` and the like, when it cannot listen
 */
export async function startApi(options: ApiOptions): Promise<{ url: string } & Closable> {
  const watches = new Set<{ end(): void }>();
  const app = fastify({ bodyLimit: MAX_BODY_BYTES, forceCloseConnections: true, exposeHeadRoutes: false });
  const schemes = new BothSchemes(app.server, options);
  readBodies(app);
  guard(app, options.apiToken);
  answerErrors(app, options.logger);
  await app.register(discovery);
  openApiRoutes(app, kinds);
  accessReviewRoute(app);
  readRoutes(app, EVENTS, { ...options, watches });
  for (const kind of kinds) {
    const { plural, columns, group, isClusterWide } = kind;
    const apiVersion = groupVersion(group);
    const readable = { kind: kind.kind, plural, columns, isClusterWide, base: groupPath(group), apiVersion };
    readRoutes(app, readable, { ...options, watches });
    writeRoutes(app, { ...options, watches, kind, readable });
  }
  for (const plugin of options.plugins) await app.register(plugin);
  for (const namespace of [DEFAULT_NAMESPACE, ...options.store.namespaces()]) ensureNamespace(options.store, namespace);
  const url = await listen(app, options);
  return {
    url,
    async close() {
      for (const watch of watches) watch.end();
      await schemes.close();
      await app.close();
    },
  };
}

/** Nothing is open, not even the version. Digests have equal length, so the comparison takes equal time. */
function guard(app: FastifyInstance, apiToken: string): void {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  const expected = digest(`Bearer ${apiToken}`);
  app.addHook('onRequest', async ({ headers, routeOptions }) => {
    if (routeOptions.config.isSigned) return;
    if (timingSafeEqual(digest(headers.authorization ?? ''), expected)) return;
    throw new UserError('unauthorized', 'Unauthorized', { status: 401 });
  });
}

function answerErrors(app: FastifyInstance, logger: Logger): void {
  app.setErrorHandler((error, request, reply) => {
    const status = statusOf(error);
    if (status.code >= 500) logger.error({ err: error, method: request.method, url: request.url }, 'request failed');
    void reply.code(status.code).send(status);
  });
  app.setNotFoundHandler((request) => {
    throw notFound(`${request.method} ${request.url.split('?')[0]}`);
  });
}

async function listen(app: FastifyInstance, { host, port }: ApiOptions): Promise<string> {
  try {
    return await app.listen({ host, port });
  } catch (error) {
    await app.close();
    const isTaken = hasErrorCode(error, 'EADDRINUSE');
    const problem = isTaken ? `Port ${port} is taken` : `Cannot listen on ${host}:${port} (${errorText(error)})`;
    throw new UserError(isTaken ? 'port-taken' : 'cannot-listen', `${problem}: the fleet API has no place.`, {
      hint: 'Choose another port or stop the program that uses it.',
      cause: error,
    });
  }
}
