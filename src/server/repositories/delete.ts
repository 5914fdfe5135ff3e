/**
 * What happens to a deleted repository. In one transaction it loses its name and everything that was said under that name;
 * then what hangs on it is removed piece by piece. A stop of the server in between leaves a nameless row, which
 * housekeeping finds.
 */
import { UserError } from '../../common/errors.ts';
import { queryCaches } from '../../store/caches.ts';
import { DELETED_OWNER, findRepositoryById, type RepositoryRow } from '../../store/repositories.ts';
import {
  deletedRepositories,
  deleteRepositoryRow,
  disown,
  hasUnfinishedRuns,
  nameless,
  runnersOfRepository,
} from '../../store/repository-deletion.ts';
import { artifactBlob } from '../artifacts/names.ts';
import { repositoryPlace } from '../auth/places.ts';
import { removeCache } from '../caches/eviction.ts';
import type { ServerContext } from '../context.ts';
import { deleteLogs } from '../run-logs/delete-logs.ts';

type Parts = Pick<ServerContext, 'db' | 'blobs' | 'git' | 'engine'>;

/** @throws UserError 409 while it has runs that have not completed */
export async function deleteRepository(context: ServerContext, repository: RepositoryRow): Promise<void> {
  const { db, git, webhooks, branches, engine } = context;
  const gone = await db.transaction().execute(async (transaction) => {
    if (await hasUnfinishedRuns(transaction, repository.id)) {
      throw new UserError('repository-in-use', 'The repository has runs that have not completed.', {
        status: 409,
        hint: 'Cancel them, or wait for them.',
      });
    }
    await disown(transaction, repository, repositoryPlace(repository));
    const row = await nameless(transaction, repository);
    // Within the transaction: should it fail after this, the repository is still there and can be deleted again.
    await git.setAside(repository, row);
    return row;
  });
  branches.forget(repository.id);
  await Promise.all([webhooks.reload(), engine.scaleSets.reload()]);
  await purge(context, gone, repository);
}

/** A stop of the server in the middle of the transaction left the folder aside, and the repository as it was. */
export async function takeBackUndeleted({ db, git }: Pick<Parts, 'db' | 'git'>): Promise<void> {
  for (const name of await git.namesOf(DELETED_OWNER)) {
    const row = await findRepositoryById(db, Number(name));
    if (row && row.owner !== DELETED_OWNER) await git.setAside({ owner: DELETED_OWNER, name }, row);
  }
}

/** Goes on with what a stop of the server interrupted. */
export async function purgeDeleted(context: Parts): Promise<void> {
  for (const row of await deletedRepositories(context.db)) await purge(context, row);
}

/** @param named what its runners call it; after a stop they are left to housekeeping, which finds them unused */
async function purge(context: Parts, row: RepositoryRow, named?: RepositoryRow): Promise<void> {
  const { db, blobs, git, engine } = context;
  if (named) for (const id of await runnersOfRepository(db, named)) await engine.registrations.remove(id);
  const runs = await db.selectFrom('runs').select('id').where('repository_id', '=', row.id).execute();
  for (const { id } of runs) await deleteLogs(context, id);
  const artifacts = await db
    .selectFrom('artifacts')
    .select(['id', 'run_id'])
    .where('repository_id', '=', row.id)
    .execute();
  for (const artifact of artifacts) await blobs.delete(artifactBlob(artifact));
  const order = { by: 'last_accessed_at', direction: 'asc' } as const;
  for (const cache of await queryCaches(db, { repositoryId: row.id }, order)) await removeCache(context, cache);
  await git.remove(row);
  await deleteRepositoryRow(db, row.id);
  engine.forgetRepository(row.id);
}
