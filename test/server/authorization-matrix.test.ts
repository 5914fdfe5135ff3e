/**
 * Every route × every kind of caller. What must hold is computed here from what the route declares, by a table that
 * shares nothing with the code that decides. A route that declares something the table does not know fails.
 */
import type { FastifyContextConfig } from 'fastify';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { APP_PERMISSIONS } from '../../src/server/auth/app-permissions.ts';
import { signedQuery } from '../../src/server/blobs/signed-url.ts';
import { registerSurfaces } from '../../src/server/surfaces.ts';
import { Callers } from '../support/callers.ts';
import { insertRunWithJob } from '../support/rows.ts';
import { type SmallServer, startSmallServer } from '../support/small-server.ts';

type Config = FastifyContextConfig & { access: string };
interface Route {
  method: string;
  url: string;
  config: Config;
}
type Level = 0 | 1 | 2 | 3;

/** What a caller may do, in the words of this test alone. */
interface Kind {
  authorization?: string;
  /** Of a person: by place, what the token may do there. */
  levelAt?(place: string): Level;
  /** Of a person: what it may do somewhere. */
  scope?: Level;
  /** Of a job: permissions, and whether it is of the repository in the path. */
  job?: { may(permission: string): boolean; isHere: boolean };
  /** Of an App's installation. */
  installation?: { may(permission: string): boolean; isHere: boolean };
  /** Accesses that are its own and no person's. */
  own?: string[];
  /** Kind of registration token. */
  runnerToken?: 'registration' | 'remove';
}

const LEVELS: Record<string, Level> = { read: 1, write: 2, admin: 3 };
const HERE = 'me/app';
/** No route answers so. */
const LET_IN = 418;
const ERROR = { message: 'let in', documentation_url: '' };
/** Their handlers check what there is to check. */
const OPEN = ['public', 'signed'];
const EVERY_JOB_PERMISSION = Object.fromEntries(
  ['actions', 'attestations', 'checks', 'contents', 'deployments', 'discussions', 'id-token', 'issues', 'packages']
    .concat(['pages', 'pull-requests', 'security-events', 'statuses'])
    .map((name) => [name, 'write' as const]),
);

let server: SmallServer;
const routes: Route[] = [];
const kinds = new Map<string, Kind>();
let runId = 0;

beforeAll(async () => {
  server = await startSmallServer(async (app, context) => {
    app.addHook('onRoute', ({ method, url, config }) => {
      for (const one of [method].flat()) routes.push({ method: one, url, config: config as Config });
    });
    // Whoever gets here was let in; no handler runs, so that nothing is changed.
    app.addHook('preHandler', async (request, reply) => {
      if (request.headers['x-stop'] !== undefined) return reply.code(LET_IN).send(ERROR);
    });
    await registerSurfaces(app, context);
  });
  const { context } = server;
  context.engine.isRunning = async (jobId: number) => jobId !== 999;
  const here = await context.git.create('me', 'app');
  const there = await context.git.create('you', 'app');
  runId = (await insertRunWithJob(context.db, { repository: 'me/app' })).run.id;
  await makeKinds(here.id, there.id);
});
afterAll(() => server.close());

