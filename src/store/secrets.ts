import type { Selectable } from 'kysely';
import { isoTime } from '../common/clock.ts';
import type { Queries } from './database.ts';
import type { RepositoryRow } from './repositories.ts';
import type { SecretsTable, SettingOwner } from './schema.ts';
import { isFor, organizationOwner, repositoryOwner } from './setting-owners.ts';

export type SecretRow = Selectable<SecretsTable>;

/** Names with the time of their last change; values leave only to a job. */
export async function listSecrets(
  db: Queries,
  owner: SettingOwner,
): Promise<Pick<SecretRow, 'name' | 'created_at' | 'updated_at'>[]> {
  return db
    .selectFrom('secrets')
    .select(['name', 'created_at', 'updated_at'])
    .where('owner', '=', owner)
    .orderBy('name')
    .execute();
}

/** Sealed values by name that every job of the repository sees: its own win over its organization's (SEM-12.4). */
export async function visibleSecrets(db: Queries, repository: RepositoryRow): Promise<Record<string, string>> {
  const rows = await db
    .selectFrom('secrets')
    .select(['owner', 'name', 'sealed', 'repositories'])
    .where('owner', 'in', [organizationOwner(repository.owner), repositoryOwner(repository.id)])
    // 'organization:…' comes first, so that the repository's overwrite.
    .orderBy('owner')
    .execute();
  const visible = rows.filter((row) => isFor(row, repository.id));
  return Object.fromEntries(visible.map(({ name, sealed }) => [name, sealed]));
}

/** Sealed values by name. */
export async function sealedSecrets(db: Queries, owner: SettingOwner): Promise<{ name: string; sealed: string }[]> {
  return db.selectFrom('secrets').select(['name', 'sealed']).where('owner', '=', owner).execute();
}

export async function putSecret(
  db: Queries,
  owner: SettingOwner,
  name: string,
  sealed: string,
  nowMs: number,
): Promise<void> {
  const at = isoTime(nowMs);
  const change = { sealed, updated_at: at };
  await db
    .insertInto('secrets')
    .values({ owner, name, repositories: null, created_at: at, ...change })
    .onConflict((conflict) => conflict.columns(['owner', 'name']).doUpdateSet(change))
    .execute();
}

/** @returns false when there is none */
export async function deleteSecret(db: Queries, owner: SettingOwner, name: string): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('secrets')
    .where('owner', '=', owner)
    .where('name', '=', name)
    .executeTakeFirst();
  return numDeletedRows > 0n;
}
