/** How a repository goes: first its name, so that nothing can begin in it any more, then all that is left. */
import type { Queries } from './database.ts';
import { DELETED_OWNER, type RepositoryRow } from './repositories.ts';
import { deleteSettings, environmentOwner, repositoryOwner } from './setting-owners.ts';

export async function hasUnfinishedRuns(db: Queries, id: number): Promise<boolean> {
  const unfinished = db
    .selectFrom('runs')
    .select('id')
    .where('repository_id', '=', id)
    .where('status', '!=', 'completed');
  return (await unfinished.executeTakeFirst()) !== undefined;
}

/** Nobody finds it any more, and its name is free. */
export async function nameless(db: Queries, { id }: RepositoryRow): Promise<RepositoryRow> {
  const name = String(id);
  return db
    .updateTable('repositories')
    .set({ owner: DELETED_OWNER, name, key: `${DELETED_OWNER}/${name}` })
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow();
}

export async function deletedRepositories(db: Queries): Promise<RepositoryRow[]> {
  return db.selectFrom('repositories').selectAll().where('owner', '=', DELETED_OWNER).execute();
}

/**
 * Ends what belongs to it and what is allowed at its name: another repository of that name must not inherit it. Tokens
 * and installations that were for it alone are for nothing then.
 * @param place as in grants
 */
export async function disown(db: Queries, { id }: RepositoryRow, place: string): Promise<void> {
  const environments = await db.selectFrom('environments').select('id').where('repository_id', '=', id).execute();
  for (const environment of environments) await deleteSettings(db, environmentOwner(environment.id));
  await deleteSettings(db, repositoryOwner(id));
  await db.deleteFrom('oidc_subjects').where('owner', '=', repositoryOwner(id)).execute();
  await db.deleteFrom('hooks').where('place', '=', `repository:${id}`).execute();
  await db.deleteFrom('schedules').where('repository_id', '=', id).execute();
  await db.deleteFrom('mirrors').where('repository_id', '=', id).execute();
  const scaleSets = db.deleteFrom('scale_sets').where('scope_kind', '=', 'repository');
  await scaleSets.where(({ eb, fn }) => eb(fn<string>('lower', ['scope_name']), '=', place)).execute();
  await db.deleteFrom('grants').where('place', '=', place).execute();
  await withoutPlace(db, place);
  const runnerTokens = db.deleteFrom('tokens').where('kind', 'in', ['registration', 'remove']);
  await runnerTokens.where(({ eb, fn }) => eb(fn<string>('lower', ['subject']), '=', `repository:${place}`)).execute();
}

async function withoutPlace(db: Queries, place: string): Promise<void> {
  const without = (json: string): string =>
    JSON.stringify((JSON.parse(json) as string[]).filter((one) => one !== place));
  const pattern = `%${JSON.stringify(place)}%`;
  const tokens = await db.selectFrom('tokens').select(['id', 'places']).where('places', 'like', pattern).execute();
  for (const { id, places } of tokens) {
    await db
      .updateTable('tokens')
      .set({ places: without(places) })
      .where('id', '=', id)
      .execute();
  }
  const installations = await db
    .selectFrom('installations')
    .select(['id', 'repositories'])
    .where('repositories', 'like', pattern)
    .execute();
  for (const { id, repositories } of installations) {
    await db
      .updateTable('installations')
      .set({ repositories: without(repositories) })
      .where('id', '=', id)
      .execute();
  }
}

/** Ids of the runners that are registered for it alone. */
export async function runnersOfRepository(db: Queries, { owner, name }: RepositoryRow): Promise<number[]> {
  const rows = await db
    .selectFrom('runners')
    .select('id')
    .where('scope_kind', '=', 'repository')
    .where(({ eb, fn }) => eb(fn<string>('lower', ['scope_name']), '=', `${owner}/${name}`.toLowerCase()))
    .execute();
  return rows.map(({ id }) => id);
}

/** With all rows that hang on it. */
export async function deleteRepositoryRow(db: Queries, id: number): Promise<void> {
  await db.deleteFrom('repositories').where('id', '=', id).execute();
}