async function makeKinds(here: number, there: number): Promise<void> {
  const callers = new Callers(server.context);
  const person = async (name: string, options: Parameters<Callers['person']>[0], kind: Kind = {}) =>
    kinds.set(name, { authorization: await callers.person(options), ...kind });
  kinds.set('nobody', {});
  for (const garbage of [
    'Bearer wrong',
    'Bearer a.b.c',
    'Bearer ghs_wrong',
    'RemoteAuth wrong',
    'Basic eDp5',
    'Bearer',
  ]) {
    kinds.set(`garbage: ${garbage}`, { authorization: garbage });
  }
  await person('an expired token of an administrator', { grants: { '*': 'admin' }, isExpired: true });
  await person('a suspended administrator', { grants: { '*': 'admin' }, isSuspended: true });
  for (const scope of ['read', 'write', 'admin'] as const) {
    const level = LEVELS[scope] ?? 0;
    const at = (covered: (place: string) => boolean): Kind => ({
      levelAt: (place) => (covered(place) ? level : 0),
      scope: level,
    });
    await person(
      `a ${scope} token without grants`,
      { scope },
      at(() => false),
    );
    await person(
      `a ${scope} token of an administrator`,
      { scope, grants: { '*': 'admin' } },
      at(() => true),
    );
    await person(
      `a ${scope} token of who administers the repository`,
      { scope, grants: { [HERE]: 'admin' } },
      at((place) => place === HERE),
    );
    await person(
      `a ${scope} token of who administers the owner`,
      { scope, grants: { me: 'admin' } },
      at((place) => place === HERE || place === 'me'),
    );
    await person(
      `a ${scope} token of who administers another repository`,
      { scope, grants: { 'you/app': 'admin', you: 'admin', 'me/app2': 'admin', m: 'admin' } },
      at(() => false),
    );
    await person(
      `an administrator's ${scope} token for another place`,
      { scope, grants: { '*': 'admin' }, places: ['you'] },
      at(() => false),
    );
    await person(
      `an admin token of who may ${scope} in the repository`,
      { grants: { [HERE]: scope } },
      { levelAt: (place) => (place === HERE ? level : 0), scope: 3 },
    );
  }
  kinds.set('the runtime token of a job', { authorization: await callers.job(here), own: ['job'] });
  kinds.set('who keeps scale sets', { authorization: await callers.scaleSets(), own: ['scale-sets'] });
  kinds.set('the listener of a scale set', { authorization: await callers.scaleSetQueue(), own: ['scale-set-queue'] });
  kinds.set('the token of a runner', { authorization: await callers.runner(), own: ['runner'] });
  const all = (): boolean => true;
  const none = (permission: string): boolean => permission === 'metadata: read';
  const token = (id: number, permissions: Record<string, 'read' | 'write'>, job?: number) =>
    callers.githubToken(id, permissions, job);
  kinds.set('a GITHUB_TOKEN with all permissions', {
    authorization: await token(here, EVERY_JOB_PERMISSION),
    job: { may: all, isHere: true },
  });
  kinds.set('a GITHUB_TOKEN without permissions', {
    authorization: await token(here, {}),
    job: { may: none, isHere: true },
  });
  const reading = Object.fromEntries(Object.keys(EVERY_JOB_PERMISSION).map((name) => [name, 'read' as const]));
  kinds.set('a GITHUB_TOKEN that reads', {
    authorization: await token(here, reading),
    job: { may: (permission) => permission.endsWith(': read'), isHere: true },
  });
  kinds.set('a GITHUB_TOKEN of another repository', {
    authorization: await token(there, EVERY_JOB_PERMISSION),
    job: { may: all, isHere: false },
  });
  kinds.set('a GITHUB_TOKEN of an ended job', { authorization: await token(here, EVERY_JOB_PERMISSION, 999) });
  for (const kind of ['registration', 'remove'] as const) {
    kinds.set(`a ${kind} token`, { authorization: await callers.runnerToken(kind), runnerToken: kind });
  }
  const everything = Object.fromEntries(APP_PERMISSIONS.map((name) => [name, 'write' as const]));
  const app = await callers.app('me', everything);
  kinds.set('the JWT of an App', { authorization: app.jwt, own: ['app'] });
  kinds.set('an installation with all permissions', {
    authorization: app.token,
    installation: { may: all, isHere: true },
  });
  kinds.set('an installation without permissions', {
    authorization: (await callers.app('me', {})).token,
    installation: { may: none, isHere: true },
  });
  kinds.set('an installation on another account', {
    authorization: (await callers.app('you', everything)).token,
    installation: { may: all, isHere: false },
  });
}

