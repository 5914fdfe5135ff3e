/** Where callers are let in: the one hook that every route passes. */

import type { FastifyContextConfig, FastifyInstance, FastifyRequest } from 'fastify';
import { UserError } from '../../common/errors.ts';
import { isLoopbackName } from '../../common/loopback.ts';
import { findToken, type TokenRow } from '../../store/tokens.ts';
import type { ServerContext } from '../context.ts';
import { appOfJwt } from './app-jwt.ts';
import type { AppPermission } from './app-permissions.ts';
import { registerAudit } from './audit.ts';
import { assertMay, type TokenNeed } from './authorize.ts';
import { type Caller, callerOfToken, secretOf, type UserScope } from './callers.ts';
import type { JobPermission } from './job-permissions.ts';
import { verifyJobToken, verifyRunnerToken, verifyScaleSetAdminToken, verifyScaleSetQueueToken } from './jwt.ts';
import { EVERYWHERE, hasPlace, type Place, placeInPath } from './places.ts';

export type { TokenNeed } from './authorize.ts';
export type { Caller, UserScope } from './callers.ts';
export { callerName, causingJob, reviewerOf, secretOf } from './callers.ts';

/**
 * Who may call a route. Every route names one in its `config`; a route without is refused at start-up, so nothing is
 * let in by default.
 *
 * - `public`: anyone; the handler checks what there is to check (OAuth assertions, git's own challenge)
 * - `page`: read by the dashboard: a user token, or nobody in particular while only this machine can reach the server
 * - `read`, `write`, `admin`: a user's token that may do as much at the place (each includes the one before); a job's
 *   GITHUB_TOKEN with the permission that the route must name too, for the job's own repository; a token of an App's
 *   installation there with the permission that follows from that, or that the route names
 * - `app`: a GitHub App with its JWT
 * - `runner`, `job`: tokens of the runner protocol
 * - `registration`: `RemoteAuth` with a registration or remove token; routes of people that a runner needs to configure
 *   or remove itself take one too (`runnerTokens`), for the token's own place, which the handler checks
 * - `scale-sets`, `scale-set-queue`: tokens of those who keep scale sets, and of a set's listener (runner-protocol 10)
 * - `signed`: URL or body carry a signature, checked by the handler
 */
export type Access =
  | 'public'
  | 'page'
  | 'read'
  | 'write'
  | 'admin'
  | 'app'
  | 'runner'
  | 'job'
  | 'registration'
  | 'scale-sets'
  | 'scale-set-queue'
  | 'signed';

/**
 * Where a caller of a route must have access, unless its path names the place (`:owner/:repo`, `:org`, `:enterprise`).
 * `server`: everywhere; it goes before the path's. `checked-by-handler`: only the row tells; the handler asks
 * `assertAccess`, or shows only what the caller may see.
 */
export type RoutePlace = 'server' | 'checked-by-handler';

const REGISTRATION_KINDS = ['registration', 'remove'] as const;
export type RegistrationKind = (typeof REGISTRATION_KINDS)[number];

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: Access;
    /** Of routes that people's tokens open: what a job's must hold (SEM-6). */
    permission?: JobPermission;
    app?: AppPermission;
    place?: RoutePlace;
    /** The kinds of `RemoteAuth` tokens that open the route, where not both do, or people's do too. */
    runnerTokens?: RegistrationKind[];
  }
  interface FastifyRequest {
    caller: Caller;
  }
}

/** The options of a route that tokens of people, and of jobs and Apps, open. */
export const needs = (
  access: UserScope,
  permission: JobPermission,
  more: { app?: AppPermission; place?: RoutePlace; audited?: true } = {},
): { config: TokenNeed & { place?: RoutePlace; audited?: true } } => ({ config: { access, permission, ...more } });

const USER_SCOPES: Access[] = ['read', 'write', 'admin'];

