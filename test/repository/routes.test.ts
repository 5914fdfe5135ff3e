import { afterAll, beforeAll, expect, test } from 'vitest';
import { DASHBOARD_PREFIX } from '../../src/protocol/dashboard/index.ts';
import { registerSurfaces } from '../../src/server/surfaces.ts';
import { type SmallServer, startSmallServer } from '../support/small-server.ts';
import { readText } from './files.ts';

const REST_PREFIX = '/api/v3';
let server: SmallServer;
const served: { route: string; access: string }[] = [];

beforeAll(async () => {
  server = await startSmallServer(async (app, context) => {
    app.addHook('onRoute', ({ method, url, config }) => {
      for (const one of [method].flat()) served.push({ route: `${one} ${url}`, access: config?.access ?? '' });
    });
    await registerSurfaces(app, context);
  });
});

afterAll(() => server.close());

/** Rows `` | `GET /path` | access | ``. `SCOPE` stands for the three places that runners belong to. */
function documented(file: string, prefix: string): string[] {
  const rows = [...readText(file).matchAll(/^\| `([A-Z]+) (\S+)` \| (\w+) \|/gm)];
  const scopes = ['/repos/:owner/:repo', '/orgs/:org', '/enterprises/:enterprise'];
  return rows.flatMap(([, method, path = '', access]) => {
    const paths = path.startsWith('SCOPE') ? scopes.map((scope) => path.replace('SCOPE', scope)) : [path];
    return paths.map((one) => `${method} ${one === '/' ? prefix : prefix + one} ${access}`);
  });
}

const servedBelow = (prefix: string): string[] =>
  served
    .filter(({ route }) => route.split(' ')[1]?.startsWith(prefix))
    .map(({ route, access }) => `${route} ${access}`)
    .sort();

test("docs/reference/rest.md lists exactly the routes of GitHub's REST that are served, each with its access", () => {
  expect(servedBelow(REST_PREFIX).length).toBeGreaterThan(30);
  expect(documented('docs/reference/rest.md', REST_PREFIX).sort()).toEqual(servedBelow(REST_PREFIX));
});

test('docs/reference/dashboard-api.md lists exactly the routes of our own API, each with its access', () => {
  expect(servedBelow(DASHBOARD_PREFIX).length).toBeGreaterThan(10);
  expect(documented('docs/reference/dashboard-api.md', DASHBOARD_PREFIX).sort()).toEqual(servedBelow(DASHBOARD_PREFIX));
});
