/** The one decision whether somebody may do something somewhere. REST, page and git ask it. */
import { UserError } from '../../common/errors.ts';
import { findRepositoryById } from '../../store/repositories.ts';
import type { ServerContext } from '../context.ts';
import { type AppPermission, asAppPermission, isPermitted } from './app-permissions.ts';
import { type Caller, isInstalledAt, type UserScope } from './callers.ts';
import { assertPermission, type JobPermission } from './job-permissions.ts';
import { type Place, repositoryPlace } from './places.ts';
import { accessAt, includes, type Reach } from './reach.ts';

/** What something asks of its caller's token: of a person's a scope, of a job's and of an App's a permission. */
export interface TokenNeed {
  access: UserScope;
  permission: JobPermission;
  /** Default: as of a job's token; where that is `people`, no App is let in. */
  app?: AppPermission;
}

/** As GitHub answers for what one may not see. */
const hidden = (): UserError => new UserError('not-found', 'Not Found', { status: 404 });

/**
 * @param place undefined: only what the token may do somewhere is checked; whoever finds out the place asks again
 * @throws UserError 404 for what the caller may not see, 403 for what they may see but not do
 */
export async function assertMay(
  context: Pick<ServerContext, 'db'>,
  caller: Caller,
  need: TokenNeed,
  place: Place | undefined,
): Promise<void> {
  switch (caller.kind) {
    case 'user':
      return assertPerson(caller.reach, need.access, place);
    case 'github-token':
      assertPermission(caller.job.permissions, need.permission);
      return place === undefined ? undefined : assertOwnRepository(context, caller.job.repositoryId, place);
    case 'installation':
      return assertApp(caller, need, place);
    case 'anyone':
      // The page of a server that only this machine can reach.
      if (need.access === 'read') return;
      throw hidden();
    default:
      throw hidden();
  }
}

/** Whether the caller may at least read there. */
export const sees = (caller: Caller, place: Place): boolean =>
  caller.kind === 'anyone' || (caller.kind === 'user' && accessAt(caller.reach, place) !== undefined);

/** Of something whose place only its row tells. @throws UserError as `assertMay` */
export function assertAccess(caller: Caller, access: UserScope, place: Place): void {
  if (caller.kind === 'user') assertPerson(caller.reach, access, place);
  else if (caller.kind !== 'anyone' || access !== 'read') throw hidden();
}

function assertPerson(reach: Reach, access: UserScope, place: Place | undefined): void {
  const held = place === undefined ? reach.scope : accessAt(reach, place);
  if (held === undefined) throw hidden();
  if (includes(held, access)) return;
  const message = includes(reach.scope, access)
    ? `Must have ${access} rights to ${place?.includes('/') ? 'Repository' : place}.`
    : `The token does not have the scope "${access}".`;
  throw new UserError('forbidden', message, { status: 403 });
}

async function assertOwnRepository({ db }: Pick<ServerContext, 'db'>, id: number, place: Place): Promise<void> {
  const own = await findRepositoryById(db, id);
  if (!own || repositoryPlace(own) !== place) throw hidden();
}

function assertApp(caller: Caller & { kind: 'installation' }, need: TokenNeed, place: Place | undefined): void {
  if (place !== undefined && !isInstalledAt(caller, place)) throw hidden();
  const needed = need.app ?? asAppPermission(need.permission);
  if (needed && isPermitted(caller.may, needed)) return;
  throw new UserError('forbidden', 'Resource not accessible by integration.', {
    status: 403,
    hint: needed
      ? `The App needs the permission \`${needed}\`.`
      : 'No App may do this; it needs the token of a person.',
  });
}
