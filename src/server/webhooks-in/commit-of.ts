import { UserError } from '../../common/errors.ts';
import type { RepositoryRow } from '../../store/repositories.ts';
import type { ServerContext } from '../context.ts';

/**
 * The commit of a ref or sha that GitHub named.
 * @throws UserError 422 when it is not on this server
 */
export async function commitOf({ git }: ServerContext, repository: RepositoryRow, name: string): Promise<string> {
  const sha = await git.resolve(repository, name);
  if (sha) return sha;
  throw new UserError('no-such-commit', `${repository.owner}/${repository.name} has no ${name} on this server.`, {
    hint: 'Push it here, then let GitHub deliver the webhook again.',
  });
}
