import type { FastifyInstance, FastifyRequest } from 'fastify';
import { UserError } from '../../common/errors.ts';
import { findToken, type TokenRow } from '../../store/tokens.ts';
import type { ServerContext } from '../context.ts';
import { assertPermission, type JobPermission } from './job-permissions.ts';
import {
  type GitHubClaims,
  type JobClaims,
  type RunnerClaims,
  verifyGitHubToken,
  verifyJobToken,
  verifyRunnerToken,
} from './jwt.ts';

/**
 * Who may call a route. Every route names one in its `config`; a route without is refused at start-up, so nothing is
 * let in by default.
 *
 * - `public`: anyone; the handler checks what there is to check (OAuth assertions, git's own challenge)
 * - `page`: read by the dashboard: a user token, or nobody in particular while only this machine can reach the server
 * - `read`, `write`, `admin`: a user's token with that scope (each includes the one before), or a job's GITHUB_TOKEN
 *   with the permission that the route must name too, for the job's own repository, which the handler checks with
 *   `assertRepository`
 * - `runner`, `job`: tokens of the runner protocol
 * - `registration`: `RemoteAuth` with a registration or remove token
 * - `signed`: URL or body carry a signature, checked by the handler
 */
export type Access = 'public' | 'page' | 'read' | 'write' | 'admin' | 'runner' | 'job' | 'registration' | 'signed';

export type UserScope = 'read' | 'write' | 'admin';

export type Caller =
  | { kind: 'anyone' }
  | { kind: 'user'; name: string; scope: UserScope }
  | { kind: 'github-token'; job: GitHubClaims }
  | { kind: 'runner'; runner: RunnerClaims }
  | { kind: 'job'; job: JobClaims }
  | { kind: 'registration'; token: TokenRow };

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: Access;
    /** Of routes that people's tokens open: what a job's must hold (SEM-6). */
    permission?: JobPermission;
  }
  interface FastifyRequest {
    caller: Caller;
  }
}

/** What a route asks of its caller's token: of a person's a scope, of a job's a permission. */
export interface TokenNeed {
  access: UserScope;
  permission: JobPermission;
}

/** The options of a route that tokens of people, and of jobs, open. */
export const needs = (access: UserScope, permission: JobPermission): { config: TokenNeed } => ({
  config: { access, permission },
});

const SCOPE_ORDER: UserScope[] = ['read', 'write', 'admin'];

/** Installs the one place where callers are let in. Must be registered before any route. */
export function registerAccess(app: FastifyInstance, context: ServerContext): void {
  app.decorateRequest('caller');
  app.addHook('onRoute', ({ method, url, config }) => {
    if (!config?.access) throw new Error(`the route ${method} ${url} names no access`);
    if (isUserScope(config.access) && !config.permission) {
      throw new Error(`the route ${method} ${url} does not say what a job's token needs`);
    }
  });
  app.addHook('onRequest', async (request) => {
    const access = request.routeOptions.config.access;
    // Not a route of ours: the not-found handler answers, and it gives nothing away.
    request.caller = access ? await identify(context, request, access) : { kind: 'anyone' };
  });
}

const isUserScope = (access: Access): access is UserScope => SCOPE_ORDER.some((scope) => scope === access);

async function identify(context: ServerContext, request: FastifyRequest, access: Access): Promise<Caller> {
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
    case 'admin':
      return identifyUser(context, request, {
        access,
        permission: request.routeOptions.config.permission ?? 'people',
      });
    case 'runner':
      return { kind: 'runner', runner: await verifyRunnerToken(context.keys, bearer(request), context.clock.now()) };
    case 'job':
      return { kind: 'job', job: await verifyJobToken(context.keys, bearer(request), context.clock.now()) };
    case 'registration':
      return { kind: 'registration', token: await registrationToken(context, request) };
  }
}

/** Only under a loopback name: a foreign page that resolves its own name to 127.0.0.1 must not read ours. */
function mayReadWithoutToken(context: ServerContext, request: FastifyRequest): boolean {
  return context.settings.loopbackOnly && !request.headers.authorization && isLoopbackName(request.hostname);
}

export function isLoopbackName(host: string): boolean {
  return (
    host === 'localhost' ||
    host.endsWith('.localhost') ||
    host === '[::1]' ||
    host === '::1' ||
    /^127(\.\d+){3}$/.test(host)
  );
}