/** The place that the path of a route names when its parameters are filled in as below. */
function placeOf({ url, config }: Route): string | undefined {
  if (config.place === 'server') return '*';
  if (url.includes('/:owner') && url.includes('/:repo')) return HERE;
  if (url.includes('/:org')) return 'me';
  return url.includes('/:enterprise') ? '*' : undefined;
}

const PARAMETERS: Record<string, string> = {
  owner: 'me',
  repo: 'app',
  repository: 'app',
  org: 'me',
  enterprise: 'switchyard',
};

function pathOf(url: string, id = '1'): string {
  return url.replace(/:(\w+)(\([^)]*\))?/g, (_, name: string) => PARAMETERS[name] ?? id).replace('*', 'x');
}

/** Whether the hook that every route passes must let the caller in. */
function mustLetIn(route: Route, kind: Kind): boolean {
  const { access, permission = 'people', app, runnerTokens } = route.config;
  switch (access) {
    case 'runner':
    case 'job':
    case 'app':
    case 'scale-sets':
    case 'scale-set-queue':
      return kind.own?.includes(access) === true;
    case 'registration':
      return kind.runnerToken !== undefined && (runnerTokens ?? ['registration', 'remove']).includes(kind.runnerToken);
    case 'page':
      return isPersonEnough(route, kind, 1);
    case 'read':
    case 'write':
    case 'admin': {
      if (kind.runnerToken) return runnerTokens?.includes(kind.runnerToken) === true;
      if (kind.job) return permission !== 'people' && kind.job.may(permission) && isHere(route, kind.job.isHere, true);
      if (kind.installation) {
        const needed = app ?? (permission === 'people' ? undefined : permission.replaceAll('-', '_'));
        return needed !== undefined && kind.installation.may(needed) && isHere(route, kind.installation.isHere, false);
      }
      return isPersonEnough(route, kind, LEVELS[access] ?? 3);
    }
    default:
      throw new Error(`${route.method} ${route.url}: this test does not know the access "${access}"`);
  }
}

function isPersonEnough(route: Route, { levelAt, scope }: Kind, needed: Level): boolean {
  if (!levelAt || scope === undefined) return false;
  const place = placeOf(route);
  return (place === undefined ? scope : levelAt(place)) >= needed;
}

/** @param isJob a job reaches its repository alone, an installation its account too */
function isHere(route: Route, isThere: boolean, isJob: boolean): boolean {
  const place = placeOf(route);
  if (place === undefined) return true;
  return isThere && (place === HERE || (!isJob && place === 'me'));
}

/** Everything that a request could change, but for when tokens were used. */
async function contents(): Promise<string> {
  const { db } = server.context;
  const tables = await db.introspection.getTables();
  const rows = await Promise.all(
    tables.map(
      async ({ name }) =>
        [
          name,
          await db
            .selectFrom(name as 'tokens')
            .selectAll()
            .execute(),
        ] as const,
    ),
  );
  return JSON.stringify(rows, (key, value) => (key === 'last_used_at' ? null : value));
}

/** Without acts that were begun for callers whom the hook rightly let in. */
const withoutActs = (text: string): string => text.replace(/\["audit_log",\[.*?\]\](?=,|\])/s, '');

test('every route lets in exactly who may call it, for every kind of caller', async () => {
  const wrong: string[] = [];
  expect(routes.length).toBeGreaterThan(150);
  expect(kinds.size).toBeGreaterThan(40);
  for (const [name, kind] of kinds) {
    // Once before, so that the time of its last use is written.
    const before = withoutActs(await contents());
    for (const route of routes.filter(({ config }) => !OPEN.includes(config.access))) {
      const headers = { 'x-stop': '1', ...(kind.authorization && { authorization: kind.authorization }) };
      const { statusCode } = await server.app.inject({
        method: route.method as 'GET',
        url: pathOf(route.url),
        headers,
      });
      const isIn = statusCode === LET_IN;
      if (isIn !== mustLetIn(route, kind) || (!isIn && ![401, 403, 404].includes(statusCode))) {
        wrong.push(`${route.method} ${route.url} (${JSON.stringify(route.config)}) for ${name}: ${statusCode}`);
      }
    }
    expect(withoutActs(await contents()), `${name} changed something`).toBe(before);
  }
  expect(wrong).toEqual([]);
}, 300_000);

