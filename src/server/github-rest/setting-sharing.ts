/** With which of its repositories an organization shares a secret or variable. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { UserError } from '../../common/errors.ts';
import { repositoriesOf } from '../../store/repositories.ts';
import {
  findSharing,
  organizationOwner,
  type SettingKind,
  type Sharing,
  selectedRepositories,
  setSharing,
  sharedWith,
} from '../../store/setting-owners.ts';
import type { SettingOwner } from '../../store/tables/settings.ts';
import type { ServerContext } from '../context.ts';
import { notFoundOnGitHub } from './errors.ts';
import { onPage } from './requests.ts';
import { ORGANIZATION, organizationIn } from './setting-places.ts';
import { nameInPath } from './setting-requests.ts';
import { repositoryObject } from './shapes.ts';

const Ids = z.array(z.coerce.number().int().positive()).max(10_000);
const Visibility = z.enum(['all', 'private', 'selected']);
const SharingRequest = z.looseObject({ visibility: Visibility, selected_repository_ids: Ids.optional() });
const SharingChange = z.looseObject({ visibility: Visibility.optional(), selected_repository_ids: Ids.optional() });
const SelectedRequest = z.looseObject({ selected_repository_ids: Ids });
const RepositoryParams = z.object({ repository_id: z.coerce.number().int().positive() });

/**
 * What a request says of a new setting, or of one that is written anew: the selected repositories stay where it names
 * none.
 */
export async function sharingOf(context: ServerContext, request: FastifyRequest, known?: Sharing): Promise<Sharing> {
  const { visibility, selected_repository_ids: ids } = SharingRequest.parse(request.body);
  return sharedWith(visibility, await checked(context, request, ids ?? (known ? selectedRepositories(known) : [])));
}

/** What a request changes of a known one; nothing when it says nothing. */
export async function sharingChange(
  context: ServerContext,
  request: FastifyRequest,
  known: Sharing,
): Promise<Partial<Sharing>> {
  const { visibility, selected_repository_ids: ids } = SharingChange.parse(request.body);
  if (visibility === undefined && ids === undefined) return {};
  const selected = await checked(context, request, ids ?? selectedRepositories(known));
  return sharedWith(visibility ?? known.visibility ?? 'all', selected);
}

/** @throws UserError 422 for repositories that are not the organization's */
async function checked({ db }: ServerContext, request: FastifyRequest, ids: number[]): Promise<number[]> {
  if (ids.length === 0) return ids;
  const own = new Set((await repositoriesOf(db, organizationIn(request))).map(({ id }) => id));
  const strange = ids.filter((id) => !own.has(id));
  if (strange.length === 0) return ids;
  const message = `The organization has no repositories of these ids: ${strange.slice(0, 10).join(', ')}.`;
  throw new UserError('no-such-repository', message);
}

/** The fields that only an organization's settings have. */
export function sharingFields(
  { settings }: ServerContext,
  request: FastifyRequest,
  kind: SettingKind,
  { name, visibility }: Sharing & { name: string },
) {
  if (visibility === null) return {};
  if (visibility !== 'selected') return { visibility };
  const url = `${settings.publicUrl}/api/v3/orgs/${organizationIn(request)}/actions/${kind}/${name}/repositories`;
  return { visibility, selected_repositories_url: url };
}

/** https://docs.github.com/rest/actions/secrets#list-selected-repositories-for-an-organization-secret and what follows */
export function sharedRepositoryRoutes(app: FastifyInstance, context: ServerContext, kind: SettingKind): void {
  const base = `${ORGANIZATION.prefix}/${kind}/:name/repositories`;
  const { db, settings } = context;
  app.get(base, ORGANIZATION.read(kind), async (request, reply) => {
    const selected = await selectedIn(context, request, kind);
    const all = await repositoriesOf(db, organizationIn(request));
    const repositories = all.filter(({ id }) => selected.includes(id));
    const shown = onPage(context, request, reply, repositories);
    const objects = shown.map((row) => repositoryObject(row, settings.publicUrl));
    return { total_count: repositories.length, repositories: objects };
  });
  const edit = (change: Change) => async (request: FastifyRequest, reply: FastifyReply) => {
    const selected = await selectedIn(context, request, kind);
    const ids = await checked(context, request, change(selected, request));
    await setSharing(db, kind, ownerIn(request), nameInPath(request), sharedWith('selected', ids));
    return reply.code(204).send();
  };
  const write = ORGANIZATION.write(kind);
  app.put(
    base,
    write,
    edit((_, { body }) => SelectedRequest.parse(body).selected_repository_ids),
  );
  app.put(
    `${base}/:repository_id`,
    write,
    edit((selected, request) => [...selected, repositoryIn(request)]),
  );
  app.delete(
    `${base}/:repository_id`,
    write,
    edit((selected, request) => selected.filter((id) => id !== repositoryIn(request))),
  );
}

/** Ids of the selected repositories before a request, and after it. */
type Change = (selected: number[], request: FastifyRequest) => number[];

const repositoryIn = ({ params }: FastifyRequest): number => RepositoryParams.parse(params).repository_id;
const ownerIn = (request: FastifyRequest): SettingOwner => organizationOwner(organizationIn(request));

/** @throws UserError 404, or 409 for a setting that is not for selected repositories */
async function selectedIn({ db }: ServerContext, request: FastifyRequest, kind: SettingKind): Promise<number[]> {
  const sharing = await findSharing(db, kind, ownerIn(request), nameInPath(request));
  if (!sharing) throw notFoundOnGitHub();
  if (sharing.visibility === 'selected') return selectedRepositories(sharing);
  throw new UserError('not-selected', 'Visibility type is not set to "selected".', { status: 409 });
}