async function identifyUser(context: ServerContext, request: FastifyRequest, need: TokenNeed): Promise<Caller> {
  const caller = await callerOfToken(context, secretOf(request));
  assertMay(caller, need);
  return caller;
}

/**
 * The person or job behind a token that git or REST was given.
 * @throws UserError 401
 */
export async function callerOfToken(context: ServerContext, token: string | undefined): Promise<Caller> {
  if (!token)
    throw new UserError('no-token', 'This needs a token.', { status: 401, hint: 'Send an Authorization header.' });
  // A JWT is the GITHUB_TOKEN of a job; user tokens have no dots.
  if (token.includes('.')) {
    const job = await verifyGitHubToken(context.keys, token, context.clock.now());
    if (!(await context.engine.isRunning(job.jobId))) {
      throw new UserError('bad-token', 'The job of this token has ended.', { status: 401 });
    }
    return { kind: 'github-token', job };
  }
  const row = await findToken(context.db, 'user', token, context.clock.now());
  if (!row) throw new UserError('bad-token', 'The token is not known here, or has expired.', { status: 401 });
  return { kind: 'user', name: row.subject, scope: SCOPE_ORDER.find((scope) => scope === row.scopes) ?? 'read' };
}

/** @throws UserError 403 */
export function assertMay(caller: Caller, { access, permission }: TokenNeed): void {
  if (caller.kind === 'github-token') {
    assertPermission(caller.job.permissions, permission);
    return;
  }
  const held = caller.kind === 'user' ? caller.scope : 'read';
  if (SCOPE_ORDER.indexOf(held) >= SCOPE_ORDER.indexOf(access)) return;
  throw new UserError('forbidden', `The token does not have the scope "${access}".`, { status: 403 });
}

/**
 * A job's GITHUB_TOKEN reaches only the repository of its job.
 * @throws UserError 404, as GitHub answers for what one may not see
 */
export function assertRepository(caller: Caller, repositoryId: number): void {
  if (caller.kind !== 'github-token' || caller.job.repositoryId === repositoryId) return;
  throw new UserError('not-found', 'Not Found', { status: 404 });
}

/** The name that events and runs carry as their actor. */
export function callerName(caller: Caller): string {
  return caller.kind === 'user' ? caller.name : 'switchyard[bot]';
}

/** The caller as somebody who answers for environments (SEM-12.3). */
export const reviewerOf = (caller: Caller): { name: string; isAdmin: boolean } => ({
  name: callerName(caller),
  isAdmin: caller.kind === 'user' && caller.scope === 'admin',
});

/** The job whose token caused something, which therefore starts no runs (SEM-2.5). */
export function causingJob(caller: Caller): number | undefined {
  return caller.kind === 'github-token' ? caller.job.jobId : undefined;
}

/** Bearer, `token X`, or the password of Basic (git; the user name does not matter). */
export function secretOf(request: FastifyRequest): string | undefined {
  const [, scheme = '', value = ''] = /^(\S+)\s+(.+)$/.exec(request.headers.authorization ?? '') ?? [];
  switch (scheme.toLowerCase()) {
    case 'bearer':
    case 'token':
      return value.trim();
    case 'basic': {
      const text = Buffer.from(value, 'base64').toString('utf8');
      return text.slice(text.indexOf(':') + 1);
    }
    default:
      return undefined;
  }
}

function bearer(request: FastifyRequest): string {
  const secret = secretOf(request);
  if (secret) return secret;
  throw new UserError('no-token', 'This needs a bearer token.', { status: 401 });
}

async function registrationToken(context: ServerContext, request: FastifyRequest): Promise<TokenRow> {
  const [, value] = /^RemoteAuth\s+(\S+)$/i.exec(request.headers.authorization ?? '') ?? [];
  const now = context.clock.now();
  const row =
    value &&
    ((await findToken(context.db, 'registration', value, now)) ?? (await findToken(context.db, 'remove', value, now)));
  if (row) return row;
  throw new UserError('bad-registration-token', 'The registration token is not known here, or has expired.', {
    status: 401,
    hint: 'Ask for a new one: POST …/actions/runners/registration-token. It is valid for one hour.',
  });
}
