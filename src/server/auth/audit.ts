/** Who did what to the server: written before it is done, so that no act is without its line. */
import type { FastifyContextConfig, FastifyInstance, FastifyRequest } from 'fastify';
import { isoTime } from '../../common/clock.ts';
import { endAct, insertAct } from '../../store/audit.ts';
import { softly } from '../../store/database.ts';
import type { ServerContext } from '../context.ts';
import { type Caller, callerName } from './callers.ts';
import { EVERYWHERE, placeInPath } from './places.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What the route does is an administrative act, though who may write may do it. */
    audited?: true;
  }
  interface FastifyRequest {
    /** Of the act that the request is. */
    actId: number | undefined;
  }
}

/** Fields of bodies that are no secrets and tell what was done. Of all others nothing is kept. */
const TOLD_FIELDS = new Set([
  'access',
  'account',
  'active',
  'branch_policy',
  'config_url',
  'default_workflow_permissions',
  'deployment_branch_policy',
  'environments',
  'ephemeral',
  'events',
  'expiresAt',
  'labels',
  'login',
  'name',
  'note',
  'permission',
  'permissions',
  'place',
  'places',
  'prevent_self_review',
  'refs',
  'repositories',
  'repository_ids',
  'reviewers',
  'runner_group_id',
  'scope',
  'selected_repository_ids',
  'selected_workflows',
  'slug',
  'suspended',
  'type',
  'user',
  'visibility',
  'wait_timer',
  'workflows',
]);
/** Of one value, as JSON. */
const LONGEST_VALUE = 500;

const ADMINISTRATIVE = ['admin', 'registration', 'scale-sets'];

/** Whether what a route does is written down. */
export function isAudited(method: string, config: FastifyContextConfig): boolean {
  if (method === 'GET' || method === 'HEAD') return false;
  return config.audited === true || ADMINISTRATIVE.some((access) => access === config.access);
}

/** To be installed after access is decided. */
export function registerAudit(app: FastifyInstance, context: ServerContext): void {
  app.decorateRequest('actId');
  app.addHook('preHandler', async (request) => {
    if (isAudited(request.method, request.routeOptions.config)) request.actId = await begin(context, request);
  });
  app.addHook('onSend', async ({ actId }, reply) => {
    if (actId !== undefined) await softly(context.db, (db) => endAct(db, actId, reply.statusCode));
  });
}

/** Softly: the commit of the act itself makes it as durable as the act. */
function begin(context: ServerContext, request: FastifyRequest): Promise<number> {
  const action = actionOf(request.method, request.routeOptions.url ?? '');
  const details = { ...(request.params as object), ...toldOf(request.body) };
  return writeAct(context, request, request.caller, {
    action,
    place: placeInPath(request.params) ?? EVERYWHERE,
    details,
  });
}

/** An act that is no route's whole purpose, such as a push that makes a repository. */
export function writeAct(
  { db, clock }: Pick<ServerContext, 'db' | 'clock'>,
  request: FastifyRequest,
  caller: Caller,
  act: { action: string; place: string; details: object; status?: number },
): Promise<number> {
  return softly(db, (queries) =>
    insertAct(queries, {
      at: isoTime(clock.now()),
      action: act.action,
      actor: actorOf(caller),
      token_id: tokenOf(caller),
      place: act.place,
      path: request.url.replace(/\?.*$/s, '').slice(0, 1_000),
      details: JSON.stringify(act.details),
      address: request.ip,
      status: act.status ?? null,
    }),
  );
}

function actorOf(caller: Caller): string {
  if (caller.kind === 'registration') return `a runner of ${caller.token.subject}`;
  if (caller.kind === 'scale-sets') return `scale sets of ${caller.admin.kind}:${caller.admin.name}`;
  return callerName(caller);
}

function tokenOf(caller: Caller): number | null {
  if (caller.kind === 'registration') return caller.token.id;
  return caller.kind === 'user' || caller.kind === 'installation' ? caller.tokenId : null;
}

function toldOf(body: unknown): Record<string, unknown> {
  if (body === null || typeof body !== 'object') return {};
  const told = Object.entries(body).filter(([name]) => TOLD_FIELDS.has(name));
  return Object.fromEntries(told.map(([name, value]) => [name, short(value)]));
}

const short = (value: unknown): unknown => {
  const text = JSON.stringify(value) ?? '';
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}…` : value;
};

const VERBS: Record<string, string> = { POST: 'create', PUT: 'update', PATCH: 'update', DELETE: 'remove' };
const PLACES: [RegExp, string][] = [
  [/^.*?\/repos\/:owner\/:repo/, 'repo'],
  [/^.*?\/orgs\/:org/, 'org'],
  [/^.*?\/enterprises\/:enterprise/, 'enterprise'],
  [/^(\/api\/v3|\/switchyard\/v1)/, 'server'],
];

/** As GitHub names acts: `repo.update_secret`, `org.create_runner_registration_token`, `server.create_user`. */
export function actionOf(method: string, url: string): string {
  const [pattern, kind] = PLACES.find(([one]) => one.test(url)) ?? [/^/, 'server'];
  const words = url
    .replace(pattern, '')
    .split('/')
    .filter((word) => word !== '' && word !== 'actions' && !word.startsWith(':'))
    .map(singular);
  return `${kind}.${[VERBS[method] ?? method.toLowerCase(), ...words].join('_').replaceAll('-', '_')}`;
}

const singular = (word: string): string => word.replace(/ies$/, 'y').replace(/([^s])s$/, '$1');
