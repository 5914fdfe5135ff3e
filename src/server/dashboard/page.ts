import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyPluginAsync, FastifyReply } from 'fastify';
import { packageRoot } from '../../common/package.ts';

const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  // Components set sizes and colours as style attributes.
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

const HEADERS = {
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
};

const PUBLIC = { config: { access: 'public' } } as const;
const YEAR = '365d';

/**
 * The dashboard's files, and its `index.html` for every path of its own that a browser asks for. Register it on the
 * root, after the other surfaces: it answers what none of them knows.
 * @param folder where the built page lies
 */
export function pageRoutes(folder: string = join(packageRoot, 'dist', 'web')): FastifyPluginAsync {
  return async (app) => {
    const isBuilt = existsSync(join(folder, 'index.html'));
    // `serve: false`: its own routes name no access.
    if (isBuilt) await app.register(fastifyStatic, { root: folder, serve: false });
    const index = (reply: FastifyReply): FastifyReply => (isBuilt ? sendIndex(reply) : sendHint(reply));
    app.get('/', PUBLIC, (_request, reply) => index(reply));
    app.get<{ Params: { '*': string } }>('/assets/*', PUBLIC, ({ params }, reply) => {
      if (!isBuilt) return sendNothing(reply);
      // Their names carry a hash of their content.
      return reply.headers(HEADERS).sendFile(`assets/${params['*']}`, { maxAge: YEAR, immutable: true });
    });
    app.setNotFoundHandler((request, reply) => {
      const isPage = request.method === 'GET' && (request.headers.accept ?? '').includes('text/html');
      const isAsset = request.url.startsWith('/assets/');
      return isPage && !isAsset ? index(reply) : sendNothing(reply);
    });
  };
}

function sendIndex(reply: FastifyReply): FastifyReply {
  return reply.headers({ ...HEADERS, 'cache-control': 'no-cache' }).sendFile('index.html', { cacheControl: false });
}

function sendHint(reply: FastifyReply): FastifyReply {
  return reply.code(503).type('text/plain; charset=utf-8').send('The page is not built yet: run "npm run build".\n');
}

const sendNothing = (reply: FastifyReply): FastifyReply => reply.code(404).send({ message: 'Not Found' });