test('routes whose handler finds out the place refuse who may not see it there, and change nothing', async () => {
  const wrong: string[] = [];
  const checked = routes.filter(({ config }) => config.place === 'checked-by-handler');
  const outsiders = [...kinds].filter(([, { levelAt, scope }]) => levelAt && scope && levelAt(HERE) === 0);
  const aboutRuns = checked.filter(({ url }) => /\/(runs|jobs)\/:id/.test(url));
  expect(aboutRuns.length).toBeGreaterThan(8);
  expect(outsiders.length).toBeGreaterThan(8);
  for (const [name, { authorization = '' }] of outsiders) {
    const before = await contents();
    for (const { method, url } of aboutRuns) {
      const path = pathOf(url, String(runId));
      const { statusCode, body } = await server.app.inject({
        method: method as 'GET',
        url: path,
        headers: { authorization },
      });
      const missing = await server.app.inject({
        method: method as 'GET',
        url: pathOf(url, '987654'),
        headers: { authorization },
      });
      // Not even that there is one is told.
      const isSame = body.replace(/\d+/g, '') === missing.body.replace(/\d+/g, '');
      if (![403, 404].includes(statusCode) || !isSame)
        wrong.push(`${method} ${url} for ${name}: ${statusCode} ${body}`);
    }
    expect(await contents(), `${name} changed something`).toBe(before);
  }
  expect(wrong).toEqual([]);
});

test('every route that no caller needs a token for is known to check by itself, and does', async () => {
  const open = routes.filter(({ config }) => OPEN.includes(config.access));
  const past = new URLSearchParams({
    se: '2020-01-01T00:00:00Z',
    sp: 'r',
    sig: server.context.keys.sign('r\nx\n2020-01-01T00:00:00Z'),
  });
  const good = signedQuery(server.context, 'x', 'r', 60);
  const forged = new URLSearchParams(good);
  forged.set('sig', good.get('sig')?.replace(/^./, (digit) => (digit === '0' ? '1' : '0')) ?? '');
  const other = signedQuery(server.context, 'y', 'r', 60);
  const before = await contents();
  for (const { method, url } of open.filter(({ config }) => config.access === 'signed')) {
    for (const query of ['', past, forged, other]) {
      const path = pathOf(url).replace(/\/1$/, `/${'0'.repeat(40)}.zip`);
      const { statusCode } = await server.app.inject({ method: method as 'GET', url: `${path}?${query}` });
      expect([401, 403, 404], `${method} ${path}?${query} ${statusCode}`).toContain(statusCode);
    }
  }
  for (const [name, kind] of kinds) {
    for (const service of ['git-upload-pack', 'git-receive-pack']) {
      const needed = service === 'git-upload-pack' ? 1 : 2;
      const contentsNeed = service === 'git-upload-pack' ? 'contents: read' : 'contents: write';
      const may =
        (kind.levelAt?.(HERE) ?? 0) >= needed ||
        [kind.job, kind.installation].some((one) => one?.isHere && one.may(contentsNeed));
      const headers = kind.authorization ? { authorization: kind.authorization } : {};
      const url = `/me/app.git/info/refs?service=${service}`;
      const { statusCode } = await server.app.inject({ method: 'GET', url, headers });
      expect(may ? [200] : [401, 403, 404], `${service} for ${name}: ${statusCode}`).toContain(statusCode);
    }
  }
  expect(await contents()).toBe(before);
});
