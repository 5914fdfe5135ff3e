import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { UserError } from '../../common/errors.ts';
import { type AppRow, findInstallation, type InstallationRow, installationsOf } from '../../store/apps.ts';
import { findRepositoryById, type RepositoryRow, repositoriesOf } from '../../store/repositories.ts';
import { createToken, deleteToken } from '../../store/tokens.ts';
import { needs } from '../auth/access.ts';
import { AppPermissions, narrowed } from '../auth/app-permissions.ts';
import { type Caller, INSTALLATION_PREFIX, isInstalledAt } from '../auth/callers.ts';
import { covers, type Place, placeInPath, repositoryPlace } from '../auth/places.ts';
import type { ServerContext } from '../context.ts';
import { notFoundOnGitHub } from './errors.ts';
import { idOf, onPage } from './requests.ts';
import { nodeId, repositoryObject, userObject } from './shapes.ts';

/** GitHub's own. */
const TOKEN_LIFE_MS = 60 * 60 * 1000;

const TokenRequest = z.looseObject({
  repositories: z.array(z.string().max(100)).max(500).optional(),
  repository_ids: z.array(z.number().int().positive()).max(500).optional(),
  permissions: AppPermissions.optional(),
});

const APP = { config: { access: 'app' } } as const;
const INSTALLATION = needs('read', 'metadata: read', { place: 'checked-by-handler' });

/** https://docs.github.com/rest/apps: what Apps ask of themselves and their installations */
export function appRoutes(app: FastifyInstance, context: ServerContext): void {
  const { db, settings } = context;
  app.get('/app', APP, async ({ caller }) => {
    const own = appOf(caller);
    return appObject(context, own, (await installationsOf(db, own.id)).length);
  });
  app.get('/app/installations', APP, async (request, reply) => {
    const own = appOf(request.caller);
    const rows = onPage(context, request, reply, await installationsOf(db, own.id));
    return rows.map((row) => installationObject(context, own, row));
  });
  app.get('/app/installations/:id', APP, async (request) =>
    installationObject(context, appOf(request.caller), await ownInstallation(context, request)),
  );
  app.post(
    '/app/installations/:id/access_tokens',
    { config: { ...APP.config, audited: true } },
    async (request, reply) => {
      const installation = await ownInstallation(context, request);
      if (installation.suspended_at !== null) {
        throw new UserError('suspended', 'This installation has been suspended.', { status: 403 });
      }
      const wanted = TokenRequest.parse(request.body ?? {});
      return reply.code(201).send(await issueToken(context, appOf(request.caller), installation, wanted));
    },
  );
  for (const path of ['/repos/:owner/:repo/installation', '/orgs/:org/installation', '/users/:username/installation']) {
    app.get(path, APP, async (request) => {
      const own = appOf(request.caller);
      const { username } = request.params as { username?: string };
      const place = placeInPath(request.params) ?? username?.toLowerCase() ?? '';
      return installationObject(context, own, await installationAt(context, own, place));
    });
  }
  app.get('/installation/repositories', INSTALLATION, async (request, reply) => {
    const { installation, ...rest } = installationCaller(request.caller);
    const all = await repositoriesOf(db, installation.account);
    const own = all.filter((row) => isInstalledAt({ ...rest, installation }, repositoryPlace(row)));
    const repositories = onPage(context, request, reply, own).map((row) => repositoryObject(row, settings.publicUrl));
    return { total_count: own.length, repository_selection: selectionOf(rest.places, installation), repositories };
  });
  app.delete('/installation/token', INSTALLATION, async ({ caller }, reply) => {
    await deleteToken(db, installationCaller(caller).tokenId);
    return reply.code(204).send();
  });
}

function appOf(caller: Caller): AppRow {
  if (caller.kind !== 'app') throw new Error('the route lacks the access "app"');
  return caller.app;
}

function installationCaller(caller: Caller): Caller & { kind: 'installation' } {
  if (caller.kind === 'installation') return caller;
  throw new UserError('forbidden', 'You must authenticate with an installation access token.', { status: 403 });
}

/** @throws UserError 404 */
async function ownInstallation({ db }: ServerContext, request: FastifyRequest): Promise<InstallationRow> {
  const row = await findInstallation(db, idOf(request));
  if (!row || row.app_id !== appOf(request.caller).id) throw notFoundOnGitHub();
  return row;
}

/** @throws UserError 404 where the App is not installed */
async function installationAt({ db }: ServerContext, own: AppRow, place: Place): Promise<InstallationRow> {
  const found = (await installationsOf(db, own.id)).find(({ account_key, repositories }) => {
    const selected = JSON.parse(repositories) as Place[] | null;
    return covers(account_key, place) && (selected === null || place === account_key || selected.includes(place));
  });
  if (!found) throw notFoundOnGitHub();
  return found;
}