/** Installs the one place where callers are let in. Must be registered before any route. */
export function registerAccess(app: FastifyInstance, context: ServerContext): void {
  app.decorateRequest('caller');
  app.addHook('onRoute', ({ method, url, config }) => {
    const problem = problemOf(url, config);
    if (problem) throw new Error(`the route ${method} ${url} ${problem}`);
  });
  app.addHook('onRequest', async (request) => {
    const access = request.routeOptions.config.access;
    // Not a route of ours: the not-found handler answers, and it gives nothing away.
    request.caller = access ? await identify(context, request, access) : { kind: 'anyone' };
  });
  registerAudit(app, context);
}

function problemOf(url: string, config: FastifyContextConfig | undefined): string | undefined {
  if (!config?.access) return 'names no access';
  const isUserRoute = USER_SCOPES.includes(config.access);
  if (isUserRoute && !config.permission) return "does not say what a job's token needs";
  if ((isUserRoute || config.access === 'page') && !config.place && !hasPlace(url)) {
    return 'names no place in its path, and does not say who checks it';
  }
  return undefined;
}

async function identify(context: ServerContext, request: FastifyRequest, access: Access): Promise<Caller> {
  const now = context.clock.now();
  switch (access) {
    case 'public':
    case 'signed':
      return { kind: 'anyone' };
    case 'page':
      // The page shows every repository, so a job's GITHUB_TOKEN is not enough.
      return mayReadWithoutToken(context, request)
        ? { kind: 'anyone' }
        : identifyUser(context, request, { access: 'read', permission: 'people' });
    case 'read':
    case 'write':
    case 'admin': {
      const { permission = 'people', app, runnerTokens } = request.routeOptions.config;
      if (runnerTokens && remoteAuth(request)) {
        return { kind: 'registration', token: await registrationToken(context, request) };
      }
      return identifyUser(context, request, { access, permission, app });
    }
    case 'app':
      return { kind: 'app', app: await appOfJwt(context, bearer(request)) };
    case 'runner':
      return { kind: 'runner', runner: await verifyRunnerToken(context.keys, bearer(request), now) };
    case 'job':
      return { kind: 'job', job: await verifyJobToken(context.keys, bearer(request), now) };
    case 'scale-sets':
      return { kind: 'scale-sets', admin: await verifyScaleSetAdminToken(context.keys, bearer(request), now) };
    case 'scale-set-queue':
      return { kind: 'scale-set-queue', queue: await verifyScaleSetQueueToken(context.keys, bearer(request), now) };
    case 'registration':
      return { kind: 'registration', token: await registrationToken(context, request) };
  }
}

/** Only under a loopback name: a foreign page that resolves its own name to 127.0.0.1 must not read ours. */
function mayReadWithoutToken(context: ServerContext, request: FastifyRequest): boolean {
  return context.settings.loopbackOnly && !request.headers.authorization && isLoopbackName(request.hostname);
}

async function identifyUser(context: ServerContext, request: FastifyRequest, need: TokenNeed): Promise<Caller> {
  const caller = await callerOfToken(context, secretOf(request));
  await assertMay(context, caller, need, placeOf(request));
  return caller;
}

function placeOf({ params, routeOptions }: FastifyRequest): Place | undefined {
  const { place } = routeOptions.config;
  return place === 'server' ? EVERYWHERE : placeInPath(params);
}

function bearer(request: FastifyRequest): string {
  const secret = secretOf(request);
  if (secret) return secret;
  throw new UserError('no-token', 'This needs a bearer token.', { status: 401 });
}

const remoteAuth = (request: FastifyRequest): string | undefined =>
  /^RemoteAuth\s+(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];

async function registrationToken(context: ServerContext, request: FastifyRequest): Promise<TokenRow> {
  const value = remoteAuth(request);
  const kinds = request.routeOptions.config.runnerTokens ?? REGISTRATION_KINDS;
  for (const kind of value ? kinds : []) {
    const row = await findToken(context.db, kind, value ?? '', context.clock.now());
    if (row) return row;
  }
  throw new UserError('bad-registration-token', 'The registration token is not known here, or has expired.', {
    status: 401,
    hint: `Ask for a new one: POST …/actions/runners/${kinds[0]}-token. It is valid for one hour.`,
  });
}
