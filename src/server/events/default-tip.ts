import { UserError } from '../../common/errors.ts';
import type { RepositoryRow } from '../../store/repositories.ts';
import type { ServerContext } from '../context.ts';
import type { Tip } from './default-branches.ts';

/**
 * Where most events run (SEM-2.4).
 * @throws UserError 422 when the default branch has no commit
 */
export async function defaultTip(
  { branches }: Pick<ServerContext, 'branches'>,
  repository: RepositoryRow,
): Promise<Tip> {
  const tip = await branches.tip(repository);
  if (tip) return tip;
  const name = `${repository.owner}/${repository.name}`;
  throw new UserError('no-default-branch', `${name} has no branch ${repository.default_branch}, its default one.`, {
    hint: 'Push it first.',
  });
}
