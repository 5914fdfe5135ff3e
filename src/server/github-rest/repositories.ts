import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { UserError } from '../../common/errors.ts';
import { type RepositoryRow, repositoriesOf, visibleRepositoryRows } from '../../store/repositories.ts';
import { type Caller, callerName, needs } from '../auth/access.ts';
import { assertAccess } from '../auth/authorize.ts';
import { isInstalledAt, visibleRepositories } from '../auth/callers.ts';
import { ownerPlace, repositoryPlace } from '../auth/places.ts';
import type { ServerContext } from '../context.ts';
import { deleteRepository } from '../repositories/delete.ts';
import { notFoundOnGitHub } from './errors.ts';
import { onPage, repositoryOf } from './requests.ts';
import { nodeId, repositoryObject, userObject } from './shapes.ts';

const CreateRequest = z.looseObject({ name: z.string().min(1).max(100) });

const ADMIN = needs('admin', 'people', { app: 'administration: write' });
const LIST = needs('read', 'people', { app: 'metadata: read', place: 'checked-by-handler' });
const ChangeRequest = z.looseObject({ default_branch: z.string().min(1).max(255).optional() });

/** https://docs.github.com/rest/repos/repos */
export function repositoryRoutes(app: FastifyInstance, context: ServerContext): void {
  app.get('/repos/:owner/:repo', needs('read', 'metadata: read'), async (request) =>
    repositoryObject(await repositoryOf(context, request), context.settings.publicUrl),
  );
  app.patch('/repos/:owner/:repo', ADMIN, (request) => change(context, request));
  app.delete('/repos/:owner/:repo', ADMIN, async (request, reply) => {
    await deleteRepository(context, await repositoryOf(context, request));
    return reply.code(204).send();
  });
  listRoutes(app, context);
  app.post(
    '/user/repos',
    needs('write', 'people', { place: 'checked-by-handler', audited: true }),
    ({ caller, body }, reply) => {
      const owner = callerName(caller);
      assertAccess(caller, 'write', ownerPlace(owner));
      return create(context, owner, body, reply);
    },
  );
  app.post(
    '/orgs/:org/repos',
    needs('write', 'people', { app: 'administration: write', audited: true }),
    ({ params, body }, reply) => {
      const { org } = z.object({ org: z.string() }).parse(params);
      return create(context, org, body, reply);
    },
  );
}

async function create(
  context: ServerContext,
  owner: string,
  body: unknown,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { name } = CreateRequest.parse(body);
  if (await context.git.find(owner, name)) {
    throw new UserError('name-taken', 'Repository creation failed: name already exists on this account.');
  }
  const repository = await context.git.create(owner, name);
  return reply.code(201).send(repositoryObject(repository, context.settings.publicUrl));
}

/** Everything that the caller may see, of all or of one owner; every owner is a user and an organization. */
function listRoutes(app: FastifyInstance, context: ServerContext): void {
  const list = (request: FastifyRequest, reply: FastifyReply, rows: RepositoryRow[]) =>
    onPage(context, request, reply, rows).map((row) => repositoryObject(row, context.settings.publicUrl));
  app.get('/user/repos', LIST, async (request, reply) => list(request, reply, await seenBy(context, request.caller)));
  for (const path of ['/orgs/:name/repos', '/users/:name/repos']) {
    app.get(path, LIST, async (request, reply) => list(request, reply, (await seenOf(context, request)).rows));
  }
  app.get('/orgs/:name', LIST, async (request) => {
    const { owner, rows } = await seenOf(context, request);
    return organizationObject(context.settings.publicUrl, owner, rows);
  });
}

async function seenBy({ db }: ServerContext, caller: Caller): Promise<RepositoryRow[]> {
  if (caller.kind !== 'installation') return visibleRepositoryRows(db, visibleRepositories(caller));
  const rows = await repositoriesOf(db, caller.installation.account);
  return rows.filter((row) => isInstalledAt(caller, repositoryPlace(row)));
}

/** @throws UserError 404 for an owner of nothing that the caller may see */
async function seenOf(
  context: ServerContext,
  { params, caller }: FastifyRequest,
): Promise<{ owner: string; rows: RepositoryRow[] }> {
  const { name } = z.object({ name: z.string() }).parse(params);
  const all = await seenBy(context, caller);
  const rows = all.filter(({ owner }) => ownerPlace(owner) === ownerPlace(name));
  const [first] = rows;
  if (!first) throw notFoundOnGitHub();
  return { owner: first.owner, rows };
}

function organizationObject(publicUrl: string, owner: string, rows: RepositoryRow[]) {
  const { login, id, avatar_url, html_url } = userObject(owner, publicUrl);
  const url = `${publicUrl}/api/v3/orgs/${encodeURIComponent(owner)}`;
  const since = rows.reduce(
    (oldest, { created_at }) => (created_at < oldest ? created_at : oldest),
    rows[0]?.created_at ?? '',
  );
  return {
    login,
    id,
    node_id: nodeId('Organization', id),
    url,
    repos_url: `${url}/repos`,
    events_url: `${url}/events`,
    hooks_url: `${url}/hooks`,
    issues_url: `${url}/issues`,
    members_url: `${url}/members{/member}`,
    public_members_url: `${url}/public_members{/member}`,
    avatar_url,
    html_url,
    description: null,
    has_organization_projects: false,
    has_repository_projects: false,
    public_repos: 0,
    total_private_repos: rows.length,
    public_gists: 0,
    followers: 0,
    following: 0,
    type: 'Organization',
    created_at: since,
    updated_at: since,
    archived_at: null,
  };
}

/** What GitHub's REST can change of a repository and this server does not, in so far as the answer does not show it. */
const UNSHOWN = {
  homepage: null,
  allow_squash_merge: true,
  allow_merge_commit: true,
  allow_rebase_merge: false,
  allow_auto_merge: false,
  allow_update_branch: false,
  delete_branch_on_merge: false,
};

/** The default branch; what is asked beside it must be as it is, and what GitHub does not know is ignored, as there. */
async function change(context: ServerContext, request: FastifyRequest) {
  const repository = await repositoryOf(context, request);
  const { default_branch: branch, ...others } = ChangeRequest.parse(request.body);
  const object: Record<string, unknown> = repositoryObject(repository, context.settings.publicUrl);
  for (const [field, own] of Object.entries({ ...object, ...UNSHOWN })) {
    if (others[field] === undefined || isSame(own, others[field])) continue;
    throw new UserError('fixed-field', `The ${field} of a repository cannot be changed here.`, {
      hint: 'Only default_branch can.',
    });
  }
  if (branch === undefined || branch === repository.default_branch) return object;
  if (!(await context.git.resolve(repository, `refs/heads/${branch}`))) {
    throw new UserError('no-such-ref', `The branch ${branch} was not found.`, { hint: 'Push it first.' });
  }
  const changed = await context.git.setDefaultBranch(repository, branch);
  context.branches.forget(repository.id);
  await context.schedules.synchronize(changed, callerName(request.caller));
  return repositoryObject(changed, context.settings.publicUrl);
}

/** Nothing and an empty text are the same to those who set a description. */
const isSame = (own: unknown, asked: unknown): boolean => own === asked || (own === null && asked === '');
