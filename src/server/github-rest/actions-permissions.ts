import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { UserError } from '../../common/errors.ts';
import { type ActionsPolicy, readPolicy } from '../actions/policy.ts';
import { needs } from '../auth/access.ts';
import type { ServerContext } from '../context.ts';
import { scopeOfRequest } from './runner-scopes.ts';

const Policy = z.looseObject({
  enabled: z.boolean().optional(),
  enabled_repositories: z.enum(['all', 'none', 'selected']).optional(),
  enabled_organizations: z.enum(['all', 'none', 'selected']).optional(),
  allowed_actions: z.enum(['all', 'local_only', 'selected']).optional(),
  sha_pinning_required: z.boolean().optional(),
});
const SelectedActions = z.looseObject({
  github_owned_allowed: z.boolean().optional(),
  verified_allowed: z.boolean().optional(),
  patterns_allowed: z.array(z.string()).max(1_000).optional(),
});
const SharedAccess = z.looseObject({ access_level: z.enum(['none', 'user', 'organization', 'enterprise']) });
const TokenPermissions = z.looseObject({
  default_workflow_permissions: z.enum(['read', 'write']).optional(),
  can_approve_pull_request_reviews: z.boolean().optional(),
});

/** Where the rule is asked for, what an App needs for it (none may ask for the enterprise's), and that actions are on. */
type Place = [string, 'administration' | 'organization_administration' | null, Record<string, unknown>];
const PLACES: Place[] = [
  ['/repos/:owner/:repo', 'administration', { enabled: true }],
  ['/orgs/:org', 'organization_administration', { enabled_repositories: 'all' }],
  ['/enterprises/:enterprise', null, { enabled_organizations: 'all' }],
];

/** What GitHub itself owns. */
const GITHUB_OWNED = ['actions/*', 'github/*'];

const NOT_PER_PLACE = 'This server has one rule for all repositories: its settings SWITCHYARD_ACTIONS_* say it.';
const ALWAYS_ON =
  'Actions are on for every repository. Switch its workflows off one by one: PUT …/workflows/ID/disable.';

/**
 * Which actions workflows may use (https://docs.github.com/rest/actions/permissions). The server's settings decide for
 * all places, so that whoever administers one cannot let in more: every place shows them. A PUT that says what is so
 * already is answered as GitHub does, for programs that set everything again and again; any other is a conflict.
 */
export function actionsPermissionRoutes(
  app: FastifyInstance,
  context: ServerContext,
  policy: ActionsPolicy = readPolicy(),
): void {
  const isOpen = allowedActions(policy);
  for (const [prefix, permission, enabled] of PLACES) {
    const base = `${prefix}/actions/permissions`;
    const rule = { ...enabled, allowed_actions: isOpen, sha_pinning_required: policy.requireSha };
    const fixed = fixedRoutes(app, context, permission);
    fixed(base, rule, Policy, (asked) => (differs(asked, enabled) ? ALWAYS_ON : NOT_PER_PLACE), {
      more: (request) => (isOpen === 'selected' ? { selected_actions_url: ownUrl(context, request) } : {}),
    });
    fixed(`${base}/selected-actions`, selectedActions(policy), SelectedActions, () => NOT_PER_PLACE, {
      isThere: isOpen === 'selected',
    });
  }
  fixedRoutes(app, context, 'administration')(
    '/repos/:owner/:repo/actions/permissions/access',
    { access_level: 'enterprise' },
    SharedAccess,
    () => 'Actions and workflows of a repository can be used by every repository of this server.',
  );
  for (const [prefix, permission] of PLACES.slice(1)) {
    fixedRoutes(app, context, permission)(
      `${prefix}/actions/permissions/workflow`,
      { default_workflow_permissions: 'read', can_approve_pull_request_reviews: false },
      TokenPermissions,
      () =>
        'New repositories begin with read. Set it for a repository: PUT /repos/OWNER/REPO/actions/permissions/workflow.',
    );
  }
}

interface MoreOfRoute {
  /** What only an answer has. */
  more?: (request: FastifyRequest) => Record<string, unknown>;
  /** Without it the routes answer 409. */
  isThere?: boolean;
}

/** GET of something that REST cannot change, and PUT that accepts exactly that. */
function fixedRoutes(app: FastifyInstance, context: ServerContext, permission: Place[1]) {
  const admin = (level: 'read' | 'write') =>
    needs('admin', 'people', permission === null ? {} : { app: `${permission}: ${level}` });
  return <Asked extends Record<string, unknown>>(
    path: string,
    value: Record<string, unknown>,
    body: z.ZodType<Asked>,
    why: (asked: Asked) => string,
    { more = () => ({}), isThere = true }: MoreOfRoute = {},
  ): void => {
    const assertThere = async (request: FastifyRequest): Promise<void> => {
      await scopeOfRequest(context, request);
      if (!isThere) throw fixedPolicy('Which actions are allowed is not a matter of a selection on this server.');
    };
    app.get(path, admin('read'), async (request) => {
      await assertThere(request);
      return { ...value, ...more(request) };
    });
    app.put(path, admin('write'), async (request, reply: FastifyReply) => {
      const asked = body.parse(request.body);
      await assertThere(request);
      if (differs(asked, value)) throw fixedPolicy(why(asked));
      return reply.code(204).send();
    });
  };
}

const fixedPolicy = (why: string): UserError => new UserError('fixed-policy', why, { status: 409 });

/** Whether a request asks for something else than there is; of what it does not name it asks nothing. */
const differs = (asked: Record<string, unknown>, value: Record<string, unknown>): boolean =>
  Object.entries(value).some(([key, own]) => asked[key] !== undefined && canonical(asked[key]) !== canonical(own));

const canonical = (value: unknown): string => JSON.stringify(Array.isArray(value) ? [...value].sort() : value);

/** In GitHub's words; the server's own repositories always may be used. */
function allowedActions({ upstream, allowed }: ActionsPolicy): 'all' | 'local_only' | 'selected' {
  if (upstream === undefined || allowed.length === 0) return 'local_only';
  return allowed.includes('*') || allowed.includes('*/*') ? 'all' : 'selected';
}

function selectedActions({ allowed }: ActionsPolicy) {
  const isGitHubOwned = GITHUB_OWNED.every((pattern) => allowed.includes(pattern));
  const patterns = isGitHubOwned ? allowed.filter((pattern) => !GITHUB_OWNED.includes(pattern)) : allowed;
  return { github_owned_allowed: isGitHubOwned, verified_allowed: false, patterns_allowed: patterns };
}

const ownUrl = ({ settings }: ServerContext, request: FastifyRequest): string =>
  new URL(`${request.url.split('?')[0]}/selected-actions`, settings.publicUrl).href;