async function issueToken(
  context: ServerContext,
  own: AppRow,
  installation: InstallationRow,
  wanted: z.infer<typeof TokenRequest>,
) {
  const { db, clock, settings } = context;
  const repositories = await wantedRepositories(context, installation, wanted);
  const permissions = wantedPermissions(own, wanted.permissions);
  const expiresAt = clock.now() + TOKEN_LIFE_MS;
  const places = repositories?.map(repositoryPlace) ?? null;
  const token = await createToken(
    db,
    {
      kind: 'installation',
      subject: String(installation.id),
      scopes: JSON.stringify(permissions),
      places,
      expiresAt,
      prefix: INSTALLATION_PREFIX,
    },
    clock.now(),
  );
  return {
    token,
    expires_at: new Date(expiresAt).toISOString().replace(/\.\d+Z$/, 'Z'),
    permissions: { ...permissions, metadata: 'read' },
    repository_selection: selectionOf(places, installation),
    ...(repositories && { repositories: repositories.map((row) => repositoryObject(row, settings.publicUrl)) }),
  };
}

/** @throws UserError 422 for one that the installation is not for */
async function wantedRepositories(
  context: ServerContext,
  installation: InstallationRow,
  { repositories, repository_ids }: z.infer<typeof TokenRequest>,
): Promise<RepositoryRow[] | null> {
  if (!repositories && !repository_ids) return null;
  const named = await Promise.all((repositories ?? []).map((name) => context.git.find(installation.account, name)));
  const numbered = await Promise.all((repository_ids ?? []).map((id) => findRepositoryById(context.db, id)));
  const selected = JSON.parse(installation.repositories) as Place[] | null;
  return [...named, ...numbered].map((row) => {
    const place = row && repositoryPlace(row);
    const isOwn = place && covers(installation.account_key, place) && (selected === null || selected.includes(place));
    if (row && isOwn) return row;
    const message =
      'There is at least one repository that does not exist or is not accessible to the parent installation.';
    throw new UserError('no-such-repository', message);
  });
}

/** @throws UserError 422 for more than the App has */
function wantedPermissions(own: AppRow, wanted: AppPermissions | undefined): AppPermissions {
  const held = JSON.parse(own.permissions) as AppPermissions;
  if (!wanted) return held;
  const both = { metadata: 'read', ...narrowed(held, wanted) } as AppPermissions;
  const isMore = Object.entries(wanted).some(([name, level]) => both[name as keyof AppPermissions] !== level);
  if (!isMore) return narrowed(held, wanted);
  throw new UserError('too-many-permissions', 'The permissions requested are not granted to this installation.');
}

const selectionOf = (places: Place[] | null, { repositories }: InstallationRow): 'all' | 'selected' =>
  places === null && repositories === 'null' ? 'all' : 'selected';

export function appObject(context: ServerContext, row: AppRow, installations: number) {
  const { publicUrl } = context.settings;
  return {
    id: row.id,
    slug: row.slug,
    node_id: nodeId('Integration', row.id),
    client_id: row.client_id,
    owner: userObject(context.settings.enterprise, publicUrl),
    name: row.name,
    description: null,
    external_url: publicUrl,
    html_url: `${publicUrl}/settings`,
    created_at: row.created_at,
    updated_at: row.updated_at,
    permissions: { metadata: 'read', ...(JSON.parse(row.permissions) as AppPermissions) },
    events: [],
    installations_count: installations,
  };
}

function installationObject(context: ServerContext, own: AppRow, row: InstallationRow) {
  const { publicUrl } = context.settings;
  const api = `${publicUrl}/api/v3`;
  // Of the list GitHub's description asks for the fields of an enterprise besides.
  const { account: name, account_key: slug, created_at, updated_at } = row;
  const account = { ...userObject(name, publicUrl), type: 'Organization', name, slug, created_at, updated_at };
  return {
    id: row.id,
    account,
    repository_selection: selectionOf(null, row),
    access_tokens_url: `${api}/app/installations/${row.id}/access_tokens`,
    repositories_url: `${api}/installation/repositories`,
    html_url: `${publicUrl}/settings`,
    app_id: own.id,
    app_slug: own.slug,
    client_id: own.client_id,
    target_id: account.id,
    target_type: 'Organization',
    permissions: { metadata: 'read', ...(JSON.parse(own.permissions) as AppPermissions) },
    events: [],
    created_at,
    updated_at,
    single_file_name: null,
    has_multiple_single_files: false,
    single_file_paths: [],
    suspended_by: null,
    suspended_at: row.suspended_at,
  };
}
