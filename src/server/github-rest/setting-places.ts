/** The three owners of secrets and variables (SEM-22.5), as the paths of GitHub's REST name them. */
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { UserError } from '../../common/errors.ts';
import {
  countSettings,
  environmentOwner,
  organizationOwner,
  repositoryOwner,
  type SettingKind,
} from '../../store/setting-owners.ts';
import type { SettingOwner } from '../../store/tables/settings.ts';
import { needs, type TokenNeed } from '../auth/access.ts';
import type { ServerContext } from '../context.ts';
import { environmentOf, repositoryOf } from './requests.ts';

export interface SettingPlace {
  /** Of the paths, before `/secrets` and `/variables`. */
  prefix: string;
  /** No job's token reads or writes settings: GitHub has no permission for it that a workflow could ask for. */
  read: (kind: SettingKind) => { config: TokenNeed };
  write: (kind: SettingKind) => { config: TokenNeed };
  /** SEM-30; of variables as GitHub documents them. */
  most: Record<SettingKind, number>;
  /** @throws UserError 404 */
  ownerOf(context: ServerContext, request: FastifyRequest): Promise<SettingOwner>;
}

/** How GitHub names the permission of an App. */
const APP_NAMES = { secrets: 'secrets', variables: 'actions_variables' } as const;

export const ORGANIZATION: SettingPlace = {
  prefix: '/orgs/:org/actions',
  read: (kind) => needs('admin', 'people', { app: `organization_${APP_NAMES[kind]}: read` }),
  write: (kind) => needs('admin', 'people', { app: `organization_${APP_NAMES[kind]}: write`, audited: true }),
  most: { secrets: 1_000, variables: 1_000 },
  ownerOf: async (_context, request) => organizationOwner(organizationIn(request)),
};

export const SETTING_PLACES: SettingPlace[] = [
  ORGANIZATION,
  {
    prefix: '/repos/:owner/:repo/actions',
    read: (kind) => needs('read', 'people', { app: `${APP_NAMES[kind]}: read` }),
    write: (kind) => needs('write', 'people', { app: `${APP_NAMES[kind]}: write`, audited: true }),
    most: { secrets: 100, variables: 500 },
    ownerOf: async (context, request) => repositoryOwner((await repositoryOf(context, request)).id),
  },
  {
    prefix: '/repos/:owner/:repo/environments/:environment',
    read: () => needs('read', 'people', { app: 'environments: read' }),
    write: () => needs('write', 'people', { app: 'environments: write', audited: true }),
    most: { secrets: 100, variables: 100 },
    ownerOf: async (context, request) => environmentOwner((await environmentOf(context, request)).environment.id),
  },
];

const OrganizationParams = z.object({ org: z.string().min(1).max(100) });

/** Every owner of repositories counts as an organization. */
export const organizationIn = ({ params }: FastifyRequest): string => OrganizationParams.parse(params).org;

/** @throws UserError 422 when the owner has as many as there may be */
export async function assertRoom(
  { db }: ServerContext,
  place: SettingPlace,
  kind: SettingKind,
  owner: SettingOwner,
): Promise<void> {
  const most = place.most[kind];
  if ((await countSettings(db, kind, owner)) < most) return;
  throw new UserError('too-many-settings', `There are ${most} ${kind} already, and no more are kept here.`);
}
