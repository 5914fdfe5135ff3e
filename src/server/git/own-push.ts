import type { RepositoryRow } from '../../store/repositories.ts';
import type { ServerContext } from '../context.ts';
import { acceptPush } from './accept-push.ts';
import { moveRef } from './merges.ts';
import { hasMoved, newPushId, PushJournals, type PushMeta, type RefUpdate } from './push-journal.ts';

/**
 * Moves a branch as a push does: noted before, so that a stop of the server in the middle loses none of what follows.
 * @returns false when the branch is not where `before` says
 */
export async function pushByServer(
  context: ServerContext,
  repository: RepositoryRow,
  update: RefUpdate,
  meta: PushMeta,
): Promise<boolean> {
  const journals = new PushJournals(context.settings.dataFolder);
  const id = newPushId(context.clock.now());
  const folder = context.git.folder(repository);
  await journals.write(id, meta, update);
  try {
    await moveRef(folder, update);
  } catch (error) {
    if (await hasMoved(folder, update)) throw error;
    await journals.delete(id);
    if ((await context.git.resolve(repository, update.ref)) === update.before) throw error;
    return false;
  }
  await acceptPush(context, journals, id);
  return true;
}
