import { afterAll, beforeAll, expect, test } from 'vitest';
import { DASHBOARD_PREFIX } from '../../src/protocol/dashboard/index.ts';
import { registerSurfaces } from '../../src/server/surfaces.ts';
import { type SmallServer, startSmallServer } from '../support/small-server.ts';
import { readText } from './files.ts';

const REST_PREFIX = '/api/v3';
let server: SmallServer;
const served: { route: string; access: string; permission: string }[] = [];

beforeAll(async () => {
  server = await startSmallServer(async (app, context) => {
    app.addHook('onRoute', ({ method, url, config }) => {
      const { access = '', permission = 'people' } = config ?? {};
      for (const one of [method].flat()) served.push({ route: `${one} ${url}`, access, permission });
    });
    await registerSurfaces(app, context);
  });
});

afterAll(() => server.close());

/** Rows `` | `GET /path` | access | … ``. `SCOPE` stands for the three places that runners belong to. */
const ROW = /^\| `([A-Z]+) (\S+)` \| (\w+) \|(?: (—|`[a-z-]+: [a-z]+`) \|)?/gm;

function documented(file: string, prefix: string): { route: string; access: string; permission?: string }[] {
  const scopes = ['/repos/:owner/:repo', '/orgs/:org', '/enterprises/:enterprise'];
  return [...readText(file).matchAll(ROW)].flatMap(([, method, path = '', access = '', permission]) => {
    const paths = path.startsWith('SCOPE') ? scopes.map((scope) => path.replace('SCOPE', scope)) : [path];
    return paths.map((one) => ({ route: `${method} ${one === '/' ? prefix : prefix + one}`, access, permission }));
  });
}

const servedBelow = (prefix: string) => served.filter(({ route }) => route.split(' ')[1]?.startsWith(prefix));

test("docs/reference/rest.md lists exactly the routes of GitHub's REST that are served, each with its access and what a job's token needs", () => {
  const shown = servedBelow(REST_PREFIX).map(({ route, access, permission }) => {
    return `${route} ${access} ${permission === 'people' ? '—' : `\`${permission}\``}`;
  });
  expect(shown.length).toBeGreaterThan(30);
  const listed = documented('docs/reference/rest.md', REST_PREFIX);
  expect(listed.map(({ route, access, permission }) => `${route} ${access} ${permission}`).sort()).toEqual(
    shown.sort(),
  );
});

test('docs/reference/dashboard-api.md lists exactly the routes of our own API, each with its access', () => {
  const shown = servedBelow(DASHBOARD_PREFIX).map(({ route, access }) => `${route} ${access}`);
  expect(shown.length).toBeGreaterThan(10);
  const listed = documented('docs/reference/dashboard-api.md', DASHBOARD_PREFIX);
  expect(listed.map(({ route, access }) => `${route} ${access}`).sort()).toEqual(shown.sort());
});

test('no route of our own API is opened by the token of a job', () => {
  const opened = servedBelow(DASHBOARD_PREFIX).filter(({ permission }) => permission !== 'people');
  expect(opened).toEqual([]);
});
