import { UserError } from '../../common/errors.ts';
import { findRepository } from '../../store/repositories.ts';
import type { ServerContext } from '../context.ts';
import { checkRepositoryName } from '../git/names.ts';
import { type ActionsPolicy, isAllowed, isFullSha } from './policy.ts';
import type { ActionSource, UpstreamActions } from './upstream.ts';

/** What git allows in the name of a branch or tag. */
const REF = /^(?!-)(?!.*(?:\.\.|@\{|\/\/))[^\x00-\x20\x7f~^:?*[\\]{1,255}$/;

export interface ResolveOptions {
  context: Pick<ServerContext, 'db' | 'git'>;
  policy: ActionsPolicy;
  upstream: UpstreamActions;
}

/**
 * Where the commit lies that `name@ref` stands for. A repository of this server comes before one of the upstream with
 * the same name, as on GitHub Enterprise Server.
 * @param name `owner/name`
 * @throws UserError with a sentence for the job's log
 */
export async function resolveAction(
  { context, policy, upstream }: ResolveOptions,
  name: string,
  ref: string,
): Promise<ActionSource> {
  const [owner = '', repository = '', ...more] = name.split('/');
  if (more.length > 0) throw new UserError('no-such-action', `${name} is no repository.`);
  checkRepositoryName(owner, repository);
  if (!REF.test(ref)) throw new UserError('no-such-action', `"${ref}" cannot be the name of a branch, tag or commit.`);
  if (policy.requireSha && !isFullSha(ref)) {
    throw new UserError('action-not-pinned', `${name}@${ref} is refused: this server wants a full commit id.`);
  }
  const own = await findRepository(context.db, owner, repository);
  if (own) {
    const sha = await context.git.resolve(own, ref);
    if (sha) return { folder: context.git.folder(own), sha };
    throw new UserError('no-such-action', `${name} on this server has no branch, tag or commit "${ref}".`);
  }
  if (!policy.upstream) {
    throw new UserError(
      'no-such-action',
      `This server has no repository ${name}, and fetches no actions from elsewhere.`,
      {
        hint: 'Push the action to this server under that name, or set SWITCHYARD_ACTIONS_UPSTREAM.',
      },
    );
  }
  if (!isAllowed(policy, name)) {
    throw new UserError('action-not-allowed', `${name} may not be fetched from ${policy.upstream}.`, {
      hint: `SWITCHYARD_ACTIONS_ALLOWED lets in ${policy.allowed.join(', ') || 'nothing'}.`,
    });
  }
  return upstream.get(name, ref);
}
