import type { FastifyContextConfig } from 'fastify';
import { expect, test } from 'vitest';
import { type SmallServer, startSmallServer } from '../../test/support/small-server.ts';
import type { Access } from './auth/access.ts';
import { registerSurfaces } from './surfaces.ts';

interface Route {
  method: string;
  url: string;
  access: Access | undefined;
}

/** What anyone may call; each checks by itself what there is to check. */
const OPEN: Access[] = ['public', 'signed'];

async function startAll(): Promise<{ server: SmallServer; routes: Route[] }> {
  const routes: Route[] = [];
  const server = await startSmallServer(async (app, context) => {
    app.addHook('onRoute', ({ method, url, config }) => {
      for (const one of [method].flat()) routes.push({ method: one, url, access: config?.access });
    });
    await registerSurfaces(app, context);
  });
  return { server, routes };
}

test('every route but the open ones refuses a caller without a token and one with a wrong token', async () => {
  const { server, routes } = await startAll();
  const guarded = routes.filter(({ access }) => access && !OPEN.includes(access));
  expect(guarded.length).toBeGreaterThan(40);
  for (const { method, url } of guarded) {
    const path = url.replace(/:\w+(\([^)]*\))?/g, '1').replace('*', 'x');
    for (const authorization of [undefined, 'Bearer wrong', 'Bearer a.b.c', 'RemoteAuth wrong', 'Basic eDp5']) {
      const headers = authorization ? { authorization } : {};
      const { statusCode } = await server.app.inject({ method: method as 'GET', url: path, headers });
      expect(statusCode, `${method} ${path} with ${authorization}`).toBe(401);
    }
  }
  await server.close();
});

test('what is open is only git, blobs, archives of actions and logs, webhooks, the page, drawn avatars, OAuth, the keys of OIDC tokens and what REST says about itself', async () => {
  const { server, routes } = await startAll();
  const open = routes
    .filter(({ access }) => access && OPEN.includes(access))
    .map(({ method, url }) => `${method} ${url}`);
  expect(open.sort()).toMatchInlineSnapshot(`
    [
      "GET /",
      "GET /:owner/:repository/info/refs",
      "GET /_services/token/.well-known/jwks",
      "GET /_services/token/.well-known/openid-configuration",
      "GET /api/v3",
      "GET /api/v3/meta",
      "GET /assets/*",
      "GET /avatars/u/:id",
      "GET /blobs/*",
      "GET /switchyard/action-archives/:owner/:name/:file",
      "GET /switchyard/run-logs/:run/:attempt/logs.zip",
      "HEAD /blobs/*",
      "POST /:owner/:repository/git-receive-pack",
      "POST /:owner/:repository/git-upload-pack",
      "POST /oauth/token",
      "POST /oauth/token/",
      "POST /webhooks/github",
      "PUT /blobs/*",
    ]
  `);
  await server.close();
});

test('a route that names no access, not what a job’s token needs, or nowhere a place, is refused at the start', async () => {
  const starting = (config: FastifyContextConfig) =>
    startSmallServer(async (app) => void app.get('/x', { config }, () => 1));
  await expect(starting({})).rejects.toThrow('names no access');
  await expect(starting({ access: 'write' })).rejects.toThrow("does not say what a job's token needs");
  await expect(starting({ access: 'write', permission: 'people' })).rejects.toThrow('names no place');
  await expect(starting({ access: 'page' })).rejects.toThrow('names no place');
  await (await starting({ access: 'write', permission: 'people', place: 'server' })).close();
});
