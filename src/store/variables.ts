import type { Selectable } from 'kysely';
import { isoTime } from '../common/clock.ts';
import type { Queries } from './database.ts';
import type { RepositoryRow } from './repositories.ts';
import { isFor, organizationOwner, repositoryOwner, type Sharing, UNSHARED } from './setting-owners.ts';
import type { SettingOwner, VariablesTable } from './tables/settings.ts';

export type VariableRow = Selectable<VariablesTable>;

export async function listVariables(db: Queries, owner: SettingOwner): Promise<VariableRow[]> {
  return db.selectFrom('variables').selectAll().where('owner', '=', owner).orderBy('name').execute();
}

/** Values by name that every job of the repository sees: its own win over its organization's (SEM-12.4). */
export async function visibleVariables(db: Queries, repository: RepositoryRow): Promise<Record<string, string>> {
  const rows = await db
    .selectFrom('variables')
    .select(['owner', 'name', 'value', 'repositories'])
    .where('owner', 'in', [organizationOwner(repository.owner), repositoryOwner(repository.id)])
    // 'organization:…' comes first, so that the repository's overwrite.
    .orderBy('owner')
    .execute();
  return valuesOf(rows.filter((row) => isFor(row, repository.id)));
}

/** By name. */
export const valuesOf = (variables: Pick<VariableRow, 'name' | 'value'>[]): Record<string, string> =>
  Object.fromEntries(variables.map(({ name, value }) => [name, value]));

/** @returns false when there is one of that name */
export async function insertVariable(
  db: Queries,
  { sharing = UNSHARED, ...variable }: Pick<VariableRow, 'owner' | 'name' | 'value'> & { sharing?: Sharing },
  nowMs: number,
): Promise<boolean> {
  const { numInsertedOrUpdatedRows = 0n } = await db
    .insertInto('variables')
    .values({ ...variable, ...sharing, created_at: isoTime(nowMs), updated_at: isoTime(nowMs) })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return numInsertedOrUpdatedRows > 0n;
}

/** @returns false when there is none */
export async function updateVariable(
  db: Queries,
  owner: SettingOwner,
  name: string,
  change: { name?: string; value?: string } & Partial<Sharing>,
  nowMs: number,
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('variables')
    .set({ ...change, updated_at: isoTime(nowMs) })
    .where('owner', '=', owner)
    .where('name', '=', name)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}
